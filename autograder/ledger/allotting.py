"""Splits what is marked by hand among markers, and draws the answers that two people mark."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert

from autograder.errors import CourseError
from autograder.ledger.hand_marks import Answer, Key
from autograder.ledger.tables import allotments, session_of

Allotment = tuple[str, str, str, int]  # cell, student, marker, rank


def allot(
    answers: Mapping[Key, Answer],
    markers: Sequence[str],
    secret: bytes,
    double: float = 0.0,
    *,
    by_question: bool = False,
) -> list[Allotment]:
    """Who marks what is not allotted yet; the same call gives the same.

    The order is drawn with the term's secret, so nobody can choose their marker. What has been
    allotted stays; further answers go to whoever has least. The share marked twice is drawn from
    all answers of a question, those allotted earlier included.

    Args:
        answers: from `answers_by_hand`.
        markers: names; those of one question take turns.
        secret: the term's.
        double: share of each question's answers that a second person marks, in [0, 1]; at least
            one answer if it is positive.
        by_question: whether a question has one first marker for all answers.

    Raises:
        CourseError: no markers, one twice, a share outside of [0, 1], or one marker to mark twice.
    """
    _check(markers, double)
    new: list[Allotment] = []
    load = Counter[str]({marker: 0 for marker in markers})
    load.update(m for a in answers.values() for m in a.markers.values() if m in load)
    cells = list(dict.fromkeys(sorted(cell for cell, _ in answers)))
    for cell in cells:
        own = sorted(
            (answer for answer in answers.values() if answer.cell == cell),
            key=lambda answer: lot(secret, answer.cell, answer.student),
        )
        first = {answer.student: answer.markers.get(1, "") for answer in own}
        one = next(filter(None, first.values()), "") if by_question else ""
        for answer in own:
            if not first[answer.student]:
                one = one or _least(load, markers)
                chosen = one if by_question else _least(load, markers)
                first[answer.student] = chosen
                load[chosen] += 1
                new.append((cell, answer.student, chosen, 1))
        for answer in own[: math.ceil(double * len(own) - 1e-9)]:
            if 2 not in answer.markers:
                others = [name for name in markers if name != first[answer.student]]
                chosen = _least(load, others)
                load[chosen] += 1
                new.append((cell, answer.student, chosen, 2))
    return new


def _check(markers: Sequence[str], double: float) -> None:
    if not markers or not all(marker.strip() for marker in markers):
        raise CourseError("markers must be named, got none")
    twice = [marker for marker in markers if list(markers).count(marker) > 1]
    if twice:
        raise CourseError(f"markers must be named once each, got {twice[0]!r} twice")
    if not 0 <= double <= 1:
        raise CourseError(f"share to mark twice must be from 0 to 1, got {double:g}")
    if double and len(markers) < 2:
        raise CourseError(f"markers must be two or more to mark twice, got {markers[0]!r} alone")


def _least(load: Counter[str], markers: Sequence[str]) -> str:
    return min(markers, key=lambda marker: (load[marker], markers.index(marker)))


def lot(secret: bytes, *of: str) -> str:
    """A number that orders by chance and can't be foreseen without the secret."""
    return hmac.new(secret, "\0".join(("lot", *of)).encode(), hashlib.sha256).hexdigest()


def store_allotments(
    gradebook: Any, assignment: str, found: Sequence[Allotment], *, anew: bool = False
) -> None:
    """Keep who marks what; `anew` forgets what was allotted before, and no mark."""
    session = session_of(gradebook)
    if anew:
        session.execute(delete(allotments).where(allotments.c.assignment == assignment))
    names = ("cell", "student", "marker", "rank")
    rows = [{"assignment": assignment, **dict(zip(names, one, strict=True))} for one in found]
    if rows:
        session.execute(insert(allotments), rows)
    session.commit()
