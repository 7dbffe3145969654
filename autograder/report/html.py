"""report.html: an assignment's results, or a course's, as one page that needs nothing else."""

import os
from collections.abc import Sequence

from autograder.report.agreement import DoubleMark
from autograder.report.blocks import write_page
from autograder.report.course import CourseResults
from autograder.report.schema import Run, validate_run


def write_report(
    run: Run, path: str | os.PathLike[str], double_marks: Sequence[DoubleMark] = ()
) -> None:
    """Write the report of a grading run as one self-contained page, all at once or not at all.

    The same run gives the same bytes. No script runs in the page and nothing is fetched.

    Args:
        run: what `tdl grade --json` wrote.
        path: the file to write; an older one is replaced.
        double_marks: answers that several people marked.

    Raises:
        ValueError: `run` is not a grading run.
        OSError: the file can't be written; an older one is then untouched.
    """
    # Lazy: drawing imports matplotlib, which takes longer than all else here.
    from autograder.report.page import body

    validate_run(run)
    title = f"{run['assignment']} · {run['course']}: report"
    write_page(title, body(run, double_marks), path)


def write_course_report(results: CourseResults, path: str | os.PathLike[str]) -> None:
    """Write the report of a whole course, under the same rules as `write_report`.

    Raises:
        ValueError: one of its runs is not a grading run.
        OSError: the file can't be written; an older one is then untouched.
    """
    from autograder.report.course_page import body

    for run in results.runs:
        validate_run(run)
    write_page(f"{results.title}: report", body(results), path)
