"""Entered formulas: read safely, compared rightly, bounded whatever was typed."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest

from autograder.derivations import assert_formula, difference
from autograder.errors import CourseError, SubmissionError
from autograder.formula_syntax import from_latex, read_formula

X = {"x": (0.2, 3.0)}
XY = {"x": (0.2, 3.0), "y": (0.2, 2.0)}
SIGMA = {"sigma": (0.5, 2.0), "x_1": (-2.0, 2.0)}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("entered", "expected", "domain"),
    [
        ("(x+1)^2", "x**2 + 2*x + 1", X),
        ("sin(2*x)", "2*sin(x)*cos(x)", X),
        ("x/(x+1)", "1 - 1/(1+x)", X),
        ("ln(x*y)", "log(x) + log(y)", XY),
        ("1/(1+exp(-x))", "(1 + tanh(x/2))/2", X),
        ("sqrt(x**2)", "abs(x)", {"x": (-2.0, 2.0)}),
        ("0.5*x", "x/2", X),
        (r"\frac{1}{\sigma\sqrt{2\pi}} e^{-\frac{x_1^2}{2\sigma^2}}",
         "exp(-x_1**2/(2*sigma**2))/(sigma*sqrt(2*pi))", SIGMA),
        (r"\sin^2(x) + \cos^{2}\left(x\right)", "1", X),
        (r"2x\,y - 3\cdot x", "x*(2*y - 3)", XY),
        (r"\ln(x)", "log(x)", X),
        (r"-2\ln x + x\ln\frac{x}{2} + \sin^2 x", "-2*log(x) + x*log(x/2) + sin(x)**2", X),
        (r"\frac12 x + \frac{1}23x + \sqrt2 x", "2*x + x*sqrt(2)", X),
        (r"\sqrt[3]{x}", "x**(1/3)", X),
        (r"\operatorname{erf}(x) + \mathrm{e}^{x}\text{erf}(2)", "erf(x) + exp(x)*erf(2)", X),
        ("Rational(1, 2)*log(x, 2)", "log(x)/(2*log(2))", X),
        (r"$x e^{-x}$", "x*exp(-x)", X),
        (r"\[ |x|\,\left|x\right| + \lvert -x\rvert \]", "x**2 + x", X),
        ("x·E**(−x)", "x*exp(-x)", X),
        ("lambda*x", r"\lambda x", {"lambda": (0.1, 2.0), "x": (0.2, 3.0)}),
        (r"\lambda^2 x", "x*lambda**2", {"lambda": (0.1, 2.0), "x": (0.2, 3.0)}),
    ],
)  # fmt: skip
def test_the_same_formula_in_other_words(
    entered: str, expected: str, domain: dict[str, Any], rng: np.random.Generator
) -> None:
    """By expansion, by identities, in LaTeX."""
    assert difference(entered, expected, domain, rng) == ""


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("x**2", "x**3"),
        ("log(x+1)", "log(x)"),
        ("x + 1e-9", "x"),
        ("tanh(x)", "(1 + tanh(x/2))/2"),
        ("-x", "x"),
        (r"\frac{1}{x}", "x"),
        ("sqrt(x**2)", "-x"),
    ],
)
def test_another_formula_is_wrong(entered: str, expected: str, rng: np.random.Generator) -> None:
    """Near misses too; the message holds nothing of the right formula."""
    with pytest.raises(AssertionError) as caught:
        assert_formula(entered, expected, X, rng)
    assert expected not in str(caught.value)


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        ("", "must be a text"),
        (3, "must be a text"),
        ("x +", "must be readable"),
        ("2x", "products with *, got an error near character 1"),
        ("lambda x: x", "must be readable"),
        (r"\sum_{k=1}^3 k", r"must be in closed form, got \sum"),
        (r"|x", "must be readable"),
        (r"|x\,", "must close each bracket"),
        ("$x", "must be readable"),
        ("z + 1", "symbols must be among x, got z"),
        ("f(x)", "functions must be of one argument"),
        ("exp(x, 2)", "functions must be of one argument"),
        ("2(x)", "functions must be of one argument"),
        ("x if x else 1", "must be arithmetic"),
        ("x.real", "must be arithmetic"),
        ("'x'", "must be arithmetic"),
        ("True", "must be arithmetic"),
        ("1j", "must be arithmetic"),
        ("__import__('os').system('touch /tmp/pwned')", "functions must be of one argument"),
        ("[c for c in ().__class__.__base__.__subclasses__()]", "must be arithmetic"),
        (r"\frac{1}{x", "must close each bracket"),
        (r"\frac{1}", "an argument missing"),
        (r"\unknown{x}", "symbols must be among x, got unknown"),
        (r"\sin x y", "argument in brackets"),
        (r"\ln x^2", "argument in brackets"),
        (r"\ln", "argument in brackets"),
        (r"\ln -x", "argument in brackets"),
        (r"$x^12$", "exponent of several digits must be in braces, got 12"),
        (r"\frac{1}1.5", "argument of several digits must be in braces, got 1.5"),
        (r"\operatorname x", "must be in braces"),
        ("-" * 1900 + "x", "short enough to read"),
        ("x" * 3000, "at most 2000 characters"),
        ("+".join(["x"] * 900), "short enough"),
        ("(" * 150 + "x" + ")" * 150 + "{", "very deep"),
    ],
)
def test_what_is_no_formula_is_said_clearly(entered: object, says: str) -> None:
    """Syntax, unknown symbols and functions, and everything that is not arithmetic."""
    with pytest.raises(SubmissionError, match=re.escape(says)):
        read_formula(entered, X)


@pytest.mark.parametrize(
    "entered",
    [
        "9**9**9**9",
        "exp(exp(exp(exp(x + 9))))",
        "2**(2**(2**(2**(2**x))))",
        "sin(10**299 * x)",
        "(x+1)**100000",
        "*".join(["(x+1)**12"] * 30),
        "1" * 1500,
        "(1/3)**(10**9)",
    ],
)
def test_nothing_takes_long(entered: str, rng: np.random.Generator) -> None:
    """Towers of powers and the like are refused or compared at once."""
    started = time.process_time()
    assert difference(entered, "x", X, rng) != ""
    assert time.process_time() - started < 3


class TestDomain:
    """Where the formulas are compared."""

    def test_a_formula_without_a_value_there_says_where(self, rng: np.random.Generator) -> None:
        """log(0) at every point."""
        said = difference("log(x - x)", "x", X, rng)
        assert "must have a value in the whole domain, got log(0) at x = " in said

    def test_outside_of_the_domain_nothing_matters(self, rng: np.random.Generator) -> None:
        """abs(x) is x for positive x."""
        assert difference("abs(x)", "x", X, rng) == ""
        assert difference("abs(x)", "x", {"x": (-1.0, 1.0)}, rng) != ""

    def test_a_wrong_question_is_the_authors_fault(self, rng: np.random.Generator) -> None:
        """An unreadable answer, an empty domain, an answer without values."""
        with pytest.raises(CourseError, match="expected formula"):
            difference("x", "x +", X, rng)
        with pytest.raises(CourseError, match="domain of x"):
            difference("x", "x", {"x": (1.0, 1.0)}, rng)
        with pytest.raises(CourseError, match="must have values"):
            difference("x", "log(x - x)", X, rng)


def test_products_may_be_written_without_a_sign() -> None:
    """As LaTeX is written; names with an index stay one name."""
    assert from_latex(r"2ab\sigma_{12}(x)") == "2*a*b*sigma_12*(x)"
