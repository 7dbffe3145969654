"""Exact numbers: grades are computed with fractions and rounded once, at the end."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from autograder.errors import CourseError, shown

DENOMINATOR = 10**6


def exact(value: float | int | Fraction) -> Fraction:
    """The fraction that a stored number means: 4.800000000000001 is 24/5, 1.333333333333 is 4/3.

    The nearest fraction with a denominator of at most a million; a larger number never becomes a
    smaller fraction.
    """
    return Fraction(value).limit_denominator(DENOMINATOR)


def rounded(value: Fraction, decimals: int) -> Fraction:
    """`value` rounded half up, as people round; `round` would take 0.5 to 0."""
    scale = 10**decimals
    return Fraction(math.floor(value * scale + Fraction(1, 2)), scale)


def number(data: Any, name: str, least: float | None = 0, most: float | None = None) -> Fraction:
    """A number of the configuration.

    Raises:
        CourseError: not a finite number within the bounds.
    """
    good = isinstance(data, int | float) and not isinstance(data, bool) and math.isfinite(data)
    if not good or (least is not None and data < least) or (most is not None and data > most):
        bounds = [] if least is None else [f"at least {least:g}"]
        bounds += [] if most is None else [f"at most {most:g}"]
        expected = " ".join(["a number", " and ".join(bounds)]).strip()
        raise CourseError(f"{name} must be {expected}, got {shown(data)}")
    return exact(data)


def whole(data: Any, name: str, least: int = 0) -> int:
    """A whole number of the configuration.

    Raises:
        CourseError: it is none, or too small.
    """
    if not isinstance(data, int) or isinstance(data, bool) or data < least:
        raise CourseError(f"{name} must be a whole number, at least {least}, got {shown(data)}")
    return data
