"""Proofs on paper: `q1.pdf`, `q1.png` or `q1-2.jpg` beside the notebook answer question q1.

Files are the student's and may be anything. They are bounded by size and number of pages and known
by their first bytes; nothing here draws or interprets them.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SubmissionError

MAX_BYTES = 10 * 2**20  # all scans of one question together
MAX_PAGES = 12
MAX_PIXELS = 10_000  # along one side
MAX_UNPACKED = 16 * 2**20
KINDS = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_SIGNS = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_OBJECT = re.compile(rb"(\d{1,9})\s{1,9}\d{1,9}\s{1,9}obj\b")
_FIRST = re.compile(rb"/First\s{1,9}(\d{1,9})")


@dataclass(frozen=True)
class Scan:
    """One file: its path, its kind as a media type, and its pages."""

    path: Path
    kind: str
    pages: int


def scans_of(folder: Path, question: str) -> list[Scan]:
    """The scans of a question, in the order of their names.

    Raises:
        SubmissionError: too large, too many pages, or not what its name says.
    """
    form = re.compile(re.escape(question) + r"(-\d{1,3})?", re.IGNORECASE)
    paths = [
        path
        for path in sorted(folder.iterdir(), key=_order)
        if path.suffix.lower() in KINDS and form.fullmatch(path.stem)
    ]
    irregular = [p.name for p in paths if p.is_symlink() or not p.is_file()]
    if irregular:
        raise SubmissionError(f"{irregular[0]} must be a regular file, got something else")
    size = sum(path.stat().st_size for path in paths)
    if size > MAX_BYTES:
        names = ", ".join(path.name for path in paths)
        raise SubmissionError(f"{names} must be at most {MAX_BYTES} bytes, got {size}")
    scans = [_scan(path) for path in paths]
    pages = sum(scan.pages for scan in scans)
    if pages > MAX_PAGES:
        raise SubmissionError(f"{question} must have at most {MAX_PAGES} pages, got {pages}")
    return scans


def _order(path: Path) -> tuple[str, int, str]:
    stem, _, number = path.stem.rpartition("-")
    return (stem, int(number), path.name) if number.isdigit() else (path.stem, 0, path.name)


def _scan(path: Path) -> Scan:
    kind, data = KINDS[path.suffix.lower()], path.read_bytes()
    if not data.startswith(_SIGNS[kind]):
        raise SubmissionError(f"{path.name} must be a {path.suffix[1:].upper()} file, got another")
    if kind == "image/png":
        width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
        if max(width, height) > MAX_PIXELS:
            raise SubmissionError(
                f"{path.name} must be at most {MAX_PIXELS} pixels a side, got {width} x {height}"
            )
    pages = _pages(data) if kind == "application/pdf" else 1
    if not pages:
        raise SubmissionError(f"{path.name} must have pages that can be counted, got none")
    return Scan(path, kind, pages)


def _pages(data: bytes) -> int:
    """Page objects in a PDF, those in compressed object streams too; 0 for an encrypted one.

    A page that was annotated is written once more under its number, and counts once.
    """
    if b"/Encrypt" in data:
        return 0
    pages, left = set[int](), MAX_UNPACKED
    pieces = _OBJECT.split(data)[1:]
    for number, body in zip(pieces[::2], pieces[1::2], strict=True):
        head, _, stream = body.partition(b"stream")
        if b"/ObjStm" in head:
            unpacked = _unpacked(stream.lstrip(b"\r\n"), left)
            pages |= _packed_pages(head, unpacked)
            left -= len(unpacked)
        elif _PAGE.search(head):
            pages.add(int(number))
        if left <= 0 or len(pages) > MAX_PAGES:
            break
    return len(pages)


def _unpacked(stream: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, most)
    except zlib.error:
        return b""  # not packed in this way


def _packed_pages(head: bytes, unpacked: bytes) -> set[int]:
    """Numbers of the pages in an object stream, which opens with numbers and places of objects."""
    first = _FIRST.search(head)
    start = int(first[1]) if first else 0
    told = [int(word) for word in unpacked[:start].split() if word.isdigit() and len(word) < 10]
    numbers, places = told[::2], [start + place for place in told[1::2]]
    ends = [*places[1:], len(unpacked)]
    parts = zip(numbers, places, ends, strict=False)
    return {number for number, place, end in parts if _PAGE.search(unpacked[place:end])}
