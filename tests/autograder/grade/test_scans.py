"""Proofs on paper reach the marker; what is no proof does not."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from autograder.errors import SubmissionError
from autograder.grade.release import ReleasedCell
from autograder.grade.sanitize import Cell
from autograder.grade.scans import attach_scans
from autograder.report.safe_html import safe_markdown
from autograder.selfcheck.scans import MAX_BYTES, scans_of

JPEG = b"\xff\xd8\xff\xe0rest"


def png(width: int = 2, height: int = 3) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        packed = struct.pack(">I", len(data)) + kind + data
        return packed + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\0\0" * 2 for _ in range(3))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def pdf(pages: int, packed: bool = False) -> bytes:
    texts = [b"<< /Type /Pages /Count %d >>" % pages] + [b"<< /Type /Page /Parent 1 0 R >>"] * pages
    if not packed:
        objects = [b"%d 0 obj %s endobj" % (n, text) for n, text in enumerate(texts, 1)]
        return b"%PDF-1.5\n" + b"\n".join(objects) + b"\n%%EOF\n"
    places = [sum(len(text) + 1 for text in texts[:n]) for n in range(len(texts))]
    head = b" ".join(b"%d %d" % (n, place) for n, place in enumerate(places, 1)) + b"\n"
    stream = zlib.compress(head + b"\n".join(texts))
    told = b"/Type /ObjStm /Filter /FlateDecode /N %d /First %d" % (len(texts), len(head))
    return b"%PDF-1.5\n99 0 obj << " + told + b" >>\nstream\n" + stream + b"\nendstream endobj\n"


def test_files_are_known_by_the_questions_name(tmp_path: Path) -> None:
    """q1.pdf and q1-2.png belong to q1, in the order of their numbers; q10.png does not."""
    for name, data in (
        ("q1.pdf", pdf(2)),
        ("q1-10.png", png()),
        ("q1-2.JPG", JPEG),
        ("q10.png", png()),
        ("q1-notes.png", png()),
        ("q1.txt", b"no scan"),
    ):
        (tmp_path / name).write_bytes(data)
    scans = scans_of(tmp_path, "q1")
    assert [scan.path.name for scan in scans] == ["q1.pdf", "q1-2.JPG", "q1-10.png"]
    assert [scan.pages for scan in scans] == [2, 1, 1]


@pytest.mark.parametrize("packed", [False, True])
def test_pages_are_counted_and_bounded(tmp_path: Path, packed: bool) -> None:
    """Also where the PDF packs its objects."""
    (tmp_path / "q1.pdf").write_bytes(pdf(12, packed))
    assert scans_of(tmp_path, "q1")[0].pages == 12
    (tmp_path / "q1.pdf").write_bytes(pdf(13, packed))
    with pytest.raises(SubmissionError, match="at most 12 pages, got 13"):
        scans_of(tmp_path, "q1")


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("q1.png", b"<script>", "must be a PNG file"),
        ("q1.pdf", png(), "must be a PDF file"),
        ("q1.pdf", b"%PDF-1.5 nothing", "pages that can be counted"),
        ("q1.pdf", pdf(1) + b"/Encrypt", "pages that can be counted"),
        ("q1.png", png(20_000, 3), "pixels a side, got 20000 x 3"),
        ("q1.jpg", JPEG + b"0" * MAX_BYTES, "must be at most"),
    ],
)
def test_what_is_no_scan_is_refused(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    """By its first bytes, its size and its pages."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SubmissionError, match=sentence):
        scans_of(tmp_path, "q1")


@pytest.mark.parametrize("packed", [False, True])
def test_an_annotated_page_counts_once(tmp_path: Path, packed: bool) -> None:
    """A tablet writes it once more, under its number, at the end of the file."""
    (tmp_path / "q1.pdf").write_bytes(pdf(8, packed) + pdf(8))
    assert scans_of(tmp_path, "q1")[0].pages == 8


def test_pages_of_a_real_file_are_counted(tmp_path: Path) -> None:
    """As matplotlib writes it."""
    with PdfPages(tmp_path / "q1.pdf") as file:
        for _ in range(3):
            file.savefig(Figure())
    assert scans_of(tmp_path, "q1")[0].pages == 3


def test_a_packed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Zeros that pack well do not fill the memory."""
    bomb = zlib.compress(b"\0" * 2**26)
    stream = b"\n2 0 obj << /ObjStm /First 9 >> stream\n" + bomb
    (tmp_path / "q1.pdf").write_bytes(pdf(2) + stream + stream)
    assert scans_of(tmp_path, "q1")[0].pages == 2


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A submission can't show the marker a file of somebody else's."""
    (tmp_path / "private.png").write_bytes(png())
    (tmp_path / "q1.png").symlink_to(tmp_path / "private.png")
    with pytest.raises(SubmissionError, match="regular file"):
        scans_of(tmp_path, "q1")


def answer(text: str = "See my scan.") -> Cell:
    released = ReleasedCell("q1-answer", "q1-answer", "markdown", "YOUR ANSWER HERE", solution=True)
    return Cell("markdown", text, released)


def test_a_scan_is_shown_with_the_answer(tmp_path: Path) -> None:
    """In formgrader's page: an image, or a PDF in the browser's viewer and as a link."""
    (tmp_path / "q1.png").write_bytes(png())
    (tmp_path / "q1-2.pdf").write_bytes(pdf(1))
    cell, flags = answer(), list[str]()
    attach_scans([cell], tmp_path, flags)
    page = safe_markdown({"cell": {"attachments": cell.attachments}}, cell.source)
    assert flags == []
    assert 'src="data:image/png;base64,' in page
    assert '<object type="application/pdf" data="data:application/pdf;base64,' in page
    assert 'download="q1-2.pdf"' in page


def test_a_refused_scan_is_told_to_both(tmp_path: Path) -> None:
    """Staff by a flag, the student in the answer; grading goes on."""
    (tmp_path / "q1.png").write_bytes(b"GIF89a")
    cell, flags = answer(), list[str]()
    attach_scans([cell], tmp_path, flags)
    assert flags == ["q1-answer: q1.png must be a PNG file, got another"]
    assert "A scan was left out" in cell.source and not cell.attachments


def test_a_pdf_attachment_is_data_and_nothing_else() -> None:
    """An attachment that is not base64 ends no attribute."""
    forged = {"x.pdf": {"application/pdf": 'AA"><script>alert(1)</script>'}}
    page = safe_markdown({"cell": {"attachments": forged}}, "![x](attachment:x.pdf)")
    assert "<script" not in page and "<object" not in page
