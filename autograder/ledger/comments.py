"""A bank of comments that markers use again: `@key` in a comment stands for its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from autograder.errors import CourseError, shown
from autograder.ledger.tables import bank, session_of

ANY = "*"  # in place of a cell: for the whole assignment
_KEY = re.compile(r"[a-z][a-z0-9-]*")
_NEW = re.compile(r"@([a-z][a-z0-9-]*)=(.*\S.*)")
_USE = re.compile(r"(?<![\w@])@([a-z][a-z0-9-]*)")


def comments(gradebook: Any, assignment: str, cell: str = "") -> dict[tuple[str, str], str]:
    """(cell, key) -> text, of a cell with those for the whole assignment; of all without a cell."""
    table = bank.c
    query = select(table.cell, table.key, table.text).where(table.assignment == assignment)
    if cell:
        query = query.where(table.cell.in_([cell, ANY]))
    rows = session_of(gradebook).execute(query.order_by(table.cell, table.key))
    return {(of, key): text for of, key, text in rows}


def keep_comment(gradebook: Any, assignment: str, cell: str, key: str, text: str) -> None:
    """Put a comment into the bank, in the place of one with the same key; "" removes it.

    Raises:
        CourseError: no such key is possible.
    """
    if not _KEY.fullmatch(key):
        raise CourseError(f"key must be like sign-error, got {shown(key)}")
    session, table = session_of(gradebook), bank.c
    same = (table.assignment == assignment, table.cell == cell, table.key == key)
    session.execute(delete(bank).where(*same))
    if text:
        row = {"assignment": assignment, "cell": cell, "key": key, "text": text}
        session.execute(insert(bank), [row])
    session.commit()


def kept(
    gradebook: Any, assignment: str, cell: str, text: str, known: Mapping[tuple[str, str], str]
) -> tuple[str, Mapping[tuple[str, str], str]]:
    """A comment and the bank, after "@key=text" has put a new one there; else as they were."""
    new = _NEW.fullmatch(text)
    if new is None:
        return text, known
    keep_comment(gradebook, assignment, cell, new[1], new[2].strip())
    return f"@{new[1]}", {**known, (cell, new[1]): new[2].strip()}


def expanded(text: str, known: Mapping[tuple[str, str], str]) -> str:
    """A comment with each `@key` replaced by its text; a cell's own wins over the assignment's.

    Raises:
        CourseError: the bank has no such key.
    """
    texts = {key: text for (cell, key), text in known.items() if cell == ANY}
    texts |= {key: text for (cell, key), text in known.items() if cell != ANY}

    def text_of(match: re.Match[str]) -> str:
        if match[1] not in texts:
            keys = ", ".join(f"@{key}" for key in sorted(texts)) or "none there yet"
            raise CourseError(f"comment must use keys of the bank ({keys}), got @{match[1]}")
        return texts[match[1]]

    return _USE.sub(text_of, text)
