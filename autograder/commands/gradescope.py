"""`tdl gradescope`: the autograder zip of an assignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def gradescope(
        assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="The zip; <assignment>.zip if absent.")
        ] = None,
        course: Annotated[
            Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
        ] = Path("."),
    ) -> None:
        """Build the zip that Gradescope grades an assignment with.

        It holds hidden tests and the term's secret: upload it, don't share it.

        Example: tdl gradescope hw1 -o hw1.zip
        """
        from autograder.grade.course import load_course
        from autograder.targets.gradescope.building import build_zip

        path = output or Path(f"{assignment}.zip")
        names = build_zip(load_course(course), assignment, path)
        typer.echo(f"wrote {path}: {len(names)} files, {path.stat().st_size / 2**20:.1f} MiB")
