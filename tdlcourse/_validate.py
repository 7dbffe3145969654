"""What every public function of the package does with its arguments, written once.

Arguments may be numpy arrays, torch tensors or nested lists. A function asks `float_array` for each
of them and `namespace` for the library to compute in, and is then written once:

    margin = float_array("margin", margin)
    xp = namespace(margin)                      # numpy or torch
    return xp.log1p(xp.exp(-abs(margin)))       # the kind, dtype and device of the argument

Floating dtypes are kept, everything else becomes float64. Nothing here copies without need, so a
result of these functions may share memory with the argument: never write into it.
torch is imported only by those who have already imported it.
"""

from __future__ import annotations

import math
import numbers
import operator
import sys
from collections.abc import Collection
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any  # a numpy array or a torch tensor, the same kind as the first array argument
Generator: TypeAlias = Any  # a numpy.random.Generator or a torch.Generator
Shape: TypeAlias = tuple[int | str | EllipsisType, ...]

_FOUND_LIMIT = 80


def error(name: str, expected: str, found: object, kind: type[Exception] = ValueError) -> Exception:
    """The house error `<name> must be <expected>, got <found>`, to be raised by the caller."""
    shown = repr(found)
    if len(shown) > _FOUND_LIMIT:
        shown = shown[: _FOUND_LIMIT - 3] + "..."
    return kind(f"{name} must be {expected}, got {shown}")


# ---------------------------------------------------------------------------------------- arrays


