"""nbgrader runs our judge: `nbgrader autograde` and formgrader's autograde button.

`install(c)` in nbgrader_config.py does four things. It puts a deputy in the place of nbgrader's
Autograde converter, where the command line and formgrader's server look it up; the deputy grades
through `grade.pipeline`. It makes generated feedback free of mark schemes and of scripts. It
keeps feedback and exports back while a submission is not marked (`targets.refusing`). And it gives
formgrader the comment bank (`targets.formgrader`).
"""

from __future__ import annotations

import os
import sys
from typing import Any

from traitlets.config import Config

from autograder.lean_nbgrader import read_newest_revision_here
from autograder.overlay import apply_overlay


def install(c: Config) -> None:
    """Make this course's autograding go through the judge; call it last in nbgrader_config.py."""
    apply_overlay(c)
    c.GenerateFeedback.exporter_class = "autograder.targets.feedback.FeedbackPage"
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "autograder.targets.feedback.CleanFeedback",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    # Feedback and formgrader show what students wrote; none of it may run in a reader's browser.
    # `sanitize_html` alone leaves nbgrader's markdown cells as they are and cuts tables and images.
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.filters = {
        "markdown2html": "autograder.report.safe_html.safe_markdown",
        "clean_html": "autograder.report.safe_html.safe_html",
    }
    _add_statement(c)
    read_newest_revision_here()
    # `nbgrader db upgrade` starts `alembic` by name; it lies beside this interpreter, also outside
    # an activated venv.
    beside = os.path.dirname(sys.executable)
    if beside not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])
    if c.Grading.get("use_judge", True) is not False:
        from autograder.targets.refusing import install_guards

        if "nbgrader.server_extensions.formgrader.handlers" in sys.modules:  # this is its server
            from autograder.targets.formgrader import install_comment_bank

            install_comment_bank()
        _replace_autograde()
        install_guards()


def _add_statement(c: Config) -> None:
    """Let generated assignments say what the course says of AI tools, by then, if anything."""
    from nbgrader.converters import GenerateAssignment

    from autograder.targets.statements import AiUseStatement

    others = c.GenerateAssignment.get("preprocessors") or GenerateAssignment.preprocessors.default()
    c.GenerateAssignment.preprocessors = [AiUseStatement, *others]


def _replace_autograde() -> None:
    from nbgrader.apps import api, autogradeapp
    from nbgrader.converters import autograde

    original = autograde.Autograde
    if issubclass(original, _deputy_marker):
        return
    deputy = _make_deputy(original)
    for module in (autograde, autogradeapp, api):
        module.Autograde = deputy


class _deputy_marker:
    """Tells a class that already is ours."""


def _make_deputy(original: type[Any]) -> type[Any]:
    class Autograde(original, _deputy_marker):  # type: ignore[misc]
        """nbgrader's Autograde, done by the judge."""

        def start(self) -> None:
            from nbgrader.converters.base import NbGraderException

            from autograder.errors import TdlError
            from autograder.grade.course import CourseFolder
            from autograder.grade.pipeline import Progress
            from autograder.pairing import grade_class

            course = CourseFolder(self.coursedir, self.config)
            student = self.coursedir.student_id
            excluded = set(filter(None, self.coursedir.student_id_exclude.split(",")))
            before = os.getcwd()
            os.chdir(self.coursedir.root)
            try:
                students = self._matching(course, student, excluded)
                run, teams = grade_class(
                    course,
                    self.coursedir.assignment_id,
                    students=students,
                    force=self.force,
                    progress=Progress(done=self._log_result),
                )
            except TdlError as error:
                self.log.error(str(error))
                raise NbGraderException(str(error)) from None
            finally:
                os.chdir(before)
            for line in teams.lines():
                self.log.warning(line)
            failed = [r["student"] for r in run["submissions"] if r["outcome"] == "not_marked"]
            if failed:
                text = f"not marked, through no fault of theirs: {', '.join(failed)}"
                self.log.error(text)
                raise NbGraderException(text)

        def _matching(self, course: Any, pattern: str, excluded: set[str]) -> list[str]:
            from fnmatch import fnmatchcase

            from autograder.errors import CourseError
            from autograder.grade.choosing import find_submissions

            found = find_submissions(course, self.coursedir.assignment_id)
            names = [s.student for s in found if fnmatchcase(s.student, pattern)]
            chosen = [name for name in names if name not in excluded]
            if not chosen:
                where = self._format_source(self.coursedir.assignment_id, pattern)
                raise CourseError(f"No notebooks were matched by '{where}'")
            return chosen

        def _log_result(self, student: str, result: dict[str, Any]) -> None:
            self.log.info("Graded %s: %s %s", student, result["outcome"], result["message"])

    return Autograde
