"""otter's plugin: the submission goes to our judge, and otter's kernel sees nothing of it.

Theory of operation. otter runs a submission in a kernel, has the tests run in there too, and
unpickles what the kernel says. Here, before anything is executed, all of the student's files are
moved out of the folder where that kernel works (a module or a log left there would be imported or
unpickled); otter executes an empty notebook of ours; and afterwards its results are replaced by the
judge's. The bundle with the hidden tests lies beside otter's own files and is closed to others.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin
from otter.test_files import GradingResults
from otter.test_files.abstract_test import TestCase, TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from autograder.errors import SandboxError, SubmissionError
from autograder.grade.service import Service
from autograder.sandbox import user
from autograder.targets.bundle import Bundle, grade_folder, read_bundle
from autograder.targets.gradescope.metadata import metadata_of
from autograder.targets.gradescope.results import Shown, results_of, summary_lines
from autograder.targets.gradescope.running import no_points
from autograder.targets.gradescope.settings import Gradescope
from autograder.targets.gradescope.uploads import receive

OURS = ("tests",)  # put there by otter from its own zip, after the student's


class JudgePlugin(AbstractOtterPlugin):  # type: ignore[misc]
    """Hands grading to the judge."""

    _kept: tempfile.TemporaryDirectory[str] | None = None

    @property
    def _root(self) -> Path:
        """otter's folder, with source/, submission/ and results/."""
        return Path(self.submission_path).parent.parent

    def before_grading(self, config: Any) -> None:
        """Take the student's files out of the way and close ours."""
        config.grade_from_log, config.seed = False, None
        if self._kept is not None:
            return
        self._kept = tempfile.TemporaryDirectory(prefix="tdl-otter-")
        kept = Path(self._kept.name) / "upload"
        kept.mkdir()
        for path in list(Path(self.submission_path).parent.iterdir()):
            if path.name not in OURS:
                shutil.move(path, kept / path.name)
        nbformat.write(_empty(), self.submission_path)  # type: ignore[no-untyped-call]
        for name in ("source", "submission", "results"):
            if (self._root / name).is_dir():
                (self._root / name).chmod(0o700)

    def before_execution(self, submission: Any) -> Any:
        """An empty notebook, whatever was submitted."""
        return _empty()

    def after_grading(self, results: GradingResults) -> None:
        """Put the judge's verdicts in the place of otter's results."""
        if self._kept is None:
            raise SandboxError("submission must be set aside before grading, got none")
        bundle = read_bundle(self._root / "source" / "bundle")
        secret = self._root / "source" / "bundle" / "term_secret"
        secret.chmod(0o600)  # archives don't keep modes
        if os.geteuid() == 0:
            user.closed([str(self._root / "source"), self._kept.name])
        graded = judged(bundle, Path(self._kept.name), self.submission_metadata)
        results.clear_results()
        results._catastrophic_error = None
        fill(results, graded)
        self._kept.cleanup()
        self._kept = None


def judged(
    bundle: Bundle, kept: Path, told: dict[str, Any], service: Service | None = None
) -> dict[str, Any]:
    """The judge's results of the files in kept/upload, in Gradescope's form.

    Args:
        bundle: the assignment.
        kept: a private folder.
        told: Gradescope's metadata; empty where otter runs by itself.
        service: one that is warm already, for many submissions one after another.
    """
    settings = Gradescope(config=bundle.course.config)
    flags: list[str] = []
    work = kept / "work"
    work.mkdir()
    try:
        folder = receive(kept / "upload", work, bundle.notebooks, flags)
        student = metadata_of(told).submitter(settings.submitter)
        result, _ = grade_folder(bundle, student, folder, service)
    except SubmissionError as error:
        result = no_points(bundle, str(error))
    result["flags"] = flags + result["flags"]
    return results_of(result, Shown(bundle.notebooks, lines=summary_lines(result)))


def fill(results: GradingResults, graded: dict[str, Any]) -> None:
    """Write our results into otter's, one test file per question.

    Raises:
        SandboxError: a question is not marked, which must not look like a zero.
    """
    for test in graded["tests"]:
        parts = test["extra_data"]
        if any(part["verdict"] == "not_marked" for part in parts.values()):
            raise SandboxError(f"{test['name']} must be marked, got not marked: run again")
        if "score" not in test or test["max_score"] == 0:
            continue  # marked by hand, or worth nothing
        results.results[test["name"]] = test_file(test)
    results.set_output(graded["output"])


def test_file(test: dict[str, Any]) -> ExceptionTestFile:
    """One question as otter keeps it: plain data, its score set."""
    full = test["score"] >= test["max_score"]
    case = TestCase(
        name=test["name"],
        body="",
        hidden=False,
        points=test["max_score"],
        success_message=None,
        failure_message=None,
    )
    made = ExceptionTestFile(test["name"], "", [case], all_or_nothing=False)
    made.test_case_results = [TestCaseResult(test_case=case, message=test["output"], passed=full)]
    made.update_score(test["score"])
    return made


def _empty() -> Any:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(metadata={"kernelspec": kernel})  # type: ignore[no-untyped-call]
