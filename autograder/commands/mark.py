"""`tdl mark`, `tdl teams`, `tdl extend`: what people enter by hand."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.commands.course import CourseOption

if TYPE_CHECKING:
    from autograder.ledger.rubrics import Rubric

DAY = 86400.0


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(mark)
    app.command("teams")(edit_teams)
    app.command()(extend)


def mark(
    item: Annotated[str, typer.Argument(help="What is marked; it has rubrics/ITEM.yml.")],
    group: Annotated[str, typer.Option(help="Mark this group.")] = "",
    student: Annotated[str, typer.Option(help="Mark this student alone.")] = "",
    marker: Annotated[str, typer.Option(help="Who marks; your account's name if empty.")] = "",
    points: Annotated[
        list[str] | None, typer.Option(help="criterion=points; repeatable; asked for if none.")
    ] = None,
    comment: Annotated[
        list[str] | None, typer.Option(help="criterion=comment; repeatable.")
    ] = None,
    retract: Annotated[bool, typer.Option(help="Take the marker's marks back.")] = False,
    from_csv: Annotated[Path | None, typer.Option("--from", help="A CSV file of marks.")] = None,
    show: Annotated[bool, typer.Option(help="Show marks and their history only.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Mark a talk, a report or an exam by its rubric; earlier marks are kept as history.

    Examples: tdl mark seminar --group g3; tdl mark oral --student ada --points proof=12;
    tdl mark seminar --from marks.csv --marker lee
    """
    from autograder.errors import CourseError
    from autograder.ledger.importing import import_marks
    from autograder.ledger.marking import enter_marks

    rubric, gradebook = _open(course, item)
    marker = marker or getpass.getuser()
    with gradebook as book:
        if show:
            _show(book, rubric, group or student)
            return
        _snapshot(course, f"mark {item}")
        if from_csv is not None:
            typer.echo(f"{import_marks(book, rubric, from_csv, marker)} rows entered")
            return
        if bool(group) == bool(student):
            raise CourseError("one of --group, --student, --from must be given, got none or two")
        subject = group or student
        given = {name: None for name in (c.id for c in rubric.criteria)} if retract else None
        entered = given or _pairs_of_points(points)
        comments = _pairs(comment, "comment")
        if not entered:
            entered, said = _ask(rubric)
            comments |= said
        enter_marks(book, rubric, subject, marker, entered, comments, of_team=bool(group))
        _show(book, rubric, subject, with_history=False)


