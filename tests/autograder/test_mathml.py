"""Formulas of a page are drawn by the browser itself, and carry nothing that acts."""

from __future__ import annotations

import json
import re

import pytest

from autograder.report.mathml import formula
from autograder.report.safe_html import safe_markdown
from tests.courses import ROOT

MATHS = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", re.DOTALL)


def rendered(source: str, attachments: dict[str, object] | None = None) -> str:
    return safe_markdown({"cell": {"attachments": attachments or {}}}, source)


def test_a_formula_becomes_elements() -> None:
    """A fraction is a fraction, with no dollar and no backslash left."""
    page = rendered(r"Let $\frac{a}{b} \le \lVert w\rVert$.")
    assert "<mfrac>" in page and "‖" in page
    assert "$" not in page and "\\" not in page


def test_display_formulas_and_environments_have_lines_of_their_own() -> None:
    """Both `$$` and `\\begin{align}` are blocks."""
    assert 'display="block">' in rendered("$$x = 1$$")
    assert "<mtable" in rendered("\\begin{align}\na &= b\\\\\nc &= d\n\\end{align}")


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"\mathbb R", "ℝ"),
        (r"\mathbb{1}", "𝟙"),
        (r"\mathcal L", "ℒ"),
        (r"\mathscr{F}", "ℱ"),
        (r"\mathbf{Wx}", "𝐖𝐱"),
        (r"\mathbf{\Sigma}", "𝚺"),
        (r"\boldsymbol{\mu}", "𝝁"),
        (r"\mathit{h}", "ℎ"),
    ],
)
def test_letters_of_a_style_are_characters_of_their_own(tex: str, drawn: str) -> None:
    """Browsers draw an R for an R, whatever `mathvariant` says of it."""
    made = formula(tex)
    assert re.sub("<[^>]+>", "", made) == drawn
    assert "mathvariant" not in made


@pytest.mark.parametrize("tex", [r"\log p", r"\log_2 p", r"k\log(p)"])
def test_a_function_stands_apart_from_what_it_is_of(tex: str) -> None:
    assert '<mspace width="0.167em">' in formula(tex)


def test_brackets_stand_close_to_their_function() -> None:
    assert "mspace" not in formula(r"\log(p)") + formula(r"\operatorname{sign}(p)")


def test_limits_stand_below_in_a_line_of_their_own() -> None:
    """As in TeX, and beside in running text: that is what movable limits are."""
    assert re.search(r'<munder><mo movablelimits="true"[^>]*>max</mo>', formula(r"\max_{x} f"))


def test_bars_that_belong_together_are_of_one_height() -> None:
    """A browser would stretch the left one over the exponent of the right one."""
    assert formula(r"\lVert w\rVert^2").count('stretchy="false"') == 2
    assert 'stretchy="true"' in formula(r"\left\lVert w\right\rVert^2")


def test_operators_with_a_star_are_read() -> None:
    assert "<mi>argmin</mi>" in formula(r"\operatorname*{arg\,min}_w L")


def test_formulas_ask_for_a_font_of_mathematics() -> None:
    """Else brackets and roots do not stretch."""
    assert 'style="font-family: ' in formula("x")


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\class{evil\" onclick=\"alert(1)}{x}",
        r"\color{red\" onload=\"alert(1)}{x}",
    ],
)
def test_nothing_in_a_formula_acts(tex: str) -> None:
    """Neither a tag, nor a link, nor a handler comes through."""
    for made in (formula(tex), rendered(f"${tex}$")):
        tags = set(re.findall(r"<([^ />]+)", made))
        assert not tags & {"script", "a", "img", "style"}
        assert not re.search(r"<[^>]*(href|on\w+)=", made)


@pytest.mark.parametrize(
    "source",
    [
        "![> $x$](data:image/png;base64,AA)",
        "# On $x$",
        "[a $x$](https://example.org '$y$')",
        '<img alt="> $x$" src="data:image/png;base64,AA">',
    ],
)
def test_no_formula_lands_in_an_attribute(source: str) -> None:
    """Its quotes would end the attribute."""
    page = rendered(source)
    assert "formula" not in page
    assert not re.search(r'="[^"]*<math', page)


def test_columns_of_a_table_do_not_touch() -> None:
    """Padding, in the alignment that was asked for."""
    page = rendered("| q | points |\n| --- | ---: |\n| q1 | 14 |")
    assert page.count("padding: 2px 8px") == 4
    assert page.count("text-align: right") == 2


def test_the_end_of_a_mark_scheme_has_a_line_of_its_own() -> None:
    """nbgrader's marker would follow the last sentence."""
    assert "<p>=== END MARK SCHEME" in rendered("Done.\n=== END MARK SCHEME ===")


def test_code_keeps_its_dollars() -> None:
    """What stands in backticks is no formula, and a forged placeholder stays text."""
    assert "$x$" in rendered("`$x$` formula0z")
    assert "formula0z" in rendered("`$x$` formula0z")


@pytest.mark.parametrize("tex", ["{" * 5000, r"\left(" * 50, "x" * 20_000, r"\frac{a"])
def test_a_formula_that_cannot_be_read_is_no_error(tex: str) -> None:
    """The marker sees something, whatever a student typed."""
    assert formula(tex)


def test_a_missing_image_does_not_take_the_page_along() -> None:
    """nbconvert would refuse the whole notebook."""
    assert "no image" in rendered("![scan](attachment:gone.png)")


def test_every_formula_of_the_course_is_read() -> None:
    """No formula of a homework is left as TeX."""
    unread = []
    for path in sorted((ROOT / "source").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            text = re.sub(r"```.*?```|`[^`\n]*`", "", "".join(cell["source"]), flags=re.DOTALL)
            for found in MATHS.finditer(text if cell["cell_type"] == "markdown" else ""):
                made = formula(found[1] or found[2], block=bool(found[1]))
                if not made.startswith("<math") or re.search(r"\\[a-zA-Z]", made):
                    unread.append((path.name, found[0]))
    assert unread == []
