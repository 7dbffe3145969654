"""The reference package of the course: every result of the lectures, executable.

One module a topic; each is imported when it is first used, so that `import tdlcourse` is instant
and a topic that needs torch is the only one that pays for it:

    >>> import tdlcourse
    >>> tdlcourse.linear.cover_count(6, 2)
    32

A student kit may lack the modules of a homework that is still open; asking for one of those is an
AttributeError that says so.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # editors and type checkers see the modules that __getattr__ loads
    import tdlcourse.backprop as backprop
    import tdlcourse.bayes as bayes
    import tdlcourse.capacity as capacity
    import tdlcourse.curvature as curvature
    import tdlcourse.dynamics as dynamics
    import tdlcourse.ensemble as ensemble
    import tdlcourse.expressivity as expressivity
    import tdlcourse.hessian as hessian
    import tdlcourse.initialization as initialization
    import tdlcourse.kernels as kernels
    import tdlcourse.landscape as landscape
    import tdlcourse.linear as linear
    import tdlcourse.losses as losses
    import tdlcourse.meanfield as meanfield
    import tdlcourse.networks as networks
    import tdlcourse.normalization as normalization
    import tdlcourse.optim as optim
    import tdlcourse.pacbayes as pacbayes
    import tdlcourse.regions as regions
    import tdlcourse.representations as representations
    import tdlcourse.tensors as tensors
    import tdlcourse.training as training

__all__ = [
    "backprop",
    "bayes",
    "capacity",
    "curvature",
    "dynamics",
    "ensemble",
    "expressivity",
    "hessian",
    "initialization",
    "kernels",
    "landscape",
    "linear",
    "losses",
    "meanfield",
    "networks",
    "normalization",
    "optim",
    "pacbayes",
    "regions",
    "representations",
    "tensors",
    "training",
]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # 20 ms: only when asked for

    try:
        return version("tdlcourse")
    except PackageNotFoundError:  # a source tree on the path, or a student kit
        return "0+unknown"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        globals()[name] = _version()
        return globals()[name]
    if name not in __all__:
        raise AttributeError(f"module 'tdlcourse' has no attribute {name!r}")
    if find_spec(f"tdlcourse.{name}") is None:
        raise AttributeError(f"module 'tdlcourse' comes without its topic {name!r} in this kit")
    return import_module(f"tdlcourse.{name}")


def __dir__() -> list[str]:
    topics = [name for name in __all__ if find_spec(f"tdlcourse.{name}") is not None]
    return sorted({*globals(), "__version__", *topics})
