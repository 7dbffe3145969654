"""nbgrader's feedback and export refuse while a submission is not marked.

nbgrader knows no such state: it would return feedback without marks and export a zero. Each guard
is put around one method where the command line and formgrader's server both pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any


def install_guards() -> None:
    """Guard `generate_feedback`, `release_feedback` and `export`; a second call changes nothing."""
    from nbgrader.apps.exportapp import ExportApp
    from nbgrader.converters import GenerateFeedback
    from nbgrader.exchange import ExchangeFactory

    _wrap(GenerateFeedback, "start", _guarded_generate)
    _wrap(ExchangeFactory, "ReleaseFeedback", _guarded_release)
    _wrap(ExportApp, "init_plugin", _guarded_export)


def _wrap(owner: type, name: str, guard: Callable[[Any], Any]) -> None:
    original = getattr(owner, name)
    if not getattr(original, "refuses_not_marked", False):
        guarded: Any = wraps(original)(guard(original))
        guarded.refuses_not_marked = True
        setattr(owner, name, guarded)


def _guarded_generate(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: Any) -> Any:
        from nbgrader.converters.base import NbGraderException

        _refuse(self, [self.coursedir.assignment_id], "feedback", NbGraderException)
        # What makes the pages must find the course, whatever folder the server runs in.
        self.config.CourseDirectory.root = str(self.coursedir.root)
        return original(self)

    return start


def _guarded_release(original: Callable[..., Any]) -> Callable[..., Any]:
    def release_feedback(self: Any, *args: Any, **kwargs: Any) -> Any:
        from nbgrader.exchange import ExchangeError

        made = original(self, *args, **kwargs)
        begin = made.start

        def start() -> Any:
            assignments = [made.coursedir.assignment_id]
            _refuse(made, assignments, "release of feedback", ExchangeError)
            done = begin()
            _open_box(made)
            return done

        made.start = start
        return made

    return release_feedback


def _open_box(step: Any) -> None:
    """Who gets feedback can ask about it, also where formgrader's button released it."""
    from autograder.errors import CourseError
    from autograder.grade.course import CourseFolder
    from autograder.ledger.regrades import exchange_of, open_box

    course = CourseFolder(step.coursedir, step.config)
    if exchange_of(course).is_dir():  # another kind of exchange has no folder for requests
        try:
            open_box(course)
        except CourseError as error:
            step.log.warning(f"no regrade requests: {error}")


def _guarded_export(original: Callable[..., Any]) -> Callable[..., Any]:
    def init_plugin(self: Any) -> Any:
        from nbgrader.api import Gradebook

        done = original(self)
        wanted = {str(name) for name in self.plugin_inst.assignment}
        students = {str(name) for name in self.plugin_inst.student}
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            known = [assignment.name for assignment in gradebook.assignments]
        chosen = [name for name in known if not wanted or name in wanted]
        _refuse(self, chosen, "export", _Refused, lambda s: not students or s in students)
        return done

    def guarded(self: Any) -> Any:
        try:
            return init_plugin(self)
        except _Refused:
            self.fail("nbgrader export refused")

    return guarded


class _Refused(Exception):
    """Turned into the command's failure; it has been logged."""


def _refuse(
    step: Any,
    assignments: Iterable[str],
    what: str,
    error: type[Exception],
    concerns: Callable[[str], bool] | None = None,
) -> None:
    """Log the refusal and raise nbgrader's own exception, which its callers expect."""
    from autograder.errors import CourseError
    from autograder.grade.course import CourseFolder
    from autograder.grade.unmarked import refuse_not_marked

    coursedir = step.coursedir
    excluded = set(filter(None, coursedir.student_id_exclude.split(",")))
    pattern = coursedir.student_id or "*"

    def matches(student: str) -> bool:
        return fnmatchcase(student, pattern) and student not in excluded

    course = CourseFolder(coursedir, step.config)
    try:
        refuse_not_marked(course, assignments, what, concerns or matches)
    except CourseError as refusal:
        step.log.error(str(refusal))
        raise error(str(refusal)) from None
