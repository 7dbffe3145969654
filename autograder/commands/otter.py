"""`tdl otter`: what otter-grader works with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def otter(
        assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
        output: Annotated[Path, typer.Option("--output", "-o", help="An empty folder.")],
        course: Annotated[
            Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
        ] = Path("."),
    ) -> None:
        """Write a student's folder for otter's checks, and an autograder zip for `otter run`.

        The zip holds hidden tests and the term's secret; whoever runs it needs this package.

        Example: tdl otter hw1 -o otter-hw1
        """
        from autograder.grade.course import load_course
        from autograder.targets.otter.building import build_otter

        for path in build_otter(load_course(course), assignment, output):
            typer.echo(f"wrote {path}")
