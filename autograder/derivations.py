r"""Derivation questions: is the formula that a student entered the right one?

Two formulas are equal if sympy expands their difference to nothing, or else if they agree in 40
digits at random points of the stated domain. Formulas of the course are analytic where they are
defined, so two different ones agree at a random point with probability zero; what remains is
rounding, far below the tolerance. Everything is bounded: see `_value`.

In a hidden test: `assert_formula(student.call("answer"), "x*exp(-x)", {"x": (0.1, 3)}, rng)`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from autograder.errors import CourseError, SubmissionError
from autograder.formula_syntax import ALIASES, read_formula

DIGITS = 40
TOLERANCE_DIGITS = 18
POINTS = 12
LEAST_POINTS = 6
LARGEST = 10**300
MOST_TERMS = 3000


class _Undefined(Exception):
    """A formula has no value at a point."""


def assert_formula(
    entered: object, expected: str, domain: Mapping[str, tuple[float, float]], rng: Any
) -> None:
    """Nothing, if the entered formula equals the expected one on the domain.

    Args:
        entered: what the student gave: a text, in Python's arithmetic or in LaTeX.
        expected: the right formula.
        domain: symbol -> (low, high); the formulas are compared there.
        rng: a numpy generator.

    Raises:
        AssertionError: it is another formula, or can't be read; the message is for the student
            and holds nothing of the expected one.
        CourseError: the expected formula or the domain is wrong.
    """
    try:
        problem = difference(entered, expected, domain, rng)
    except SubmissionError as error:
        raise AssertionError(str(error)) from None
    if problem:
        raise AssertionError(problem)


def difference(
    entered: object, expected: str, domain: Mapping[str, tuple[float, float]], rng: Any
) -> str:
    """What is wrong with an entered formula, in words for the student; "" if it is right.

    Args:
        entered, expected, domain, rng: as for `assert_formula`.

    Raises:
        SubmissionError: it can't be read.
        CourseError: the expected formula or the domain is wrong.
    """
    try:
        right = read_formula(expected, domain)
    except SubmissionError as error:
        raise CourseError(f"expected formula: {error}") from None
    for name, (low, high) in domain.items():
        if not low < high:
            raise CourseError(f"domain of {name} must be (low, high), got {(low, high)}")
    given = read_formula(entered, domain)
    if _same_expansion(given, right):
        return ""
    return _numerical_difference(given, right, domain, rng)


def _numerical_difference(
    given: ast.expr, right: ast.expr, domain: Mapping[str, tuple[float, float]], rng: Any
) -> str:
    import mpmath

    compared = 0
    with mpmath.workdps(DIGITS):
        for _ in range(3 * POINTS):
            point = {k: mpmath.mpf(float(rng.uniform(a, b))) for k, (a, b) in domain.items()}
            try:
                wanted = _value(right, point)
            except _Undefined:
                continue
            try:
                found = _value(given, point)
            except _Undefined as error:
                where = ", ".join(f"{name} = {float(value):.4g}" for name, value in point.items())
                return f"the formula must have a value in the whole domain, got {error} at {where}"
            scale = 1 + max(abs(wanted), abs(found))
            if abs(wanted - found) > scale * mpmath.mpf(10) ** -TOLERANCE_DIGITS:
                return "the formula is not equal to the right one: at some point the values differ"
            compared += 1
            if compared == POINTS:
                return ""
    if compared < LEAST_POINTS:
        raise CourseError(f"expected formula must have values in its domain, got {compared}")
    return ""


def _value(node: ast.expr, point: Mapping[str, Any]) -> Any:
    """A formula's value at a point, in mpmath; no step is given numbers it would choke on."""
    import mpmath

    if isinstance(node, ast.Constant):
        return _bounded(mpmath.mpf(str(node.value)[:400]))
    if isinstance(node, ast.Name):
        constants = {"pi": mpmath.pi, "e": mpmath.e}
        return point[node.id] if node.id in point else +constants[node.id]
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, point)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = ALIASES.get(node.func.id, node.func.id)
        return _function(name, _value(node.args[0], point))
    if isinstance(node, ast.BinOp):
        return _operation(node.op, _value(node.left, point), _value(node.right, point))
    raise CourseError(f"formula must be read by read_formula, got {type(node).__name__}")


