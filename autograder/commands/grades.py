"""`tdl grades`, `tdl roster`: the grades of the course, and who is in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.commands.course import CourseOption

if TYPE_CHECKING:
    from autograder.grade.course import CourseFolder
    from autograder.ledger.gather import CourseGrades

FILES = (".csv", ".json", ".xlsx")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(grades)
    app.command()(roster)


def grades(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write .csv, .json or .xlsx instead.")
    ] = None,
    platform: Annotated[
        str, typer.Option("--to", help="In the columns of canvas, moodle or gradescope.")
    ] = "",
    anonymous: Annotated[bool, typer.Option(help="With pseudonyms, for research.")] = False,
    not_marked_too: Annotated[
        bool, typer.Option("--not-marked-too", help="Write although marks are missing.")
    ] = False,
    course: CourseOption = Path("."),
) -> None:
    """Show or write everybody's grade by the course's scheme (c.Grading in nbgrader_config.py).

    A file is refused while a submission is not marked; marks that are waited for are blank.
    Examples: tdl grades; tdl grades -o grades.xlsx; tdl grades --to canvas -o canvas.csv
    """
    from autograder.errors import CourseError
    from autograder.grade.course import load_course
    from autograder.ledger.gather import course_grades

    loaded = load_course(course)
    found = course_grades(loaded)
    if output is None:
        if platform or anonymous:
            raise CourseError("--output must be given with --to and --anonymous, got none")
        _show(found)
        return
    if not not_marked_too:
        _refuse_unmarked(loaded, found)
    _write(loaded, found, output, platform, anonymous)
    typer.echo(f"wrote {output}")


def roster(
    file: Annotated[Path, typer.Argument(help="CSV of a roster, or of an exported gradebook.")],
    system: Annotated[
        str, typer.Option("--from", help="canvas, moodle, gradescope or csv.")
    ] = "csv",
    login: Annotated[
        str, typer.Option("--id", help="Column that becomes the student's id here.")
    ] = "",
    drop: Annotated[bool, typer.Option(help="Who is no longer listed has dropped.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Bring the class up to date from a learning platform; nobody's marks are ever deleted.

    Example: tdl roster export.csv --from canvas --drop
    """
    from autograder.grade.course import load_course
    from autograder.grade.gradebook import open_gradebook
    from autograder.grade.snapshots import take_snapshot
    from autograder.ledger.platforms import import_roster, platform_named

    loaded = load_course(course)
    with open_gradebook(loaded.db_url, loaded.coursedir.course_id) as gradebook:
        before = take_snapshot(loaded, f"roster {system}")
        change = import_roster(gradebook, platform_named(system), file, login=login, drop=drop)
    verb = "dropped" if drop else "no longer listed (--drop marks them as dropped)"
    for names, what in ((change.added, "new"), (change.back, "back"), (change.gone, verb)):
        if names:
            typer.echo(f"{len(names)} {what}: {', '.join(names)}")
    typer.echo(f"{change.known} known")
    if change.added and before is not None:  # ids stay once they are known
        typer.echo(f"not the ids that were meant? tdl snapshot --restore {before.name}")


def _show(found: CourseGrades) -> None:
    from rich.console import Console

    from autograder.ledger.sheets import notes, table

    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 1000  # into a file or a pipe: a student a line
    console.print(table(found), crop=False)
    for reason, count in notes(found).items():
        typer.echo(f"{count} marks: {reason}")


def _refuse_unmarked(course: CourseFolder, found: CourseGrades) -> None:
    from autograder.grade.gradebook import open_gradebook
    from autograder.grade.unmarked import refuse_not_marked
    from autograder.ledger.gather import people_of

    items = [item for items in found.items.values() for item in items]
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        gone = {person.id for person in people_of(gradebook).values() if person.dropped}

    def counts(student: str) -> bool:
        return student not in gone  # who is not enrolled yet would be left out in silence

    refuse_not_marked(course, items, "export", counts, "tdl grades --not-marked-too")


def _write(
    course: CourseFolder, found: CourseGrades, output: Path, platform: str, anonymous: bool
) -> None:
    from autograder.errors import CourseError
    from autograder.grade.gradebook import open_gradebook
    from autograder.ledger import platforms, sheets

    if anonymous:
        sheets.write_anonymous(found, output, course.secret())
    elif platform:
        chosen = platforms.platform_named(platform)
        with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
            known = platforms.identities(gradebook, chosen)
        names = dict(course.grading.columns)
        platforms.write_for_platform(found, chosen, known, output, names)
    elif output.suffix not in FILES:
        raise CourseError(f"output must end in {', '.join(FILES)}, got {output.name!r}")
    else:
        writers = (sheets.write_csv, sheets.write_json, sheets.write_xlsx)
        dict(zip(FILES, writers, strict=True))[output.suffix](found, output)
