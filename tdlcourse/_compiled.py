"""Inner loops in machine code where numba is installed, as Python where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function compiled on its first call, or itself without numba.

    The machine code is kept on disk, beside the module or in the user's cache; where neither can
    be written (a read-only sandbox) it is compiled anew in each process.
    """
    return _compiled(function, {"cache": True}, {})


def compiled_bare(function: F) -> F:
    """As `compiled`, for a function that creates no arrays, nor do the ones it calls.

    Its arrays belong to the caller, so numba's reference counts are switched off: they take half
    of the time of a loop that calls small functions.
    """
    return _compiled(function, {"cache": True, "_nrt": False}, {"_nrt": False}, {})


def _compiled(function: F, *options: dict[str, bool]) -> F:
    try:
        import numba
    except ImportError:
        return function
    for attempt in options:
        try:
            machine_code: F = numba.njit(**attempt)(function)  # type: ignore[call-overload]
        except (RuntimeError, KeyError):  # nowhere to keep it; a numba without that option
            continue
        return machine_code
    return function
