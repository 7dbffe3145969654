"""What a graded cell shows to its student: public cases in full, hidden ones by their hints."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from autograder.cases import Result
from autograder.judge.marking import Part

WORDS = {
    "correct": "correct",
    "partial": "partly correct",
    "wrong": "wrong",
    "refused": "refused by the question's policy",
    "crashed": "your code raised an error or ended",
    "timed_out": "ran out of time",
    "out_of_memory": "ran out of memory",
    "not_marked": "not marked yet: the fault is ours",
}

# A badge brings its own background: no text colour stands out on both a white and a black page.
COLOURS = {"pass": "#00664a", "FAIL": "#a33f00"}
BADGE = "color:#ffffff;font-weight:bold;padding:1px 6px"
BLOCK = "margin:0 0 1em 0"  # the next cell's frame would touch the last badge
CELL = "text-align:left;vertical-align:top;padding:3px 8px"


def cell_outputs(part: Part) -> list[dict[str, Any]]:
    """The outputs of a graded cell, in nbformat's form."""
    data = {"text/plain": as_text(part), "text/html": as_html(part)}
    return [{"output_type": "display_data", "data": data, "metadata": {}}]


def headline(part: Part) -> str:
    """The mark in one line."""
    word = WORDS[part.verdict]
    if part.score is None:
        return f"{part.grade_id}: {word}"
    return f"{part.grade_id}: {part.score:.4g} of {part.points:g} points, {word}"


def as_text(part: Part) -> str:
    """The mark as plain text."""
    lines = [headline(part)]
    if part.breach:
        lines.append(f"  {part.breach}")
    for sign, title, details in _rows(part.results):
        lines.append(f"  {sign:<8} {title}")
        lines += [f"           {detail}" for detail in details]
    return "\n".join(lines)


def as_html(part: Part) -> str:
    """The mark as a table."""
    rows = "".join(_html_row(*row) for row in _rows(part.results))
    breach = f"<p>{escape(part.breach)}</p>" if part.breach else ""
    inner = f"<strong>{escape(headline(part))}</strong>{breach}<table>{rows}</table>"
    return f'<div style="{BLOCK}">{inner}</div>'


def _html_row(sign: str, title: str, details: list[str]) -> str:
    lines = "".join(f'<div style="font-family:monospace">{escape(d)}</div>' for d in details)
    what = f'<td style="{CELL}">{escape(title)}{lines}</td>'
    return f'<tr><td style="{CELL}">{_badge(sign)}</td>{what}</tr>'


def _badge(sign: str) -> str:
    return f'<span style="{BADGE};background-color:{COLOURS[sign]}">{sign}</span>'


def _rows(results: Sequence[Result]) -> list[tuple[str, str, list[str]]]:
    rows = [_public_row(group) for group in _by_function(results)]
    hidden = [result for result in results if not result.case.public]
    if hidden:
        passed = sum(result.verdict == "correct" for result in hidden)
        hints = [r.case.hint for r in hidden if r.verdict != "correct" and r.case.hint]
        sign = "pass" if passed == len(hidden) else "FAIL"
        details = [f"Hint: {hint}" for hint in dict.fromkeys(hints)] + _kinds(hidden)
        rows.append((sign, f"{passed} of {len(hidden)} tests with other inputs", details))
    return rows


def _by_function(results: Sequence[Result]) -> list[list[Result]]:
    """Public results, the parameters of one test function together."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.case.public:
            groups.setdefault(result.case.group, []).append(result)
    return list(groups.values())


def _public_row(group: list[Result]) -> tuple[str, str, list[str]]:
    failed = [result for result in group if result.verdict != "correct"]
    title = group[0].case.title
    if len(group) > 1:
        title += f" ({len(group) - len(failed)} of {len(group)} cases)"
    details = [line for result in failed[:3] for line in _public_details(result)]
    return "FAIL" if failed else "pass", title, list(dict.fromkeys(details))


def _public_details(result: Result) -> list[str]:
    if result.verdict == "correct":
        return []
    lines = [result.message] if result.verdict != "not_marked" else ["the test itself failed"]
    return lines + ([f"Hint: {result.case.hint}"] if result.case.hint else [])


def _kinds(hidden: Sequence[Result]) -> list[str]:
    """How hidden tests failed other than by a wrong value; neither their text nor the student's."""
    lines = []
    for verdict in ("crashed", "timed_out", "out_of_memory"):
        count = sum(result.verdict == verdict for result in hidden)
        if count:
            lines.append(f"{count} of them: {WORDS[verdict]}")
    return lines
