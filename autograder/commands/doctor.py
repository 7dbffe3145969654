"""`tdl doctor`: what works on this machine, and what is inconsistent in the course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=_MayNameFolder)(doctor)


class _MayNameFolder(TyperCommand):
    """`--course` names a folder, or asks for the course in this one; typer has no such option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let a `--course` without a folder behind it stand for the folder that -C names."""
        behind = [*args[1:], "-"]
        filled = [
            each
            for word, after in zip(args, behind, strict=False)
            for each in ((word, "") if word == "--course" and after.startswith("-") else (word,))
        ]
        return super().parse_args(ctx, filled)


def doctor(
    assignments: Annotated[list[str] | None, typer.Argument(help="Inspect these.")] = None,
    course: Annotated[
        str | None,
        typer.Option(
            metavar="[DIR]",
            help="Inspect the whole course, run included: all assignments and the plan.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The same as far as reading tells, in seconds.")
    ] = False,
    run: Annotated[bool, typer.Option("--run", help="Also generate, and grade solutions.")] = False,
    folder: Annotated[
        Path, typer.Option("-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Say what works here; of a course, what is inconsistent, in which file and cell, how to mend.

    Exit code 1 if there is something to mend.
    Examples: tdl doctor; tdl doctor hw1 --run; tdl doctor --course
    """
    from autograder.doctor import diagnose

    root = Path(course or folder).resolve()
    if assignments or everything or course is not None:
        from autograder.rehearsing import inspect_course

        run = run or course is not None

        def told(name: str) -> None:
            typer.echo(f"running {name}", err=True)

        findings = inspect_course(root, assignments or [], run=run, told=told)
        for finding in findings:
            typer.echo(str(finding))
        typer.echo(f"{len(findings)} to mend")
        raise typer.Exit(1 if findings else 0)
    lines, healthy = diagnose(root)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if healthy else 1)
