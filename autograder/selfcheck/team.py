"""The team file beside the notebook, `team.json`: who hands in together."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import SubmissionError, shown

TEAM_FILE = "team.json"
MAX_BYTES = 10_000
MAX_PARTNERS = 3
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


def read_partners(folder: Path) -> list[str]:
    """The partners that a folder's team file names; none without one.

    Raises:
        SubmissionError: it is not such a file.
    """
    path = folder / TEAM_FILE
    if not path.exists() and not path.is_symlink():
        return []
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise SubmissionError(f"{TEAM_FILE} must be a small regular file, got another")
    try:
        partners = json.loads(path.read_text("utf-8"))["partners"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SubmissionError(f'{TEAM_FILE} must look like {{"partners": ["ada"]}}') from None
    if not isinstance(partners, list):
        raise SubmissionError(f"partners must be a list of names, got {shown(partners)}")
    return checked(partners)


def checked(partners: Sequence[object]) -> list[str]:
    """The names, without repetition.

    Raises:
        SubmissionError: one is no user name, or there are too many.
    """
    names: list[str] = []
    for name in partners:
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise SubmissionError(f"partner must be a user name, got {shown(name)}")
        if name not in names:
            names.append(name)
    if len(names) > MAX_PARTNERS:
        raise SubmissionError(f"partners must be at most {MAX_PARTNERS}, got {len(names)}")
    return names


def write_partners(folder: Path, partners: Sequence[str]) -> list[str]:
    """Name the partners in the team file; none removes it. Returns what is written.

    Raises:
        SubmissionError: no user names, or no folder with a notebook.
    """
    names = checked(partners)
    if not any(folder.glob("*.ipynb")):
        raise SubmissionError(f"folder must hold a notebook, got none in {folder}")
    path = folder / TEAM_FILE
    if names:
        path.write_text(json.dumps({"partners": names}) + "\n", "utf-8")
    else:
        path.unlink(missing_ok=True)
    return names
