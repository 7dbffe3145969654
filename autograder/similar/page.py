"""The side-by-side page: one file, no network, no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.report.blocks import write_page as write_whole_page
from autograder.report.markup import Markup, join, table, tag
from autograder.report.wording import percent, visible
from autograder.similar.pairs import Pair

MOST_PAIRS = 100
NOTICE = (
    "This is evidence to look at, not a verdict. Short answers, a method from the lecture or a "
    "shared discussion that the rules allow make code alike; reading it decides, and talking to "
    "the students. Names, numbers, comments and layout are not compared."
)
_RULES = """
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
.pair pre { max-height: none; overflow-x: auto; white-space: pre; }
@media print { .pair pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7pt; } }
mark { background: var(--alarm); color: var(--ink); display: block;
  border-left: 4px solid var(--orange); }
mark + mark { margin: 0; }
"""


def write_page(
    assignment: str, found: Sequence[tuple[Pair, str, str]], compared: int, path: Path
) -> None:
    """Write the page of an assignment's similar answers, most alike first.

    Args:
        assignment: its name.
        found: (pair, left program, right program).
        compared: number of students.
        path: the file.
    """
    shown = found[:MOST_PAIRS]
    body = [
        tag("h1", visible(f"{assignment}: similar answers")),
        tag("p", tag("strong", NOTICE), class_="alarm"),
        tag("p", f"{compared} students compared; {len(found)} pairs listed.", class_="quiet"),
        _overview(shown) if shown else tag("p", "No two answers are alike enough to list."),
        *(_section(number, *each) for number, each in enumerate(shown)),
    ]
    title = f"{assignment}: similar answers"
    write_whole_page(title, tag("body", *body), path, _RULES)


def _overview(found: Sequence[tuple[Pair, str, str]]) -> Markup:
    rows = [
        (
            tag("a", visible(f"{pair.left} and {pair.right}"), href=f"#pair-{number}"),
            visible(pair.question),
            percent(pair.share),
            str(pair.shared),
        )
        for number, (pair, _, _) in enumerate(found)
    ]
    headers = ["answers", "cell", "share of the smaller one", "shared fingerprints"]
    return table("Pairs, most alike first", headers, rows, left=2)


def _section(number: int, pair: Pair, left: str, right: str) -> Markup:
    title = f"{pair.question}: {pair.left} and {pair.right}, {percent(pair.share)}"
    sides = [
        tag("div", tag("h3", visible(name)), tag("pre", *_lines(program, lines)))
        for name, program, lines in (
            (pair.left, left, pair.left_lines),
            (pair.right, right, pair.right_lines),
        )
    ]
    return tag(
        "section", tag("h2", visible(title)), tag("div", *sides, class_="pair"), id=f"pair-{number}"
    )


def _lines(program: str, marked: frozenset[int]) -> list[Markup]:
    return [
        tag("mark", text or " ") if number in marked else join([f"{text}\n"])
        for number, text in enumerate(program.splitlines(), start=1)
    ]
