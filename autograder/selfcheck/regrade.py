"""A request to look at a mark again: a file of its own in the exchange, never a resubmission.

The exchange has a box that students may write into and not list, as nbgrader's inbound folder is; a
file's name can't be guessed. An answer comes back under a name that only the asker can compute, so
nobody reads another's.
"""

from __future__ import annotations

import datetime
import getpass
import hashlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError, shown

BOX, REPLIES = "regrades", "regrade_replies"
KEPT = "regrades.json"  # beside the student's notebook: the tokens that replies are found by
MAX_REASON = 4000
MAX_BYTES = 40_000  # of a request's file: the reason in escapes, and a little more
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
TOKEN = re.compile(r"[0-9a-f]{32}")
DEFAULT_ROOT = "/usr/local/share/nbgrader/exchange"


@dataclass(frozen=True)
class Request:
    """What a student asks."""

    token: str
    student: str
    assignment: str
    question: str
    reason: str
    created: str


def ask(exchange: Path, request: Request, folder: Path | None = None) -> Path:
    """Put a request into the exchange; its file.

    Args:
        exchange: the course's folder in the exchange.
        request: from `new_request`.
        folder: where to keep the token, so that the reply can be found.

    Raises:
        SubmissionError: the box is not there or can't be written to.
    """
    box = exchange / BOX
    path = box / f"{request.student}+{request.assignment}+{request.question}+{request.token}.json"
    try:
        if folder is not None:
            _keep(folder / KEPT, request)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(vars(request), file)
        os.chmod(path, 0o644)  # staff reads it, whatever the umask; nobody can list the box
    except OSError as error:
        raise SubmissionError(
            f"requests must go into {box}, got {error.strerror}; tell the staff"
        ) from None
    return path


def new_request(assignment: str, question: str, reason: str, student: str = "") -> Request:
    """A request, checked.

    Raises:
        SubmissionError: a name is none, or the reason is empty or too long.
    """
    student = student or os.environ.get("JUPYTERHUB_USER", "") or getpass.getuser()
    for what, name in (("assignment", assignment), ("question", question), ("student", student)):
        if not NAME.fullmatch(name):
            raise SubmissionError(f"{what} must be a name, got {shown(name)}")
    if not reason.strip() or len(reason) > MAX_REASON:
        raise SubmissionError(
            f"reason must have 1 to {MAX_REASON} characters, got {len(reason.strip())}"
        )
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Request(secrets.token_hex(16), student, assignment, question, reason.strip(), when)


def read_request(path: Path) -> Request:
    """The request in a file of the box, believing nothing of it but what it asks.

    Raises:
        SubmissionError: it is none.
    """
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise SubmissionError(f"request must be a small regular file, got {shown(path.name)}")
        data = json.loads(path.read_text("utf-8"))
        found = {key: data[key] for key in Request.__dataclass_fields__}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise SubmissionError(f"request must be written by tdl, got {shown(path.name)}") from None
    wrong = [k for k in ("student", "assignment", "question") if not _is(NAME, found[k])]
    reason = found["reason"]
    if not isinstance(reason, str) or not 0 < len(reason) <= MAX_REASON:
        wrong.append("reason")
    if wrong or not _is(TOKEN, found["token"]) or not isinstance(found["created"], str):
        raise SubmissionError(f"request must be written by tdl, got {shown(path.name)}")
    return Request(**found)


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def reply_path(exchange: Path, token: str) -> Path:
    """Where the reply to a request lies; only who knows the token can tell."""
    return exchange / REPLIES / f"{hashlib.sha256(token.encode()).hexdigest()}.json"


def replies(exchange: Path, folder: Path) -> list[tuple[dict[str, str], str]]:
    """(request, reply or "") of what was asked from a folder, oldest first.

    Raises:
        SubmissionError: nothing was asked from there.
    """
    found = []
    for request in _kept(folder / KEPT):
        try:
            data = json.loads(reply_path(exchange, request["token"]).read_text("utf-8"))
            found.append((request, str(data["reply"])))
        except (OSError, ValueError, KeyError):
            found.append((request, ""))
    if not found:
        raise SubmissionError(f"folder must be one you asked from, got no {KEPT} in {folder}")
    return found


def _keep(path: Path, request: Request) -> None:
    known = [*_kept(path), vars(request)]
    path.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def _kept(path: Path) -> list[dict[str, str]]:
    try:
        known = json.loads(path.read_text("utf-8"))
        return [each for each in known if _is(TOKEN, each["token"])]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def course_in_exchange(exchange: Path | None = None, course: str = "") -> Path:
    """The course's folder in the exchange: as told, else as nbgrader is configured here.

    Raises:
        SubmissionError: nothing is configured.
    """
    if exchange is None or not course:
        configured, name = _configured()
        exchange, course = exchange or configured, course or name
    if not course:
        raise SubmissionError("course must be given (--course-id), got none from nbgrader here")
    return exchange / course


def _configured() -> tuple[Path, str]:
    """nbgrader's exchange and course, as its own commands would find them."""
    try:
        from jupyter_core.application import JupyterApp
    except ImportError:
        raise SubmissionError("nbgrader must be here, or give --exchange and --course-id") from None

    class _App(JupyterApp):  # type: ignore[misc, unused-ignore]
        name = "nbgrader"
        config_file_name = "nbgrader_config"

    app = _App()
    app.load_config_file()
    root = app.config.Exchange.get("root", DEFAULT_ROOT)
    return Path(str(root)), str(app.config.CourseDirectory.get("course_id", ""))
