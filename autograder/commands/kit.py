"""`tdl kit`: the wheel that students install."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def kit(
        assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
        output: Annotated[Path, typer.Option("--output", "-o", help="Folder.")] = Path("dist"),
        course: Annotated[Path, typer.Option("--course", "-C", help="Course folder.")] = Path("."),
    ) -> None:
        """Build the student kit of an assignment: a wheel with checks at home and the release.

        It is searched for hidden tests, solutions and embargoed modules before it is written.
        Example: tdl kit hw1 -o dist
        """
        from autograder.grade.course import load_course
        from autograder.kits import build_kit

        typer.echo(f"wrote {build_kit(load_course(course), assignment, output.resolve())}")
