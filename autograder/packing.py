"""Puts corpus submissions on different questions into one notebook, to grade them at once.

No question depends on an answer to another, so one notebook can carry a wrong answer to each, and
what nobody is there to answer is left blank: that costs nothing to mark. A
pack that gets what all its members expect is as good as grading them one by one. One that does not
says nothing (two members may define the same helper), and its members are graded on their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autograder.corpus import Expected, question_of


@dataclass(frozen=True)
class Pack:
    """Submissions that are graded as one.

    Attributes:
        merged: what is handed in, and what it must get.
        members: question -> the submission that answers it; "" -> the only one, about all of them.
    """

    merged: Expected
    members: dict[str, Expected]


def question_answered(expected: Expected) -> str:
    """The one question that a submission answers in its own way; "" if it is more than that."""
    files = [path for path in expected.folder.iterdir() if path.name != "expect.toml"]
    if any(path.suffix not in (".py", ".md") for path in files):
        return ""
    ordinary = expected.base == "solution" and expected.outcome == "finished"
    if not ordinary or expected.edits or not files:
        return ""
    verdicts = {wanted.get("verdict") for wanted in expected.questions.values()}
    if "out_of_memory" in verdicts:  # what else runs then has less of it
        return ""
    questions = {question_of(name) for name in (*(p.stem for p in files), *expected.questions)}
    return questions.pop() if len(questions) == 1 else ""


def packed(corpus: Iterable[Expected]) -> list[Pack]:
    """The corpus in as few packs as its questions allow, each submission in one of them."""
    by_question: dict[str, list[Expected]] = defaultdict(list)
    packs = []
    for expected in corpus:
        question = question_answered(expected)
        if question:
            by_question[question].append(expected)
        else:
            packs.append(Pack(expected, {"": expected}))
    number = 0
    while by_question:
        members = {question: by_question[question].pop() for question in sorted(by_question)}
        by_question = defaultdict(list, {q: left for q, left in by_question.items() if left})
        packs.append(_merge(f"pack/{number:03}", members))
        number += 1
    return packs


def _merge(name: str, members: dict[str, Expected]) -> Pack:
    first, *others = members.values()
    questions: dict[str, dict[str, Any]] = {}
    for member in members.values():
        questions |= member.questions
    claim = "; ".join(member.name for member in members.values())
    merged = Expected(
        name=name,
        claim=claim,
        folder=first.folder,
        questions=questions,
        more=tuple(member.folder for member in others),
        answered=tuple(members),
    )
    return Pack(merged, members)
