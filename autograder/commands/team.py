"""`tdl team`: who hands in together; for students in their folder, for staff of a whole class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def team(
        partners: Annotated[list[str] | None, typer.Argument(help="User names.")] = None,
        alone: Annotated[bool, typer.Option("--alone", help="No partner any more.")] = False,
        folder: Annotated[Path, typer.Option(help="Where the notebook lies.")] = Path("."),
        of: Annotated[str, typer.Option("--of", help="Staff: the teams of this assignment.")] = "",
        course: Annotated[Path, typer.Option("--course", "-C", help="Course folder.")] = Path("."),
    ) -> None:
        """Name the partners you hand in with; with --of, record a class's teams.

        Each partner names the other in their own folder and hands in. Staff: teams that agree get
        one mark in the course's grades; disagreements are listed, and the command exits with 1.
        Examples: tdl team grace; tdl team --of hw1
        """
        from autograder.selfcheck import commands

        if not of:
            raise typer.Exit(commands.team(folder, partners or [], alone))
        raise typer.Exit(_record(course, of))


def _record(course: Path, assignment: str) -> int:
    from autograder.grade.course import load_course
    from autograder.pairing import record_teams

    found = record_teams(load_course(course), assignment)
    for members in found.teams:
        typer.echo(f"team      {', '.join(members)}")
    for note in found.notes:
        typer.echo(f"note      {note}")
    for conflict in found.conflicts:
        typer.echo(f"conflict  {conflict}", err=True)
    return 1 if found.conflicts else 0
