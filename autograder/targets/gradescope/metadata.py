"""What Gradescope tells of a submission: who, when, until when, and what came before.

Source: Gradescope, "Submission Metadata" in its autograder documentation. Nothing but created_at is
needed; what is missing or malformed counts as unknown.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOUR = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Metadata:
    """A submission's metadata.

    Attributes:
        users: the submitters; several in a group.
        created: when it was made.
        due: until when it was to be made, extensions included.
        previous: earlier submissions.
    """

    users: list[dict[str, Any]] = field(default_factory=list)
    created: datetime.datetime | None = None
    due: datetime.datetime | None = None
    previous: list[dict[str, Any]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Names of all submitters."""
        return [str(user.get("name") or user.get("email") or "?") for user in self.users]

    @property
    def seconds_late(self) -> float:
        """Seconds after the due date, 0 if in time or unknown."""
        if self.created is None or self.due is None:
            return 0.0
        return max(0.0, (self.created - self.due).total_seconds())

    def submitter(self, kind: str) -> str:
        """The id that seeds are keyed by: one submitter's, or a group's together.

        Args:
            kind: "account", "email" or "id", see `Gradescope.submitter`.
        """
        ids = [_id(user, kind) for user in self.users]
        return "+".join(sorted(dict.fromkeys(filter(None, ids)))) or "unknown"

    def graded_within_an_hour(self) -> int:
        """How many earlier submissions were made in the hour before this one."""
        if self.created is None:
            return 0
        times = [_time(each.get("submission_time")) for each in self.previous]
        return sum(t is not None and self.created - HOUR < t <= self.created for t in times)

    def latest_score(self) -> float:
        """The score of the submission before this one, 0 if there is none."""
        known = [(_time(p.get("submission_time")), _number(p.get("score"))) for p in self.previous]
        dated = [(time, score) for time, score in known if time is not None]
        return max(dated)[1] if dated else 0.0


def read_metadata(path: Path) -> Metadata:
    """The metadata in a file; all unknown if it can't be read."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Metadata()
    return metadata_of(data)


def metadata_of(data: Any) -> Metadata:
    """The metadata in parsed JSON; what is malformed is unknown."""
    if not isinstance(data, dict):
        return Metadata()
    users = _dicts(data.get("users"))
    return Metadata(
        users=users,
        created=_time(data.get("created_at")),
        due=_due(data.get("assignment"), users),
        previous=_dicts(data.get("previous_submissions")),
    )


def _due(assignment: Any, users: list[dict[str, Any]]) -> datetime.datetime | None:
    """The latest due date of the assignment and of its submitters' own ones."""
    own = [user.get("assignment") for user in users]
    dates = [_time(a.get("due_date")) for a in (assignment, *own) if isinstance(a, dict)]
    return max((date for date in dates if date is not None), default=None)


def _id(user: dict[str, Any], kind: str) -> str:
    if kind == "id":
        return str(user.get("id") or "")
    email = str(user.get("email") or "")
    return email if kind == "email" else email.partition("@")[0]


def _time(text: Any) -> datetime.datetime | None:
    try:
        found = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


def _number(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return 0.0


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
