"""The rebuilt notebook: nothing but answers is the student's, whatever was submitted."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.grade.sanitize import (
    MAX_CELLS,
    MAX_NOTEBOOK_BYTES,
    Rebuilt,
    read_submitted,
    rebuild,
    to_notebook,
)


def released(
    id: str, text: str, *, kind: str = "code", source: str | None = None, **flags: Any
) -> ReleasedCell:
    """A released cell; `source` is the gradebook's text where it differs from the students'."""
    flags = {"locked": True, **flags}
    marks = {"grade_id": id, "grade": False, "solution": False, "task": False}
    marks |= {"schema_version": 3, **flags}
    return ReleasedCell(
        grade_id=id,
        cell_id=f"cell-{id}",
        cell_type=kind,
        source=text if source is None else source,
        released=text,
        metadata={"nbgrader": marks},
        checksum=f"sum-{id}",
        **flags,
    )


STUB = "raise NotImplementedError()"
OPEN = {"solution": True, "locked": False}
RELEASE = ReleasedNotebook(
    "tiny",
    (
        released("setup", "import numpy as np"),
        ReleasedCell("", "intro", "markdown", "Some text.", released="Some text."),
        released("q1-answer", STUB, **OPEN),
        released("q1", 'check("q1")', grade=True, points=4.0),
        released(
            "q2", "Prove it.", kind="markdown", source="Prove it. SCHEME", task=True, points=5.0
        ),
        released("q2-answer", "YOUR ANSWER HERE", kind="markdown", **OPEN),
        released("q3-answer", STUB, **OPEN),
        released("q3-part-answer", STUB, **OPEN),
        released("q3", "assert f()", source="assert f() and hidden()", grade=True, points=3.0),
        released("q3-part", 'check("q3-part")', grade=True, points=2.0),
    ),
    {"kernelspec": {"name": "python3"}},
)
IDS = [c.grade_id for c in RELEASE.cells if c.grade_id]
FIXED = [c for c in RELEASE.cells if c.fixed]


def submitted(**answers: str) -> list[dict[str, Any]]:
    """The released cells as students have them, with answers filled in."""
    cells = []
    for cell in RELEASE.cells:
        text = answers.get(cell.grade_id.replace("-", "_"), cell.released)
        cells.append(
            {
                "cell_type": cell.cell_type,
                "id": cell.cell_id,
                "metadata": copy.deepcopy(cell.metadata),
                "source": text,
            }
        )
    return cells


def place(rebuilt: Rebuilt, id: str) -> int:
    return [c.grade_id for c in rebuilt.cells].index(id)


def by_id(cells: list[dict[str, Any]], id: str) -> dict[str, Any]:
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == id)


def assert_lawful(rebuilt: Rebuilt) -> None:
    """What holds whatever was submitted."""
    found = [c.grade_id for c in rebuilt.cells if c.grade_id]
    assert sorted(found) == sorted(IDS)
    for cell in rebuilt.cells:
        assert isinstance(cell.source, str)
        assert cell.cell_type in ("code", "markdown", "raw")
        if cell.released is not None and cell.released.fixed:
            assert cell.source == cell.released.source
            assert cell.cell_type == cell.released.cell_type
    for graded, answers in (
        ("q1", ["q1-answer"]),
        ("q3", ["q3-answer", "q3-part-answer"]),
        ("q3-part", ["q3-answer", "q3-part-answer"]),
    ):
        for answer in answers:
            assert place(rebuilt, answer) < place(rebuilt, graded)
    notebook = to_notebook(rebuilt, RELEASE)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert notebook["metadata"] == RELEASE.metadata
    assert json.loads(json.dumps(notebook))["nbformat"] == 4


class TestRebuild:
    """Each rule of the module's docstring."""

    def test_an_honest_notebook_is_kept(self) -> None:
        """Answers stay, nothing is flagged, locked cells get the gradebook's text."""
        rebuilt = rebuild(submitted(q1_answer="def f(): return 1"), RELEASE)
        assert rebuilt.flags == []
        assert rebuilt.cells[place(rebuilt, "q1-answer")].source == "def f(): return 1"
        assert rebuilt.cells[place(rebuilt, "q3")].source == "assert f() and hidden()"
        assert [c.grade_id for c in rebuilt.cells if c.grade_id] == IDS
        assert_lawful(rebuilt)

    def test_a_students_own_cells_stay_where_they_are(self) -> None:
        """Added code and markdown cells keep their place and text, without metadata."""
        cells = submitted()
        own = {"cell_type": "code", "metadata": {"mine": 1, "tags": ["x"]}, "source": ["a = 1\n"]}
        cells.insert(3, own)
        rebuilt = rebuild(cells, RELEASE)
        assert rebuilt.cells[3].source == "a = 1\n"
        assert to_notebook(rebuilt, RELEASE)["cells"][3]["metadata"] == {}
        assert_lawful(rebuilt)

    def test_the_last_claimant_of_an_answer_counts(self) -> None:
        """Earlier claims become ordinary cells, which still run."""
        cells = submitted(q1_answer="second")
        first = copy.deepcopy(by_id(cells, "q1-answer"))
        first["source"] = "first"
        cells.insert(0, first)
        rebuilt = rebuild(cells, RELEASE)
        assert rebuilt.cells[place(rebuilt, "q1-answer")].source == "second"
        assert (rebuilt.cells[0].source, rebuilt.cells[0].released) == ("first", None)
        assert any("claimed by 2" in flag for flag in rebuilt.flags)
        assert_lawful(rebuilt)

    def test_other_claims_to_fixed_cells_are_dropped(self) -> None:
        """A forged copy of a graded cell does not run at all."""
        cells = submitted()
        forged = copy.deepcopy(by_id(cells, "q3"))
        forged["source"] = "open('results.json', 'w')"
        rebuilt = rebuild([forged, *cells], RELEASE)
        assert all("results.json" not in cell.source for cell in rebuilt.cells)
        assert_lawful(rebuilt)

    def test_locked_text_is_set_back(self) -> None:
        """A changed locked cell gets the course's text, and staff is told."""
        cells = submitted()
        by_id(cells, "q1")["source"] = "check = lambda *_: True"
        rebuilt = rebuild(cells, RELEASE)
        assert rebuilt.cells[place(rebuilt, "q1")].source == 'check("q1")'
        assert any(flag.startswith("q1: locked text") for flag in rebuilt.flags)

    def test_types_and_metadata_come_from_the_release(self) -> None:
        """A student's points, flags, tags and cell types are not read."""
        cells = submitted()
        for cell in cells:
            cell["cell_type"] = "raw"
            marks = cell["metadata"].get("nbgrader", {})
            marks |= {"points": 1e9, "locked": False, "solution": True, "task": False}
            cell["metadata"]["tags"] = ["hide"]
        rebuilt = rebuild(cells, RELEASE)
        assert_lawful(rebuilt)
        notebook = to_notebook(rebuilt, RELEASE)
        for made, cell in zip(notebook["cells"], RELEASE.cells, strict=True):
            if not cell.grade_id:
                continue
            marks = made["metadata"]["nbgrader"]
            assert marks["checksum"] == cell.checksum
            assert marks["locked"] is cell.locked
            assert "tags" not in made["metadata"]

    def test_missing_graded_cells_come_back_in_place(self) -> None:
        """After their nearest released predecessor."""
        cells = [c for c in submitted() if c is not None]
        cells = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") != "q1"]
        rebuilt = rebuild(cells, RELEASE)
        assert place(rebuilt, "q1") == place(rebuilt, "q1-answer") + 1
        assert any("q1: was missing" in flag for flag in rebuilt.flags)
        assert_lawful(rebuilt)

    def test_a_missing_answer_comes_back_empty(self) -> None:
        """Its stub would overwrite an answer that was given elsewhere."""
        cells = [c for c in submitted() if "q1-answer" not in json.dumps(c)]
        cells.insert(0, {"cell_type": "code", "metadata": {}, "source": "def f(): return 1"})
        rebuilt = rebuild(cells, RELEASE)
        assert rebuilt.cells[place(rebuilt, "q1-answer")].source == ""
        assert rebuilt.cells[0].source == "def f(): return 1"
        assert_lawful(rebuilt)

    def test_everything_missing(self) -> None:
        """An empty notebook becomes the release without answers."""
        rebuilt = rebuild([], RELEASE)
        assert_lawful(rebuilt)
        assert [c.grade_id for c in rebuilt.cells] == IDS

    def test_a_check_runs_no_earlier_than_its_answers(self) -> None:
        """Reversed cells are put right where it matters."""
        rebuilt = rebuild(submitted()[::-1], RELEASE)
        assert_lawful(rebuilt)
        assert any("moved behind" in flag for flag in rebuilt.flags)

    def test_stripped_metadata_is_found_by_cell_id(self) -> None:
        """nbformat's own ids tell which cell is which."""
        cells = submitted(q1_answer="mine")
        for cell in cells:
            cell["metadata"] = {}
        rebuilt = rebuild(cells, RELEASE)
        assert rebuilt.cells[place(rebuilt, "q1-answer")].source == "mine"
        assert_lawful(rebuilt)

    def test_a_stripped_fixed_cell_without_ids_is_found_by_its_text(self) -> None:
        """Converters drop ids and metadata; the text of a locked cell is the course's own."""
        cells = submitted()
        for cell in cells:
            cell["metadata"] = {}
            del cell["id"]
        rebuilt = rebuild(cells, RELEASE)
        assert_lawful(rebuilt)
        assert sum(cell.source == 'check("q1")' for cell in rebuilt.cells) == 1

    def test_a_claim_beats_a_cell_id(self) -> None:
        """A cell id in another cell does not take an answer away from its cell."""
        cells = submitted(q1_answer="mine")
        thief = {"cell_type": "code", "id": "cell-q1-answer", "metadata": {}, "source": "thief"}
        rebuilt = rebuild([*cells, thief], RELEASE)
        assert rebuilt.cells[place(rebuilt, "q1-answer")].source == "mine"
        assert_lawful(rebuilt)

    def test_attachments_are_kept_where_they_may_be(self) -> None:
        """Pasted images stay; other types, paths and code cells' ones go."""
        cells = submitted()
        answer = by_id(cells, "q2-answer")
        answer["attachments"] = {
            "a.png": {"image/png": "aGk=", "text/html": "<script>"},
            "../../x": {"image/png": "aGk="},
            "b.svg": {"image/svg+xml": "<svg onload=1>"},
            "c": "no bundle",
        }
        by_id(cells, "q1-answer")["attachments"] = {"a.png": {"image/png": "aGk="}}
        notebook = to_notebook(rebuild(cells, RELEASE), RELEASE)
        assert by_id(notebook["cells"], "q2-answer")["attachments"] == {
            "a.png": {"image/png": "aGk="}
        }
        assert "attachments" not in by_id(notebook["cells"], "q1-answer")

    def test_outputs_that_were_submitted_are_dropped(self) -> None:
        """Only what grading wrote is in the notebook."""
        cells = submitted()
        for cell in cells:
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "4 of 4"}]
            cell["execution_count"] = 7
        text = json.dumps(to_notebook(rebuild(cells, RELEASE), RELEASE))
        assert "4 of 4" not in text

    def test_own_cells_can_not_take_a_released_cell_id(self) -> None:
        """Ids in the rebuilt notebook stay unique."""
        cells = submitted()
        cells += [{"cell_type": "code", "id": "own-10", "metadata": {}, "source": "x"}] * 3
        cells[-1] = {**cells[-1], "id": "cell-q1"}
        assert_lawful(rebuild(cells, RELEASE))


