"""Assertions for homework tests: each failure is one sentence that a student can act on.

Order of the checks: kind, shape, finiteness, values. NaN never passes.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from autograder.errors import shown
from autograder.student import kit

__all__ = [
    "assert_close",
    "assert_finite",
    "assert_integer",
    "assert_shape",
    "as_array",
    "kit",
]


def as_array(actual: object, *, name: str = "result") -> np.ndarray[Any, Any]:
    """`actual` as a numpy array of numbers or bools; whole numbers beyond 64 bits stay exact.

    Raises:
        AssertionError: neither an array, a tensor, a number nor a nested list of numbers.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(actual, torch.Tensor):
        array: np.ndarray[Any, Any] = actual.detach().cpu().to(_numpy_ready(actual, torch)).numpy()
    elif isinstance(actual, np.ndarray | np.generic | bool | int | float | complex):
        array = np.asarray(actual)
    elif isinstance(actual, list | tuple) and len(actual) > 0:
        try:
            array = np.asarray([as_array(item, name=name) for item in actual])
        except ValueError:
            raise AssertionError(
                f"{name} must be a rectangular array, got rows of unequal length"
            ) from None
    else:
        raise AssertionError(f"{name} must be an array of numbers, got {_kind(actual)}")
    whole = array.dtype.kind == "O" and all(type(value) is int for value in array.flat)
    if array.dtype.kind not in "biufc" and not whole:
        raise AssertionError(f"{name} must hold numbers, got dtype {array.dtype}")
    return array


def _numpy_ready(tensor: Any, torch: Any) -> Any:
    return torch.float32 if tensor.dtype is torch.bfloat16 else tensor.dtype


def _kind(value: object) -> str:
    label = getattr(type(value), "__name__", "?")
    if hasattr(value, "type_name"):
        return f"an object of class {shown(value.type_name)}"
    if value is None:
        return "None (is a return statement missing?)"
    return f"{label} {shown(value)}"


def assert_shape(actual: object, shape: tuple[int, ...], *, name: str = "result") -> None:
    """`actual` is an array of this shape."""
    found = as_array(actual, name=name).shape
    if found != tuple(shape):
        raise AssertionError(f"{name} must have shape {tuple(shape)}, got {found}")


def assert_finite(actual: object, *, name: str = "result") -> None:
    """No NaN and no infinity in `actual`."""
    array = as_array(actual, name=name)
    if array.dtype.kind == "O":
        return  # whole numbers
    bad = np.count_nonzero(~np.isfinite(array))
    if bad:
        what = "NaN" if np.isnan(array).any() else "infinite values"
        raise AssertionError(f"{name} must be finite, got {what} in {bad} of {array.size} places")


def assert_integer(actual: object, *, name: str = "result") -> int:
    """`actual` is one whole number (int or integer scalar, no bool, no float); returns it."""
    array = None if isinstance(actual, bool | np.bool_) else as_array(actual, name=name)
    if array is None or array.shape != () or array.dtype.kind not in "iuO":
        raise AssertionError(f"{name} must be a whole number, got {_kind(actual)}")
    return int(array)


def assert_close(
    actual: object,
    expected: object,
    *,
    rtol: float = 1e-8,
    atol: float = 0.0,
    name: str = "result",
) -> None:
    """`actual` equals `expected` within atol + rtol * |expected|, elementwise.

    Args:
        actual: array, tensor, number or nested list from the student.
        expected: the same from the test; its shape is the one required.
        rtol: relative tolerance.
        atol: absolute tolerance, in the units of the values.
        name: what the message calls it.
    """
    wanted = as_array(expected, name="expected")
    found = as_array(actual, name=name)
    if found.shape != wanted.shape:
        raise AssertionError(f"{name} must have shape {wanted.shape}, got {found.shape}")
    if found.dtype.kind == "c" and wanted.dtype.kind != "c":
        raise AssertionError(f"{name} must be real, got complex numbers")
    if wanted.dtype.kind != "O" and not np.isfinite(wanted).all():
        raise ValueError("expected must be finite, got NaN or infinity")
    assert_finite(found, name=name)
    found, wanted = (a.astype(np.int64) if a.dtype.kind == "b" else a for a in (found, wanted))
    error, allowed = _errors(found, wanted, rtol, atol)
    wrong = np.asarray(error > allowed, dtype=bool)
    if wrong.any():
        raise AssertionError(_difference(name, found, wanted, error, wrong))


def _errors(
    found: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any], rtol: float, atol: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Absolute errors and what is allowed of them; exact for whole numbers."""
    if found.dtype.kind in "iuO" and wanted.dtype.kind in "iuO":
        exact = np.asarray(wanted.astype(object))
        error = np.abs(np.asarray(found.astype(object) - exact, dtype=object))
        return error, np.asarray(Fraction(atol) + np.abs(exact) * Fraction(rtol), dtype=object)
    with np.errstate(all="ignore"):  # an overflow is an infinite error
        wide = found.astype(_wide(found)), wanted.astype(_wide(wanted))
        return np.abs(wide[0] - wide[1]), atol + rtol * np.abs(wide[1])


def _wide(array: np.ndarray[Any, Any]) -> Any:
    return np.complex128 if array.dtype.kind == "c" else np.float64


def _difference(
    name: str,
    found: np.ndarray[Any, Any],
    wanted: np.ndarray[Any, Any],
    error: np.ndarray[Any, Any],
    wrong: np.ndarray[Any, Any],
) -> str:
    if found.shape == ():
        return f"{name} must be {_number(wanted[()])}, got {_number(found[()])}"
    at = np.unravel_index(int(np.argmax(np.where(wrong, error, -1))), found.shape)
    place = f"[{', '.join(str(int(i)) for i in at)}]"
    return (
        f"{name} must agree everywhere, got {int(wrong.sum())} of {wrong.size} places wrong; "
        f"worst at {place}: must be {_number(wanted[at])}, got {_number(found[at])}"
    )


def _number(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float | np.floating) else str(value)
