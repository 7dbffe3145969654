"""Tables of our own beside nbgrader's, in the same database; SQLite and PostgreSQL alike.

Rows of marks are only ever added: the latest one holds, the others are its history.
"""

from __future__ import annotations

import datetime
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.exc import DBAPIError

metadata = MetaData()
_ready: WeakSet[Any] = WeakSet()  # engines whose database has our tables; asking takes ten queries
NAME = 128  # as long as nbgrader's own ids


def _id() -> Column[Any]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _name(name: str, **options: Any) -> Column[Any]:
    return Column(name, String(NAME), nullable=False, **options)


team_members = Table(
    "tdl_team_member",
    metadata,
    _id(),
    _name("kind"),
    _name("team"),
    _name("student"),
    UniqueConstraint("kind", "student"),
)
rubric_marks = Table(
    "tdl_rubric_mark",
    metadata,
    _id(),
    _name("item", index=True),
    Column("of_team", Boolean, nullable=False),
    _name("subject"),
    _name("marker"),
    _name("criterion"),
    Column("points", Float),
    Column("comment", Text, nullable=False),
    Column("created", DateTime, nullable=False),
)
exceptions = Table(  # an extension, or an excuse where seconds is null
    "tdl_exception",
    metadata,
    _id(),
    _name("item"),
    _name("student"),
    Column("seconds", Float),
    Column("reason", Text, nullable=False),
    Column("created", DateTime, nullable=False),
    UniqueConstraint("item", "student"),
)
external_ids = Table(
    "tdl_external_id",
    metadata,
    _id(),
    _name("system"),
    _name("external"),
    _name("student"),
    Column("details", Text, nullable=False),
    UniqueConstraint("system", "external"),
    UniqueConstraint("system", "student"),
)
drops = Table(
    "tdl_drop",
    metadata,
    _id(),
    _name("student", unique=True),
    Column("created", DateTime, nullable=False),
)

allotments = Table(  # who marks an answer; rank 2 marks it a second time, unseen
    "tdl_allotment",
    metadata,
    _id(),
    _name("assignment", index=True),
    _name("cell"),
    _name("student"),
    _name("marker"),
    Column("rank", Integer, nullable=False),
    UniqueConstraint("assignment", "cell", "student", "rank"),
)
hand_marks = Table(  # points null: taken back; answer: hash of what the mark was given for
    "tdl_hand_mark",
    metadata,
    _id(),
    _name("assignment", index=True),
    _name("cell"),
    _name("student"),
    _name("marker"),
    Column("points", Float),
    Column("comment", Text, nullable=False),
    _name("answer"),
    Column("created", DateTime, nullable=False),
)
bank = Table(  # comments that markers use again
    "tdl_comment",
    metadata,
    _id(),
    _name("assignment"),
    _name("cell"),
    _name("key"),
    Column("text", Text, nullable=False),
    UniqueConstraint("assignment", "cell", "key"),
)
regrade_requests = Table(
    "tdl_regrade_request",
    metadata,
    _id(),
    _name("token", unique=True),
    _name("assignment"),
    _name("question"),
    _name("student"),
    Column("reason", Text, nullable=False),
    Column("created", DateTime, nullable=False),
    Column("closed", DateTime),
    Column("reply", Text, nullable=False),
)


def session_of(gradebook: Any) -> Any:
    """The gradebook's session; our tables are there afterwards.

    Args:
        gradebook: an open one of nbgrader's.
    """
    engine = gradebook.db.get_bind()
    if engine not in _ready:
        try:
            metadata.create_all(engine)
        except DBAPIError:
            metadata.create_all(engine)  # another process made them between question and answer
        _ready.add(engine)
    return gradebook.db


def now() -> datetime.datetime:
    """UTC without a zone, as nbgrader stores times."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