def edit_teams(
    kind: Annotated[str, typer.Argument(help="Kind of team: pair, seminar, pair:hw2.")] = "",
    name: Annotated[str, typer.Argument(help="Name of the team.")] = "",
    students: Annotated[list[str] | None, typer.Argument(help="Its students.")] = None,
    remove: Annotated[bool, typer.Option(help="Remove the team.")] = False,
    from_csv: Annotated[
        Path | None, typer.Option("--from", help="CSV with columns kind, team, student.")
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """List, make or remove pairs and groups; `tdl team` records what submissions say.

    Examples: tdl teams; tdl teams pair p1 ada bob; tdl teams --from teams.csv
    """
    from autograder.errors import CourseError
    from autograder.ledger.importing import import_teams
    from autograder.ledger.teams import kinds, set_team, teams

    if remove and not (kind and name):
        raise CourseError("kind and name of the team must be given with --remove, got none")

    if from_csv is not None or students or remove:
        _snapshot(course, f"teams {kind}")
    with _gradebook(course) as book:
        if from_csv is not None:
            typer.echo(f"{import_teams(book, from_csv)} teams")
            return
        if not kind:
            for each in kinds(book):
                for team, members in teams(book, each).items():
                    typer.echo(f"{each}  {team}: {', '.join(members)}")
            return
        if name and (students or remove):
            set_team(book, kind, name, [] if remove else students or [])
        for each, members in teams(book, kind).items():
            if name in ("", each):
                typer.echo(f"{each}: {', '.join(members)}")


def extend(
    item: Annotated[str, typer.Argument(help="Name of the assignment.")],
    student: Annotated[str, typer.Argument(help="Id of the student.")],
    days: Annotated[
        float | None, typer.Option(help="Days more; 0 takes an extension or excuse back.")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="Hours more.")] = None,
    excuse: Annotated[bool, typer.Option(help="It shall not count at all.")] = False,
    reason: Annotated[str, typer.Option(help="Kept with it; staff only.")] = "",
    course: CourseOption = Path("."),
) -> None:
    """Extend one student's deadline, or excuse them.

    Examples: tdl extend hw1 ada --days 2 --reason ill; tdl extend hw2 ada --excuse
    """
    from autograder.errors import CourseError
    from autograder.ledger.exceptions import set_exception

    if (days is None and hours is None) != excuse:
        raise CourseError("--days or --hours, or else --excuse, must be given, got none or both")
    seconds = None if excuse else (days or 0.0) * DAY + (hours or 0.0) * DAY / 24
    known = _items(course)
    if item not in known:
        raise CourseError(f"item must be one of {', '.join(sorted(known))}, got {item!r}")
    _snapshot(course, f"extend {item}")
    with _gradebook(course) as book:
        set_exception(book, item, student, seconds, reason)
    typer.echo(f"{item}, {student}: {'excused' if excuse else f'{(seconds or 0) / DAY:g} days'}")


def _items(course: Path) -> set[str]:
    """What has a deadline or a rubric: in the gradebook, in source/, in the plan, in rubrics/."""
    from autograder.grade.course import load_course
    from autograder.ledger.rubrics import read_rubrics
    from autograder.releasing import assignments_of

    loaded = load_course(course)
    known = {*assignments_of(course.resolve()), *loaded.course.plan}
    known |= set(read_rubrics(loaded.root / loaded.grading.rubrics))
    with _gradebook(course) as book:
        return known | {assignment.name for assignment in book.assignments}


def _snapshot(course: Path, why: str) -> None:
    from autograder.grade.course import load_course
    from autograder.grade.snapshots import take_snapshot

    take_snapshot(load_course(course), why)


def _gradebook(course: Path) -> Any:
    from autograder.grade.course import load_course
    from autograder.grade.gradebook import open_gradebook

    loaded = load_course(course)
    return open_gradebook(loaded.db_url, loaded.coursedir.course_id)


def _open(course: Path, item: str) -> tuple[Rubric, Any]:
    from autograder.errors import CourseError
    from autograder.grade.course import load_course
    from autograder.grade.gradebook import open_gradebook
    from autograder.ledger.rubrics import read_rubrics

    loaded = load_course(course)
    folder = loaded.root / loaded.grading.rubrics
    rubrics = read_rubrics(folder)
    if item not in rubrics:
        known = ", ".join(rubrics) or f"one with a file in {folder}"
        raise CourseError(f"item must be {known}, got {item!r}")
    return rubrics[item], open_gradebook(loaded.db_url, loaded.coursedir.course_id)


def _pairs(texts: list[str] | None, what: str) -> dict[str, str]:
    from autograder.errors import CourseError

    pairs = [text.partition("=") for text in texts or ()]
    for name, equals, _ in pairs:
        if not equals:
            raise CourseError(f"{what} must be criterion={what}, got {name!r}")
    return {name.strip(): value for name, _, value in pairs}


def _pairs_of_points(texts: list[str] | None) -> dict[str, float | None]:
    from autograder.ledger.importing import points_of

    pairs = _pairs(texts, "points")
    return {name: points_of(value, name) for name, value in pairs.items()}


def _ask(rubric: Rubric) -> tuple[dict[str, float | None], dict[str, str]]:
    """Points and comments for each criterion from the keyboard; Enter leaves one out."""
    from autograder.errors import CourseError
    from autograder.ledger.importing import points_of

    found: dict[str, float | None] = {}
    comments: dict[str, str] = {}
    typer.echo(f"{rubric.title}: points, a comment behind them if you like; Enter for none yet")
    for criterion in rubric.criteria:
        most = float(criterion.points)
        while True:
            text = typer.prompt(f"{criterion.title} (0-{most:g})", default="", show_default=False)
            if not text.strip():
                break
            number, _, comment = text.strip().partition(" ")
            try:
                value = points_of(number, criterion.id)
            except CourseError as error:
                typer.echo(str(error), err=True)
                continue
            if 0 <= value <= most:
                found[criterion.id] = value
                if comment.strip():
                    comments[criterion.id] = comment.strip()
                break
            typer.echo(f"{criterion.id} must be from 0 to {most:g}, got {value:g}", err=True)
    return found, comments


def _show(book: Any, rubric: Rubric, subject: str, with_history: bool = True) -> None:
    from autograder.ledger.marking import history, rubric_marks_of

    for (_, name), mark in rubric_marks_of(book, rubric).items():
        if subject in ("", name):
            total = "incomplete" if mark.points is None else f"{float(mark.points):g}"
            typer.echo(f"{name}: {total} of {float(rubric.most):g}")
            for criterion, given in mark.criteria.items():
                markers = ", ".join(f"{who} {points:g}" for who, points in given.items())
                typer.echo(f"  {criterion}: {markers}")
            for who, criterion, text in mark.comments:
                typer.echo(f"  {criterion}, {who}: {text}")
    if with_history and subject:
        for entry in history(book, rubric.item, subject):
            points = "taken back" if entry.points is None else f"{entry.points:g}"
            when = entry.created.isoformat(" ", "minutes")
            said = f", {entry.comment}" if entry.comment else ""
            typer.echo(f"  {when} {entry.marker} {entry.criterion}: {points}{said}")