plain = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
json_like = st.recursive(
    plain, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c, max_size=3)
)
claims = st.sampled_from([*IDS, "unknown", ""]) | json_like
sources = (
    st.sampled_from([c.released for c in RELEASE.cells])
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3)
    | json_like
)
metadata = (
    st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries({"grade_id": claims})})
    | st.fixed_dictionaries({"nbgrader": json_like})
    | json_like
)
raw_cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | json_like,
        "id": st.sampled_from([c.cell_id for c in RELEASE.cells]) | json_like,
        "metadata": metadata,
        "source": sources,
        "attachments": json_like,
        "outputs": json_like,
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(raw_cells, max_size=14))
def test_every_released_cell_occurs_once_whatever_was_submitted(cells: list[Any]) -> None:
    """Hostile cells of any shape: each id once, locked text the course's, checks after answers."""
    assert_lawful(rebuild(cells, RELEASE))


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(len(RELEASE.cells))), st.sets(st.integers(0, 9)))
def test_moving_and_deleting_cells_loses_no_answer(order: list[int], deleted: set[int]) -> None:
    """Answers that are still there are found, in any order of cells."""
    cells = submitted(q1_answer="one", q3_answer="three")
    rebuilt = rebuild([cells[i] for i in order if i not in deleted], RELEASE)
    assert_lawful(rebuilt)
    for index, (id, text) in enumerate([("q1-answer", "one"), ("q3-answer", "three")]):
        at = [2, 6][index]
        expected = "" if at in deleted else text
        assert rebuilt.cells[place(rebuilt, id)].source == expected


