"""`tdl pdf`: a submission's proofs, for marking on paper or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def pdf(
        assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
        student: Annotated[str, typer.Option(help="Whose submission.")],
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="The PDF; named after both if absent.")
        ] = None,
        course: Annotated[
            Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
        ] = Path("."),
    ) -> None:
        """Write the questions of a submission that are marked by hand, each on its own pages.

        Example: tdl pdf hw1 --student bitdiddle -o bitdiddle.pdf
        """
        from autograder.grade.course import load_course
        from autograder.targets.pdf import write_pdf

        path = output or Path(f"{assignment}-{student.replace('/', '_')}.pdf")
        count = write_pdf(load_course(course), assignment, student, path)
        typer.echo(f"wrote {path}: {count} questions")
