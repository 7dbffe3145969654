"""How a report says things: words for outcomes and verdicts, durations, points, safe text.

A submission may bring any string at all (its folder's name, an exception's message). `visible` is
the one gate on the way to a terminal, a spreadsheet or a page.
"""

import re

from autograder.report.schema import Submission

OUTCOME_WORDS = {
    "finished": "finished",
    "crashed": "crashed",
    "timed_out": "timed out",
    "out_of_memory": "out of memory",
    "killed": "killed",
    "missing": "missing",
    "invalid": "invalid file",
    "not_marked": "not marked",
}
VERDICT_WORDS = {
    "correct": "correct",
    "partial": "partial",
    "wrong": "wrong",
    "refused": "refused",
    "crashed": "crashed",
    "timed_out": "timed out",
    "out_of_memory": "out of memory",
    "not_marked": "not marked",
    "unmarked": "waits for a hand mark",
}

# Control characters drive terminals, direction marks reorder what is read (Boucher & Anderson,
# "Trojan Source", 2021), and lone surrogates can't be written as UTF-8.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str, *, lines: bool = False) -> str:
    r"""The text with every control, direction and surrogate character spelled out.

    Args:
        text: anything.
        lines: keep line feeds (for a preformatted block); otherwise they become `\x0a`.
    """
    return _INVISIBLE.sub(lambda m: "\n" if lines and m[0] == "\n" else _spelled(m[0]), text)


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def cut(text: str, length: int) -> str:
    """The text, at most `length` characters long, the last an ellipsis if any is lost."""
    return text if len(text) <= length else text[: length - 1] + "…"


def points(score: float | None) -> str:
    """Points with at most two decimals and no trailing zeros; empty for no score."""
    if score is None:
        return ""
    text = f"{score:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(share: float | None) -> str:
    """A share as a whole percentage, a dash where there is none."""
    return "–" if share is None else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """A length of time in its two largest units, such as "5 h 10 min"."""
    if seconds < 60:
        return f"{max(seconds, 0.0):.2g} s" if seconds < 9.5 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def flags(submission: Submission) -> list[str]:
    """What a reader must know about this row, most urgent first, safe to print."""
    known = urgent_flags(submission)
    return known + [flag for flag in notes(submission) if flag not in known]


def notes(submission: Submission) -> list[str]:
    """What was mended in a submission before it could be graded, safe to print."""
    return [visible(flag) for flag in submission["flags"] if flag not in ("late", "needs_manual")]


def short_flags(submission: Submission) -> list[str]:
    """The flags for a narrow table: notes are counted, not spelt out."""
    count = len(notes(submission))
    return urgent_flags(submission) + ([f"{count} note{'s' * (count > 1)}"] if count else [])


def urgent_flags(submission: Submission) -> list[str]:
    """What changes what a mark means, most urgent first."""
    known = []
    if submission["outcome"] == "not_marked":
        known.append("mark again")
    if submission["needs_manual"]:
        known.append("needs hand marks")
    if submission["late_seconds"] > 0:
        known.append(f"late {duration(submission['late_seconds'])}")
    if submission["late_penalty"] > 0:
        known.append(f"penalty {points(submission['late_penalty'])}")
    return known
