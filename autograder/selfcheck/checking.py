"""`check("q2")`: the public tests of a question against the notebook as it is now."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import CourseError, SubmissionError
from autograder.selfcheck.points import by_hand, points_of

if TYPE_CHECKING:
    from autograder.selfcheck.report import CheckReport

GRADING = "TDL_GRADING"  # set in the sandbox, where the judge marks and `check` has nothing to do


class CheckFailed(AssertionError):
    """Raised where nbgrader's Validate looks for failures; shows itself as one line."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def check(question: str, *, namespace: dict[str, Any] | None = None) -> CheckReport | None:
    """The result of a question's public tests, shown as a table.

    Args:
        question: "q2", or one part of a question such as "q4-train".
        namespace: names to test; the notebook's own by default.

    Returns:
        A report that Jupyter shows as HTML and a terminal as text. Passing every public test is
        no promise of full marks: grading adds tests with other inputs.

    Raises:
        CourseError: no tests folder beside the notebook, or no public tests of this question.
        CheckFailed: under nbgrader's Validate, when a test fails.
    """
    if os.environ.get(GRADING):
        print(f"{question}: marked by the judge")
        return None
    report = _run(question, namespace)
    if os.environ.get("NBGRADER_EXECUTION") == "validate":
        if not report.passed:
            raise CheckFailed(report.headline)
        print(report.headline)  # a value would be taken for partial credit, with a warning
        return None
    return report


def check_all(*, namespace: dict[str, Any] | None = None) -> CheckReport | None:
    """The results of all public tests beside the notebook, and a receipt of what is saved."""
    if os.environ.get(GRADING):
        print("marked by the judge")
        return None
    return _run(None, namespace)


def check_notebook(path: Path, question: str | None = None) -> CheckReport:
    """The results of the public tests beside a notebook, after running it from top to bottom.

    Args:
        path: the notebook; `tests` lies beside it.
        question: only this question or part.

    Raises:
        SubmissionError: it is no notebook.
        CourseError: no tests, or none of this question.
    """
    from autograder.selfcheck.loading import run_notebook

    folder = tests_folder(path.resolve().parent)
    return _report(folder, question, run_notebook(path.resolve()))


def tests_folder(start: Path | None = None) -> Path:
    """The folder `tests` beside the notebook.

    Raises:
        CourseError: there is none.
    """
    folder = (start or Path.cwd()) / "tests"
    if not folder.is_dir():
        raise CourseError(f"tests must be a folder beside the notebook, got none at {folder}")
    return folder


def _run(question: str | None, namespace: dict[str, Any] | None) -> CheckReport:
    names = namespace if namespace is not None else _notebook_names()
    return _report(tests_folder(), question, names)


def _report(tests: Path, question: str | None, names: dict[str, Any]) -> CheckReport:
    from autograder.selfcheck.report import CheckReport
    from autograder.selfcheck.running import run_public_tests

    started = time.perf_counter()
    results = run_public_tests(tests, question, names)
    seconds, folder = time.perf_counter() - started, tests.parent
    receipt = _receipt_lines(folder) if question is None else []
    points = points_of(folder)
    return CheckReport(question, results, seconds, points, by_hand(folder), receipt)


def _receipt_lines(folder: Path) -> list[str]:
    from autograder.selfcheck.receipt import receipt_of

    try:
        return receipt_of(folder).lines()
    except SubmissionError as error:
        return [f"no receipt: {error}"]


def _notebook_names() -> dict[str, Any]:
    try:
        from IPython import get_ipython
    except ImportError:
        get_ipython = None
    shell = get_ipython() if get_ipython is not None else None
    if shell is not None:
        names: dict[str, Any] = shell.user_ns
        return names
    import __main__

    return vars(__main__)
