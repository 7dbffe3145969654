"""How a check looks: a table in the notebook, text in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from autograder.cases import NOT_ANSWERED
from autograder.selfcheck.running import CheckedResult as Result

SIGNS = {
    "correct": "pass",
    "wrong": "FAIL",
    "crashed": "ERROR",
    "timed_out": "TIME OUT",
    "out_of_memory": "MEMORY",
    "refused": "REFUSED",
    "not_marked": "NOT RUN",
}
# A badge brings its own background: no text colour stands out in both of JupyterLab's themes.
PASS, FAIL = "#00664a", "#a33f00"
BADGE = "color:#ffffff;font-weight:bold;white-space:nowrap;padding:1px 6px;border-radius:3px"
MONOSPACE = "font-family:monospace;white-space:pre-wrap"
CELL = "text-align:left;vertical-align:top;padding:3px 8px"


@dataclass
class CheckReport:
    """Results of public tests.

    Attributes:
        question: what was asked for, None for all.
        results: one per test.
        seconds: how long it took.
        points: grade_id -> what it is worth, as far as the notebook tells.
        by_hand: points of the questions that no test marks.
        receipt: lines that say what is ready to be handed in; in the report of all questions.
    """

    question: str | None
    results: Sequence[Result]
    seconds: float
    points: dict[str, float] = field(default_factory=dict)
    by_hand: float = 0.0
    receipt: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        return all(result.verdict == "correct" for result in self.results)

    @property
    def headline(self) -> str:
        name = self.question or "all questions"
        return f"{name}: {_count(self.results)} public tests pass ({self.seconds:.1f} s)"

    @property
    def standing(self) -> str:
        """What the points stand at; public tests alone decide nothing."""
        groups = _by_question(self.results)
        worth = {q: self.points[q] for q in groups if q in self.points}
        if not worth:
            return ""
        so_far = sum(p for q, p in worth.items() if all(_good(r) for r in groups[q]))
        text = f"points so far: {so_far:g} of {sum(worth.values()):g}, "
        text += "if the tests with other inputs agree"
        marker = f"; {self.by_hand:g} more are marked by hand"
        return text + marker * bool(self.question is None and self.by_hand)

    def __str__(self) -> str:
        lines = [self.headline]
        for sign, title, details in self._rows():
            lines.append(f"  {sign:<8} {title}")
            lines += [f"           {line}" for line in details]
        return "\n".join([*lines, *filter(None, [self.standing]), *self.receipt])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(*row) for row in self._rows())
        below = f"<div>{escape(self.standing)}</div>" * bool(self.standing)
        if self.receipt:
            lines = escape("\n".join(self.receipt))
            below += f'<div style="{MONOSPACE};margin-top:1em">{lines}</div>'
        return (
            f"<div><strong>{escape(self.headline)}</strong>"
            '<table style="text-align:left;border-collapse:collapse">'
            f'<thead><tr><th style="{CELL}">result</th><th style="{CELL}">what is tested</th></tr>'
            f"</thead><tbody>{rows}</tbody></table>{below}</div>"
        )

    def _rows(self) -> list[tuple[str, str, list[str]]]:
        """Sign, title and details: of each test, or of each question if there are several."""
        questions = _by_question(self.results)
        if len(questions) < 2:
            return _test_rows(self.results)
        rows = []
        for question, results in questions.items():
            worth = self.points.get(question)
            title = f"{question}: {_count(results)} tests"
            title += f", {worth:g} points" if worth is not None else ""
            failed = [row for row in _test_rows(results) if row[0] != SIGNS["correct"]]
            sign = failed[0][0] if failed else SIGNS["correct"]
            more = [f'check("{question}") tells more'] * bool(failed)
            rows.append((sign, title, [f"{row[0]}: {row[1]}" for row in failed] + more))
        return rows


def _good(result: Result) -> bool:
    return result.verdict == "correct"


def _count(results: Sequence[Result]) -> str:
    return f"{sum(map(_good, results))} of {len(results)}"


def _by_question(results: Sequence[Result]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.case.question, []).append(result)
    return groups


def _details(result: Result) -> list[str]:
    if _good(result):
        return []
    if result.message == NOT_ANSWERED:
        return [NOT_ANSWERED]
    lines = [line for line in result.message.splitlines() if line.strip()]
    lines += [line.rstrip() for line in result.trace.splitlines() if line.strip()]
    if result.called and result.verdict != "refused":
        lines += [f"called:    {result.called}", f"came back: {result.came_back}"]
    return lines + ([f"Hint: {result.case.hint}"] if result.case.hint else [])


def _test_rows(results: Sequence[Result]) -> list[tuple[str, str, list[str]]]:
    """Sign, claim and details of each test function, its parameters together."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.case.group, []).append(result)
    rows = []
    for group in groups.values():
        failed = [result for result in group if not _good(result)]
        title = group[0].case.title
        if len(group) > 1:
            title += f" ({len(group) - len(failed)} of {len(group)} cases)"
        details = [line for result in failed[:3] for line in _details(result)]
        sign = SIGNS[(failed or group)[0].verdict]
        rows.append((sign, title, list(dict.fromkeys(details))))
    return rows


def _html_row(sign: str, title: str, details: list[str]) -> str:
    colour = PASS if sign == SIGNS["correct"] else FAIL
    lines = "".join(f"<div>{escape(line)}</div>" for line in details)
    return (
        f'<tr><td style="{CELL}"><span style="{BADGE};background-color:{colour}">{sign}</span></td>'
        f'<td style="{CELL}">{escape(title)}'
        f'<div style="{MONOSPACE}">{lines}</div></td></tr>'
    )
