"""What most commands share: the option that names the course, and the course with its gradebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from autograder.grade.course import CourseFolder

CourseOption = Annotated[
    Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
]


@contextmanager
def open_course(folder: Path) -> Iterator[tuple[CourseFolder, Any]]:
    """The course of a folder and its gradebook."""
    from autograder.grade.course import load_course
    from autograder.grade.gradebook import open_gradebook

    loaded = load_course(folder)
    with open_gradebook(loaded.db_url, loaded.coursedir.course_id) as gradebook:
        yield loaded, gradebook