class TestReading:
    """What a submitted file may be."""

    def write(self, tmp_path: Path, data: object) -> Path:
        path = tmp_path / "hw.ipynb"
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            path.write_text(json.dumps(data))
        return path

    def test_a_notebook(self, tmp_path: Path) -> None:
        """The cells of format 4."""
        cells = [{"cell_type": "code", "source": "1"}]
        assert read_submitted(self.write(tmp_path, {"cells": cells, "nbformat": 4})) == cells

    def test_a_byte_order_mark_is_no_fault(self, tmp_path: Path) -> None:
        """Some editors write one."""
        path = self.write(tmp_path, b"\xef\xbb\xbf" + json.dumps({"cells": []}).encode())
        assert read_submitted(path) == []

    def test_format_3_is_read(self, tmp_path: Path) -> None:
        """Old notebooks keep code in `input`."""
        sheet = {"cells": [{"cell_type": "code", "input": "1"}, {"cell_type": "heading"}, 5]}
        cells = read_submitted(self.write(tmp_path, {"worksheets": [sheet, None]}))
        assert [c["source"] for c in cells] == ["1", ""]

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "JSON"),
            (b"{", "JSON"),
            (b"\xff\xfe{\x00}\x00", "JSON"),
            (b"[" * 100_000, "JSON"),
            (b'{"cells":' + b"[" * 100_000, "JSON"),
            (b'{"cells": [{"execution_count": ' + b"9" * 10_000 + b"}]}", "JSON"),
            (b"null", "list of cells"),
            (b"[]", "list of cells"),
            (b"{}", "list of cells"),
            (b'{"cells": {}}', "list of cells"),
            (b'{"cells": [1]}', "list of cells"),
            (b'{"cells": null, "worksheets": 3}', "list of cells"),
        ],
        ids=range(12),
    )
    def test_what_is_no_notebook(self, tmp_path: Path, data: bytes, reason: str) -> None:
        """The error names the file and what was expected, and nothing else is raised."""
        with pytest.raises(SubmissionError, match=f"hw.ipynb must be.*{reason}"):
            read_submitted(self.write(tmp_path, data))

    def test_links_pipes_and_folders_are_not_read(self, tmp_path: Path) -> None:
        """Only a regular file is."""
        target = tmp_path / "target"
        target.write_text('{"cells": []}')
        link, pipe, folder = (tmp_path / f"{name}.ipynb" for name in ("link", "pipe", "folder"))
        link.symlink_to(target)
        os.mkfifo(pipe)
        folder.mkdir()
        for path in (link, pipe, folder, tmp_path / "missing.ipynb"):
            with pytest.raises(SubmissionError, match="regular file"):
                read_submitted(path)

    def test_a_giant_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        """A sparse file of a terabyte costs nothing."""
        path = tmp_path / "hw.ipynb"
        with open(path, "wb") as file:
            file.truncate(MAX_NOTEBOOK_BYTES + 1)
        with pytest.raises(SubmissionError, match="bytes"):
            read_submitted(path)

    def test_too_many_cells_are_refused(self, tmp_path: Path) -> None:
        """A bound on cells."""
        cells = [{"cell_type": "code", "source": ""}] * (MAX_CELLS + 1)
        with pytest.raises(SubmissionError, match="at most"):
            read_submitted(self.write(tmp_path, {"cells": cells}))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | json_like.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_cells_or_a_submission_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Reading raises nothing but SubmissionError."""
    path = tmp_path_factory.mktemp("fuzz") / "hw.ipynb"
    path.write_bytes(data)
    try:
        cells = read_submitted(path)
    except SubmissionError:
        return
    assert_lawful(rebuild(cells, RELEASE))
