"""How a check looks: a table in the notebook, text in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from autograder.cases import Result

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
CELL = "text-align:left;vertical-align:top;padding:3px 8px"


@dataclass
class CheckReport:
    """Results of public tests.

    Attributes:
        question: what was asked for, None for all.
        results: one per test.
        seconds: how long it took.
    """

    question: str | None
    results: Sequence[Result]
    seconds: float

    @property
    def passed(self) -> bool:
        return all(result.verdict == "correct" for result in self.results)

    @property
    def headline(self) -> str:
        good = sum(result.verdict == "correct" for result in self.results)
        name = self.question or "all questions"
        return f"{name}: {good} of {len(self.results)} public tests pass ({self.seconds:.1f} s)"

    def __str__(self) -> str:
        lines = [self.headline]
        for sign, title, details in _rows(self.results):
            lines.append(f"  {sign:<8} {title}")
            lines += [f"           {line}" for line in details]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(*row) for row in _rows(self.results))
        return (
            f"<div><strong>{escape(self.headline)}</strong>"
            '<table style="text-align:left;border-collapse:collapse">'
            f'<thead><tr><th style="{CELL}">result</th><th style="{CELL}">what is tested</th></tr>'
            f"</thead><tbody>{rows}</tbody></table></div>"
        )


def _details(result: Result) -> list[str]:
    if result.verdict == "correct":
        return []
    lines = [line for line in result.message.splitlines() if line.strip()]
    lines += [line.rstrip() for line in result.trace.splitlines() if line.strip()]
    return lines + ([f"Hint: {result.case.hint}"] if result.case.hint else [])


def _rows(results: Sequence[Result]) -> list[tuple[str, str, list[str]]]:
    """Sign, claim and details of each test function, its parameters together."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.case.group, []).append(result)
    several = len({result.case.question for result in results}) > 1
    rows = []
    for group in groups.values():
        failed = [result for result in group if result.verdict != "correct"]
        title = f"{group[0].case.question}: " * several + group[0].case.title
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
        f'<div style="font-family:monospace;white-space:pre-wrap">{lines}</div></td></tr>'
    )
