"""`tdl snapshot`, `tdl forget`: copies of the gradebook, and the deletion of a student's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.course import CourseOption


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(snapshot)
    app.command()(forget)


def snapshot(
    take: Annotated[bool, typer.Option("--take", help="Take one now.")] = False,
    restore: Annotated[
        str, typer.Option(help="Put this one back; the beginning of its name is enough.")
    ] = "",
    course: CourseOption = Path("."),
) -> None:
    """List, take or restore copies of the gradebook; each writing command takes one first.

    Example: tdl snapshot --restore 20261121T1530
    """
    from autograder.grade.course import load_course
    from autograder.grade.snapshots import restore_snapshot, snapshots, take_snapshot

    loaded = load_course(course)
    if restore:
        before = restore_snapshot(loaded, restore)
        typer.echo(f"restored; what it replaced is in {before.name}")
    elif take:
        taken = take_snapshot(loaded, "by hand")
        typer.echo("there is no gradebook yet" if taken is None else taken.name)
    else:
        for path in snapshots(loaded):
            typer.echo(f"{path.name}  {path.stat().st_size / 1e6:.1f} MB")


def forget(
    student: Annotated[str, typer.Argument(help="Id of the student.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Delete everything the course keeps of one student; there is no way back.

    Example: tdl forget ada
    """
    from autograder.grade.course import load_course
    from autograder.ledger.forgetting import forget_student

    loaded = load_course(course)
    if not yes:
        typer.confirm(
            f"Delete all data of {student}, and all snapshots of the gradebook?", abort=True
        )
    for line in forget_student(loaded, student):
        typer.echo(line)