def _function(name: str, value: Any) -> Any:
    import mpmath

    if name in ("exp", "sinh", "cosh", "tanh") and abs(value) > 700:
        raise _Undefined("a number too large")
    if name in ("sin", "cos", "tan", "erf") and abs(value) > 10**12:
        raise _Undefined("a number too large")
    if name == "log" and value == 0:
        raise _Undefined("log(0)")
    if name in ("asin", "acos", "atan") and abs(value) > 10**12:
        raise _Undefined("a number too large")
    try:
        return _bounded(abs(value) if name == "abs" else getattr(mpmath, name)(value))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise _Undefined(f"no value of {name}") from error


def _operation(op: ast.operator, left: Any, right: Any) -> Any:
    import mpmath

    if isinstance(op, ast.Add):
        return _bounded(left + right)
    if isinstance(op, ast.Sub):
        return _bounded(left - right)
    if isinstance(op, ast.Mult):
        return _bounded(left * right)
    if isinstance(op, ast.Div):
        if right == 0:
            raise _Undefined("a division by zero")
        return _bounded(left / right)
    if left == 0:
        if mpmath.re(right) <= 0 and right != 0:
            raise _Undefined("a division by zero")
        return mpmath.mpf(0) if right != 0 else mpmath.mpf(1)
    if abs(right * mpmath.log(left)) > 700:
        raise _Undefined("a number too large")
    return _bounded(mpmath.power(left, right))


def _bounded(value: Any) -> Any:
    import mpmath

    if not mpmath.isfinite(value) or abs(value) > LARGEST:
        raise _Undefined("a number too large")
    return value


def _same_expansion(given: ast.expr, right: ast.expr) -> bool:
    """Whether sympy expands the difference to zero; not tried where that could take long."""
    if _terms(given) + _terms(right) > MOST_TERMS:
        return False
    import sympy

    return bool(sympy.expand(_symbolic(given) - _symbolic(right)) == 0)


def _terms(node: ast.expr) -> int:
    """A bound of the number of terms that a formula expands to; large where it can't be told."""
    if isinstance(node, ast.BinOp):
        left, right = _terms(node.left), _terms(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            return left + right
        if isinstance(node.op, ast.Mult):
            return int(min(left * right, MOST_TERMS + 1))
        if isinstance(node.op, ast.Div):
            return int(min(left * right, MOST_TERMS + 1))
        power = node.right.value if isinstance(node.right, ast.Constant) else None
        if not isinstance(power, int) or not 0 <= power <= 12:
            return MOST_TERMS + 1
        return int(min(left**power, MOST_TERMS + 1))
    if isinstance(node, ast.UnaryOp):
        return _terms(node.operand)
    if isinstance(node, ast.Call):
        return _terms(node.args[0])
    long = isinstance(node, ast.Constant) and len(str(node.value)) > 12
    return MOST_TERMS + 1 if long else 1


def _symbolic(node: ast.expr) -> Any:
    import sympy

    if isinstance(node, ast.Constant):
        return sympy.Rational(str(node.value))
    if isinstance(node, ast.Name):
        return {"pi": sympy.pi, "e": sympy.E}.get(node.id, sympy.Symbol(node.id, real=True))
    if isinstance(node, ast.UnaryOp):
        value = _symbolic(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = ALIASES.get(node.func.id, node.func.id)
        return getattr(sympy, "Abs" if name == "abs" else name)(_symbolic(node.args[0]))
    if not isinstance(node, ast.BinOp):
        raise CourseError(f"formula must be read by read_formula, got {type(node).__name__}")
    left, right = _symbolic(node.left), _symbolic(node.right)
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult):
        return left * right
    return left / right if isinstance(node.op, ast.Div) else left**right