def is_tensor(value: object) -> bool:
    """Whether value is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def namespace(*arrays: object) -> Any:
    """torch if one of the arguments is a tensor, else numpy."""
    return sys.modules["torch"] if any(is_tensor(a) for a in arrays) else np


def numpy_array(name: str, value: object) -> np.ndarray[Any, np.dtype[Any]]:
    """value as a numpy array on the CPU, without its autograd history.

    Raises:
        TypeError: value is not a rectangular array of real numbers.
    """
    if is_tensor(value):
        value = value.detach().cpu().numpy()  # type: ignore[attr-defined]
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # ragged lists
        raise error(name, "a rectangular array of real numbers", value, TypeError) from None
    if array.dtype.kind not in "buif":
        raise error(name, "an array of real numbers", array.dtype, TypeError)
    return array


def float_array(
    name: str,
    value: object,
    *,
    shape: Shape | None = None,
    like: Array | None = None,
    finite: bool = False,
) -> Array:
    """value as a floating point array, numpy or torch as it came.

    Args:
        name: the argument's name, for messages.
        value: numpy array, torch tensor, number or nested lists of numbers.
        shape: what `check_shape` is to verify; None accepts every shape.
        like: take library, dtype and device of this array instead of keeping value's own; float64
            if its dtype is not a floating one.
        finite: also refuse NaN and infinity (costs a pass, and a wait on a GPU).

    Returns:
        The array: floating dtypes are kept, integers and booleans become float64.

    Raises:
        TypeError: value is not an array of real numbers.
        ValueError: its shape or a value is wrong.
    """
    xp = namespace(value if like is None else like)
    if xp is np:
        array: Array = numpy_array(name, value)
        own = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
        if like is not None:
            own = like.dtype if like.dtype.kind == "f" else np.dtype(np.float64)
        array = array.astype(own, copy=False)
    else:
        array = value if is_tensor(value) else xp.tensor(_forward(numpy_array(name, value)))
        if array.is_complex():
            raise error(name, "an array of real numbers", array.dtype, TypeError)
        target = array if like is None else like
        own = target.dtype if target.dtype.is_floating_point else xp.float64
        array = array.to(dtype=own, device=target.device)
    if shape is not None:
        check_shape(name, array, shape)
    if finite and not bool(xp.isfinite(array).all()):
        raise error(name, "finite", float(array[~xp.isfinite(array)].reshape(-1)[0]))
    return array


def _forward(array: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """The array, copied if it has a negative stride: torch does not take such."""
    return array.copy() if any(stride < 0 for stride in array.strides) else array


def int_array(
    name: str,
    value: object,
    *,
    shape: Shape | None = None,
    low: int | None = None,
    high: int | None = None,
    like: Array | None = None,
) -> Array:
    """value as an int64 array with low <= value < high; kind and device of `like` if given.

    Raises:
        TypeError: value is not an array of integers (booleans and 1.0 are not).
        ValueError: its shape or a value is wrong.
    """
    xp = namespace(value if like is None else like)
    integral = (
        not (value.is_floating_point() or value.is_complex() or value.dtype == xp.bool)  # type: ignore[attr-defined]
        if is_tensor(value)
        else numpy_array(name, value).dtype.kind in "ui"
    )
    if not integral:
        raise error(name, "an array of integers", value, TypeError)
    if xp is np:
        array: Array = numpy_array(name, value).astype(np.int64, copy=False)
    else:
        array = numpy_array(name, value).astype(np.int64) if not is_tensor(value) else value
        array = array if is_tensor(array) else xp.tensor(_forward(array))
        array = array.to(dtype=xp.int64, device=array.device if like is None else like.device)
    if shape is not None:
        check_shape(name, array, shape)
    bad = xp.zeros_like(array, dtype=xp.bool)
    bad = bad if low is None else bad | (array < low)
    bad = bad if high is None else bad | (array >= high)
    if bool(bad.any()):
        low_text = "-inf" if low is None else low
        high_text = "inf" if high is None else high
        raise error(name, f"integers in [{low_text}, {high_text})", int(array[bad].reshape(-1)[0]))
    return array


def sign_array(name: str, value: object, *, n: int, like: Array) -> Array:
    """value as an (n,) array of labels -1 and +1 with kind, dtype and device of `like`.

    Raises:
        ValueError: another shape, or a label that is neither -1 nor +1 (0/1 labels are refused).
    """
    array = float_array(name, value, shape=(n,), like=like)
    bad = abs(array) != 1
    if bool(bad.any()):
        raise error(name, "labels -1 and +1 only", float(array[bad][0]))
    return array


def check_shape(name: str, array: Array, shape: Shape) -> None:
    """Raise ValueError unless the array's shape matches.

    Args:
        name: the argument's name, for the message.
        array: anything with a shape.
        shape: an int is an exact size; a str names a size that may be anything, but the same
            everywhere in this shape (("n", "n") is square); a leading ... accepts batch axes.
    """
    found = tuple(array.shape)
    batched = bool(shape) and shape[0] is ...
    sizes = shape[1:] if batched else shape
    tail = found[len(found) - len(sizes) :] if len(found) >= len(sizes) else None
    seen: dict[str, int] = {}
    fits = tail is not None and (batched or len(found) == len(sizes))
    for want, got in zip(sizes, tail if fits and tail is not None else (), strict=False):
        fits = fits and got == (seen.setdefault(want, got) if isinstance(want, str) else want)
    if not fits:
        text = ", ".join("..." if s is ... else str(s) for s in shape)
        raise error(name, f"of shape ({text}{',' if len(shape) == 1 else ''})", found)


# --------------------------------------------------------------------------------------- numbers


def integer(name: str, value: object, *, low: int | None = None, high: int | None = None) -> int:
    """value as an int with low <= value <= high.

    Raises:
        TypeError: value is not an integer (True and 3.0 are not).
        ValueError: it is out of range.
    """
    lower, upper = "(-inf" if low is None else f"[{low}", "inf)" if high is None else f"{high}]"
    expected = f"an integer in {lower}, {upper}"
    if isinstance(value, bool | np.bool_):
        raise error(name, expected, value, TypeError)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise error(name, expected, value, TypeError) from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise error(name, expected, number)
    return number


def real(
    name: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """value as a finite float in the interval from low to high, closed unless said otherwise.

    Raises:
        TypeError: value is not a single real number.
        ValueError: it is out of the interval, infinite or NaN.
    """
    left = "(" if open_low or math.isinf(low) else "["
    right = ")" if open_high or math.isinf(high) else "]"
    expected = f"a real number in {left}{low:g}, {high:g}{right}"
    single = isinstance(value, numbers.Real) or getattr(value, "ndim", None) == 0
    if not single or isinstance(value, bool | np.bool_):
        raise error(name, expected, value, TypeError)
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer beyond the floats
        raise error(name, expected, value) from None
    above = number > low if open_low else number >= low
    below = number < high if open_high else number <= high
    if not (above and below and math.isfinite(number)):
        raise error(name, expected, number)
    return number


def choice(name: str, value: object, options: Collection[str]) -> str:
    """value, one of the strings in options.

    Raises:
        ValueError: it is none of them.
    """
    if not isinstance(value, str) or value not in options:
        raise error(name, "one of " + ", ".join(repr(o) for o in options), value)
    return value


# ------------------------------------------------------------------------------------ randomness


def _draw(gen: Generator, shape: tuple[int, ...], like: Array | None, draw: str) -> Array:
    torch = sys.modules.get("torch")
    if isinstance(gen, np.random.Generator):
        array: Array = getattr(gen, {"normal": "standard_normal", "uniform": "random"}[draw])(shape)
    elif torch is not None and isinstance(gen, torch.Generator):
        sample = {"normal": torch.randn, "uniform": torch.rand}[draw]
        array = sample(shape, generator=gen, dtype=torch.float64, device=gen.device)
    else:
        raise error("gen", "a numpy.random.Generator or a torch.Generator", gen, TypeError)
    return array if like is None else float_array("sample", array, like=like)


def standard_normal(gen: Generator, shape: tuple[int, ...], *, like: Array | None = None) -> Array:
    """Independent N(0, 1) numbers from gen, float64 of the generator's library and device.

    With `like`, converted to that array's library, dtype and device.
    """
    return _draw(gen, shape, like, "normal")


def standard_uniform(gen: Generator, shape: tuple[int, ...], *, like: Array | None = None) -> Array:
    """Independent uniform numbers on [0, 1) from gen; otherwise as `standard_normal`."""
    return _draw(gen, shape, like, "uniform")
