"""What a student has at home: check() in a notebook and plain pytest in the released folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError, SubmissionError
from autograder.selfcheck import check, check_all
from autograder.selfcheck.checking import CheckFailed, check_notebook
from autograder.selfcheck.loading import run_folder
from autograder.selfcheck.running import run_public_tests

TEST_Q1 = '''
import numpy as np
import pytest

pytestmark = pytest.mark.question("q1", hint="Twice.")


def test_two(student):
    """double(2) is 4."""
    assert student.double(2) == 4, "double(2) must be 4"


@pytest.mark.parametrize("n", [1, 2, 3])
def test_arrays(student, rng, n):
    """double works on arrays."""
    x = rng.normal(size=n)
    assert np.array_equal(student.double(x), 2 * x), f"double must work with {n} numbers"
'''
TEST_Q2 = '''
import pytest


@pytest.mark.question("q2", forbid=["numpy.linalg"])
def test_norm(student):
    """norm((3, 4)) is 5."""
    assert abs(student.norm([3.0, 4.0]) - 5) < 1e-12, "norm must be 5"


@pytest.mark.question("q2-value")
def test_value(student):
    """answer is a whole number."""
    assert student.value("answer") == 42, "answer must be <b>42</b>"
'''
GOOD = "def double(x):\n    return 2 * x"
BY_HAND = "def norm(x):\n    return sum(v * v for v in x) ** 0.5\nanswer = 42"
FORBIDDEN = "import numpy as np\ndef norm(x):\n    return float(np.linalg.norm(x))\nanswer = 42"


def marks(id: str, **flags: Any) -> dict[str, Any]:
    plain = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"nbgrader": {**plain, "grade_id": id, "schema_version": 3, **flags}}


def notebook(*cells: str) -> dict[str, Any]:
    """A notebook of code cells and one check cell."""
    made = [
        {"cell_type": "code", "metadata": marks(f"a{i}", solution=True), "source": text}
        for i, text in enumerate(cells)
    ]
    made.append({"cell_type": "code", "metadata": marks("q1", grade=True), "source": "1 / 0"})
    made.append({"cell_type": "code", "metadata": {}, "source": "check('q1')"})
    made.append({"cell_type": "markdown", "metadata": {}, "source": ["text"]})
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A released folder with a good notebook; the current one."""
    home = tmp_path / "hw"
    (home / "tests").mkdir(parents=True)
    (home / "tests" / "test_q1.py").write_text(TEST_Q1)
    (home / "tests" / "test_q2.py").write_text(TEST_Q2)
    (home / "hw.ipynb").write_text(json.dumps(notebook(GOOD, BY_HAND)))
    monkeypatch.chdir(home)
    monkeypatch.delenv("TDL_GRADING", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return home


def names_of(*cells: str) -> dict[str, Any]:
    """The namespace of a notebook, with IPython's record of its cells."""
    names: dict[str, Any] = {"In": ["", *cells]}
    for text in cells:
        exec(text, names)
    return names


class TestCheck:
    """check() against names."""

    def test_a_right_answer_passes(self, folder: Path) -> None:
        """Each test function is one line, its parameters counted together."""
        report = check("q1", namespace=names_of(GOOD))
        assert report is not None
        assert report.passed
        text = str(report)
        assert re.match(r"q1: 4 of 4 public tests pass \(\d", text)
        assert "pass     double(2) is 4." in text
        assert "double works on arrays. (3 of 3 cases)" in text

    def test_a_wrong_answer_says_why(self, folder: Path) -> None:
        """The author's sentence and the hint."""
        report = check("q1", namespace=names_of("def double(x): return x"))
        text = str(report)
        assert "FAIL     double(2) is 4." in text
        assert "double(2) must be 4" in text
        assert "Hint: Twice." in text
        assert "assert " not in text

    def test_a_missing_answer_says_so(self, folder: Path) -> None:
        """An undefined name and a stub are errors of the student's code."""
        assert "name 'double' is not defined" in str(check("q1", namespace={}))
        stub = "def double(x):\n    raise NotImplementedError()"
        said = str(check("q1", namespace=names_of(stub)))
        assert "not answered yet" in said and "called:" not in said and "Hint" not in said

    def test_html_is_a_table_and_escaped(self, folder: Path) -> None:
        """What Jupyter shows has no markup of messages."""
        report = check("q2-value", namespace=names_of("answer = 1"))
        assert report is not None
        html = report._repr_html_()
        assert "<table" in html
        assert "&lt;b&gt;42" in html
        assert "<b>42" not in html

    def test_a_question_means_its_part_of_that_name_only(self, folder: Path) -> None:
        """check("q2") runs "q2", not "q2-value"; check("q2-value") the part."""
        names = names_of(BY_HAND)
        assert len(check("q2", namespace=names).results) == 1  # type: ignore[union-attr]
        assert len(check("q2-value", namespace=names).results) == 1  # type: ignore[union-attr]

    def test_check_all_runs_everything(self, folder: Path) -> None:
        """All public tests of the folder."""
        report = check_all(namespace=names_of(GOOD, BY_HAND))
        assert report is not None
        assert "all questions: 6 of 6 public tests pass" in str(report)

    def test_an_unknown_question_names_the_known_ones(self, folder: Path) -> None:
        """A misspelt id helps itself."""
        with pytest.raises(CourseError, match="q1, q2, q2-value; got 'q7'"):
            check("q7", namespace={})

    def test_no_tests_folder(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Started elsewhere, it says what it looked for."""
        monkeypatch.chdir(folder.parent)
        with pytest.raises(CourseError, match="tests must be a folder beside the notebook"):
            check("q1", namespace={})

    def test_tests_that_can_not_be_read(self, folder: Path) -> None:
        """A broken test file is told, not passed over."""
        (folder / "tests" / "test_q3.py").write_text("import no_such_module_at_all")
        with pytest.raises(CourseError, match="no_such_module_at_all"):
            check("q1", namespace=names_of(GOOD))

    def test_tests_are_read_anew(self, folder: Path) -> None:
        """After fetching corrected tests, and in another homework, the new ones run."""
        assert check("q1", namespace=names_of(GOOD)).passed  # type: ignore[union-attr]
        (folder / "tests" / "test_q1.py").write_text(TEST_Q1.replace("== 4", "== 5"))
        assert not check("q1", namespace=names_of(GOOD)).passed  # type: ignore[union-attr]

    def test_nothing_is_left_behind(self, folder: Path) -> None:
        """No caches in the student's folder, no changed environment, no module."""
        before = dict(os.environ)
        check("q1", namespace=names_of(GOOD))
        left = {p.name for p in folder.rglob("*")}
        assert left == {"tests", "test_q1.py", "test_q2.py", "hw.ipynb"}
        after = dict(os.environ)
        for names in (before, after):
            names.pop("PYTEST_CURRENT_TEST", None)  # of the pytest that runs this test
        assert after == before
        assert not any("test_q1" in name for name in sys.modules)

    def test_a_foreign_conftest_or_configuration_has_no_say(self, folder: Path) -> None:
        """The student's own pytest settings don't change a check."""
        (folder / "conftest.py").write_text("raise RuntimeError('conftest ran')")
        (folder / "tests" / "conftest.py").write_text("raise RuntimeError('conftest ran')")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
        assert check("q1", namespace=names_of(GOOD)).passed  # type: ignore[union-attr]

    def test_rng_is_the_same_each_time(self, folder: Path) -> None:
        """Public inputs repeat, so a failure can be looked into."""
        seen: list[float] = []

        def spy(x: Any) -> Any:
            seen.append(float(sum(x)) if hasattr(x, "__len__") else float(x))
            return 2 * x

        check("q1", namespace={"double": spy})
        check("q1", namespace={"double": spy})
        assert seen[:4] == seen[4:]
        assert len(set(seen[:4])) == 4

    def test_an_interrupt_stops_the_check(self, folder: Path) -> None:
        """Ctrl-C in a long answer is the user's."""

        def stop(x: Any) -> Any:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            check("q1", namespace={"double": stop})


class TestPolicy:
    """What a question forbids is told before it is submitted."""

    def test_a_forbidden_name_is_refused_with_its_line(self, folder: Path) -> None:
        """The student sees the same refusal as in grading."""
        report = check("q2", namespace=names_of(GOOD, FORBIDDEN))
        assert report is not None
        assert not report.passed
        assert "REFUSED" in str(report)
        assert "numpy.linalg is not allowed in this question: In [2], line 3" in str(report)

    def test_an_earlier_version_does_not_count(self, folder: Path) -> None:
        """A first try that was replaced in a later cell is forgotten."""
        report = check("q2", namespace=names_of(FORBIDDEN, BY_HAND))
        assert report is not None
        assert report.passed, str(report)


class TestValidate:
    """Under nbgrader's Validate a failing check must fail."""

    def test_a_failing_check_raises_under_validate_only(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Validate looks for errors in outputs."""
        names = names_of("def double(x): return x")
        assert check("q1", namespace=names) is not None
        monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
        with pytest.raises(CheckFailed, match="q1: 0 of 4|q1: [0-3] of 4") as caught:
            check("q1", namespace=names)
        assert caught.value._render_traceback_() == [str(caught.value)]
        assert check("q1", namespace=names_of(GOOD)) is None  # a value would be read as a score

    def test_in_grading_it_does_nothing(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """The judge marks; check neither runs tests nor needs them."""
        monkeypatch.setenv("TDL_GRADING", "1")
        monkeypatch.chdir(folder.parent)
        assert check("q1") is None
        assert check_all() is None
        assert "marked by the judge" in capsys.readouterr().out


IN_IPYTHON = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("from autograder.selfcheck import check")
shell.run_cell("%config InteractiveShell.colors = 'nocolor'")
cell = "import numpy as np\\ndef norm(x): return float(np.linalg.norm(x))"
shell.run_cell(cell, store_history=True)
shell.run_cell("report = check('q2')", store_history=True)
print(shell.user_ns['report'])
shell.run_cell("def norm(x): return sum(v * v for v in x) ** 0.5", store_history=True)
print(shell.run_cell("check('q2')", store_history=True).result.passed)
"""


def test_check_reads_the_notebooks_own_names(folder: Path) -> None:
    """In a real IPython shell: its namespace, its history of cells, its display."""
    done = subprocess.run(
        [sys.executable, "-c", IN_IPYTHON], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "REFUSED" in done.stdout
    assert "numpy.linalg is not allowed" in done.stdout
    assert done.stdout.rstrip().endswith("True")


class TestNotebook:
    """Notebooks and modules run from top to bottom."""

    def test_check_notebook_runs_it_without_its_checks(self, folder: Path) -> None:
        """`tdl check` needs no kernel; graded and check cells are left out."""
        assert check_notebook(folder / "hw.ipynb").passed
        report = check_notebook(folder / "hw.ipynb", "q1")
        assert len(report.results) == 4

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [3]}', "null"])
    def test_what_is_no_notebook(self, folder: Path, text: str) -> None:
        """The error names the file."""
        (folder / "hw.ipynb").write_text(text)
        with pytest.raises(SubmissionError, match="hw.ipynb must be a notebook"):
            check_notebook(folder / "hw.ipynb")

    def test_a_missing_notebook(self, folder: Path) -> None:
        """Says where it looked."""
        with pytest.raises(SubmissionError, match="nowhere.ipynb"):
            check_notebook(folder / "nowhere.ipynb")

    @pytest.mark.parametrize(
        "cell",
        [
            "1 / 0",
            "import sys; sys.exit(3)",
            "def f(:",
            "%matplotlib inline\n!ls\nx = 3",
            "x = [7\n% 4]",
            "raise KeyError('x')",
        ],
    )
    def test_an_unfinished_cell_hides_no_finished_one(self, folder: Path, cell: str) -> None:
        """The rest of the notebook still runs."""
        (folder / "hw.ipynb").write_text(json.dumps(notebook(cell, GOOD, BY_HAND)))
        assert check_notebook(folder / "hw.ipynb").passed

    def test_modules_beside_the_notebook(self, folder: Path) -> None:
        """A folder of plain modules is tested too, and a notebook may import one."""
        (folder / "mine.py").write_text(GOOD)
        (folder / "hw.ipynb").write_text(json.dumps(notebook("from mine import double", BY_HAND)))
        assert check_notebook(folder / "hw.ipynb").passed
        sys.modules.pop("mine", None)
        (folder / "hw.ipynb").unlink()
        assert run_folder(folder)["double"](2) == 4
        (folder / "mine.py").unlink()
        with pytest.raises(SubmissionError, match="neither"):
            run_folder(folder)

    def test_results_come_in_order(self, folder: Path) -> None:
        """As collected: by file, then as written."""
        results = run_public_tests(folder / "tests", None, names_of(GOOD, BY_HAND))
        titles = list(dict.fromkeys(r.case.title for r in results))
        assert titles == [
            "double(2) is 4.",
            "double works on arrays.",
            "norm((3, 4)) is 5.",
            "answer is a whole number.",
        ]


class TestPlainPytest:
    """`pytest` in the released folder, as a student starts it."""

    def pytest_(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    def test_it_runs_the_notebook_once_and_tests_it(self, folder: Path) -> None:
        """All tests pass; a failing one shows claim, sentence and hint, and no machinery."""
        counting = "with open('runs.txt', 'a') as file:\n    file.write('x')"
        (folder / "hw.ipynb").write_text(json.dumps(notebook(GOOD, BY_HAND, counting)))
        done = self.pytest_(folder)
        assert "6 passed" in done.stdout, done.stdout + done.stderr
        assert (folder / "runs.txt").read_text() == "x"
        wrong = notebook("def double(x): return x", BY_HAND)
        (folder / "hw.ipynb").write_text(json.dumps(wrong))
        done = self.pytest_(folder)
        assert "4 failed, 2 passed" in done.stdout
        assert "double(2) must be 4" in done.stdout
        assert "Hint: Twice." in done.stdout
        assert "proxy.py" not in done.stdout

    def test_selection_and_last_failed_work(self, folder: Path) -> None:
        """-k, ::node, --lf: it is ordinary pytest."""
        assert "1 passed" in self.pytest_(folder, "-k", "two").stdout
        assert "1 passed" in self.pytest_(folder, "tests/test_q2.py::test_norm").stdout
        wrong = notebook(GOOD, BY_HAND.replace("42", "41"))
        (folder / "hw.ipynb").write_text(json.dumps(wrong))
        assert "1 failed, 5 passed" in self.pytest_(folder).stdout
        assert "1 failed" in self.pytest_(folder, "--lf").stdout.splitlines()[-1]

    def test_from_the_folder_above(self, folder: Path) -> None:
        """The notebook runs where it lies, wherever pytest was started."""
        (folder / "data.txt").write_text("2")
        reads = "k = int(open('data.txt').read())\ndef double(x):\n    return k * x"
        (folder / "hw.ipynb").write_text(json.dumps(notebook(reads, BY_HAND)))
        done = self.pytest_(folder.parent)
        assert "6 passed" in done.stdout, done.stdout


def test_other_peoples_tests_are_left_alone(tmp_path: Path) -> None:
    """The plugin does nothing in a project that is no released folder."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text("def test_x():\n    assert 1 == 2\n")
    (tmp_path / "analysis.ipynb").write_text('{"cells": []}')
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "assert 1 == 2" in done.stdout
    assert "1 failed" in done.stdout
