"""`tdl marking`: marks by hand in notebooks: who marks what, marks with names, how they agree."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.commands.course import CourseOption, open_course

if TYPE_CHECKING:
    from autograder.grade.course import CourseFolder
    from autograder.ledger.hand_marks import Answer, Key

Assignment = Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")]
Marker = Annotated[str, typer.Option(help="Who marks; your account's name if empty.")]

SKIP, BACK = (-1.0, "skip"), (-1.0, "back")  # in place of points and comment
TURNS = {"s": SKIP, "b": BACK}

group = typer.Typer(no_args_is_help=False)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="marking", help="Marks by hand: split, next, enter, agreement.")


@group.callback(invoke_without_command=True)
def marking(context: typer.Context, course: CourseOption = Path(".")) -> None:
    """Say what is marked by hand and what waits, by whom, and how far markers are apart.

    Exit code 1 while something waits. Example: tdl marking
    """
    if context.invoked_subcommand is None:
        status(course)


@group.command()
def status(course: CourseOption = Path(".")) -> None:
    """Say what is marked by hand and what waits, by whom; exit code 1 while something waits.

    Marks that were given in formgrader only have no name.
    """
    from autograder.ledger.gather import people_of
    from autograder.ledger.progress import progress_of_notebooks, progress_of_rubric
    from autograder.ledger.rubrics import read_rubrics
    from autograder.ledger.scheme import read_scheme
    from autograder.ledger.teams import teams

    with open_course(course) as (loaded, book):
        found = progress_of_notebooks(book)
        scheme = read_scheme(loaded.grading) if loaded.grading.is_set else None
        here = {person.id for person in people_of(book).values() if not person.dropped}
        for rubric in read_rubrics(loaded.root / loaded.grading.rubrics).values():
            if scheme is not None and scheme.component_of(rubric.item) is None:
                continue  # an example that is worth nothing in this course
            groups = teams(book, rubric.team, rubric.item) if rubric.team else {}
            alive = [members for members in groups.values() if here & set(members)]
            subjects = len(alive) if rubric.team else len(here)
            found.append(progress_of_rubric(book, rubric, subjects))
    for one in found:
        line = f"{one.what}: {one.marked} marked, {one.waiting} waiting"
        if one.markers:
            names = ", ".join(f"{who} {count}" for who, count in sorted(one.markers.items()))
            line += f" ({names}; at most {one.spread:g} points apart)"
        typer.echo(line)
    raise typer.Exit(1 if any(one.waiting for one in found) else 0)


@group.command()
def split(
    assignment: Assignment,
    marker: Annotated[list[str], typer.Option(help="A marker's name; repeatable.")],
    double: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of each question marked twice.")
    ] = 0.0,
    by_question: Annotated[
        bool, typer.Option("--by-question", help="One first marker for a whole question.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Forget the earlier split.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Split an assignment's hand marks among markers, and draw answers to be marked twice.

    What is allotted stays; run it again after late submissions. Drawn with the term's secret.
    Example: tdl marking split hw1 --marker ann --marker bea --double 20
    """
    from collections import Counter

    from autograder.grade.snapshots import take_snapshot
    from autograder.ledger.allotting import allot, store_allotments
    from autograder.ledger.hand_marks import answers_by_hand

    with open_course(course) as (loaded, book):
        answers = answers_by_hand(book, loaded, assignment)
        if anew:
            for answer in answers.values():
                answer.markers.clear()
        found = allot(answers, marker, loaded.secret(), double / 100, by_question=by_question)
        take_snapshot(loaded, f"marking split {assignment}")
        store_allotments(book, assignment, found, anew=anew)
        answers = answers_by_hand(book, loaded, assignment)
    pairs = Counter((m, rank) for a in answers.values() for rank, m in a.markers.items())
    for name in dict.fromkeys(name for name, _ in sorted(pairs)):
        typer.echo(f"{name}: {pairs[name, 1]} answers, {pairs[name, 2]} more for a second time")


@group.command("next")
def next_(
    assignment: Assignment,
    marker: Marker = "",
    question: Annotated[str, typer.Option(help="Only this cell, e.g. q3.")] = "",
    course: CourseOption = Path("."),
) -> None:
    """Show what you have to mark, answer by answer, without names, and ask for points.

    Enter alone stops, s skips, b shows the one before again. In a comment, @key stands for a text
    of the comment bank, and @key=text puts one there.
    Example: tdl marking next hw1 --marker ann
    """
    from autograder.grade.snapshots import take_snapshot
    from autograder.ledger.desk import Desk
    from autograder.ledger.hand_marks import give_mark

    marker = marker or getpass.getuser()
    with open_course(course) as (loaded, book):
        desk = Desk(loaded, book, assignment, question, marker)
        saved = False
        while (answer := desk.answer()) is not None:
            _show(loaded, assignment, answer, desk.answers, marker)
            given = _ask(book, assignment, answer)
            if given is None:
                return
            if given == SKIP:
                desk.skip(answer)
                continue
            if given == BACK:
                if not desk.back(answer):
                    typer.echo("there is none before")
                continue
            if not desk.is_as_shown(answer):
                typer.echo("the answer was handed in anew while you read it; here it is again")
                continue
            if not saved:
                take_snapshot(loaded, f"marking {assignment}")
                saved = True
            give_mark(book, assignment, answer, marker, *given)
            desk.done(answer)
        typer.echo("nothing left to mark")


@group.command()
def enter(
    assignment: Assignment,
    question: Annotated[str, typer.Argument(help="Grade id of the cell, e.g. q3.")],
    answer: Annotated[str, typer.Option(help="The number that `next` shows, or a student's id.")],
    points: Annotated[float | None, typer.Option(help="Points; none with --retract.")] = None,
    comment: Annotated[str, typer.Option(help="For the student; @key from the bank.")] = "",
    retract: Annotated[bool, typer.Option(help="Take your mark back.")] = False,
    marker: Marker = "",
    course: CourseOption = Path("."),
) -> None:
    """Enter or change one mark; a second marker's mark is averaged with the first one's.

    It may also overrule the judge for one student, as after a regrade request; --retract gives
    the judge's mark back, and so does a changed answer.
    Example: tdl marking enter hw1 q3 --answer 4b1f2c --points 7 --comment "@sign-error"
    """
    from autograder.errors import CourseError
    from autograder.grade.snapshots import take_snapshot
    from autograder.ledger.comments import comments, expanded
    from autograder.ledger.hand_marks import answers_by_hand, answers_judged, give_mark

    if (points is None) != retract:
        raise CourseError("one of --points and --retract must be given, got none or both")
    with open_course(course) as (loaded, book):
        answers = answers_by_hand(book, loaded, assignment, question)
        answers |= answers_judged(book, loaded, assignment, question)
        chosen = _chosen(loaded, assignment, question, answers, answer)
        text = expanded(comment, comments(book, assignment, question))
        take_snapshot(loaded, f"marking {assignment}")
        give_mark(book, assignment, chosen, marker or getpass.getuser(), points, text)
        for one in chosen.given.values():
            typer.echo(f"{one.marker}: {one.points:g}")
        if chosen.judged is not None:
            typer.echo(f"judge: {chosen.judged:g}")
        counts = chosen.judged if chosen.mean is None else chosen.mean
        mean = "no mark" if counts is None else f"{counts:g}"
        typer.echo(f"{question} counts {mean} of {chosen.most:g}")


@group.command()
def agreement(
    assignment: Assignment,
    least: Annotated[float, typer.Option(help="List answers so many points apart.")] = 1.0,
    course: CourseOption = Path("."),
) -> None:
    """Report how far those agree who marked the same answers, and which answers they don't on.

    Example: tdl marking agreement hw1
    """
    from autograder.ledger.hand_marks import answers_by_hand
    from autograder.ledger.overview import double_marks
    from autograder.report.agreement import agreements, severity

    with open_course(course) as (loaded, book):
        answers = answers_by_hand(book, loaded, assignment).values()
        marks = double_marks(answers)
        if not marks:
            typer.echo("no answer was marked by two people yet")
        for one in agreements(marks):
            sure = "" if one.reliability is None else f", reliability {one.reliability:.2f}"
            typer.echo(
                f"{one.item}: {one.answers} answers, {one.identical:.0%} identical, "
                f"{one.mean_difference:.2g} of {one.max_score:g} points apart{sure}"
            )
        for name, (count, above) in severity(marks).items():
            typer.echo(f"{name}: {count} answers shared, {above:+.1%} of the points")
        for answer in sorted(answers, key=lambda a: (a.cell, a.student)):
            points = [each.points for each in answer.given.values()]
            if len(points) > 1 and max(points) - min(points) >= least:
                told = ", ".join(f"{each.marker} {each.points:g}" for each in answer.given.values())
                name = _number(loaded, assignment, answer.cell, answer.student)
                typer.echo(f"talk about {answer.cell} of {name}: {told}")


@group.command("comments")
def comments_(
    assignment: Assignment,
    question: Annotated[
        str, typer.Argument(help="Grade id of the cell; * for the whole assignment.")
    ] = "",
    add: Annotated[
        list[str] | None, typer.Option(help="key=text; repeatable; an empty text removes it.")
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """List the comment bank, or put comments into it; markers write @key for the text.

    Example: tdl marking comments hw1 q3 --add "sign-error=The sign of the second term is wrong."
    """
    from autograder.errors import CourseError
    from autograder.ledger.comments import comments, keep_comment

    if add and not question:
        raise CourseError("question must be given with --add, or *, got none")
    with open_course(course) as (_, book):
        for pair in add or ():
            key, equals, text = pair.partition("=")
            if not equals:
                raise CourseError(f"add must be key=text, got {pair!r}")
            keep_comment(book, assignment, question, key.strip(), text.strip())
        for (cell, key), text in comments(book, assignment, question).items():
            typer.echo(f"{cell} @{key}: {text}")


def _number(course: CourseFolder, assignment: str, cell: str, student: str) -> str:
    """What a marker knows an answer by."""
    from autograder.ledger.allotting import lot

    return lot(course.secret(), "answer", assignment, cell, student)[:6]


def _chosen(
    course: CourseFolder,
    assignment: str,
    question: str,
    answers: Mapping[Key, Answer],
    wanted: str,
) -> Answer:
    from autograder.errors import CourseError, shown

    known = {_number(course, assignment, question, a.student): a for a in answers.values()}
    known |= {a.student: a for a in answers.values()}
    if wanted not in known:
        raise CourseError(f"answer must be a graded one to {question}, got {shown(wanted)}")
    return known[wanted]


def _show(
    course: CourseFolder,
    assignment: str,
    answer: Answer,
    answers: Mapping[Key, Answer],
    marker: str,
) -> None:
    from autograder.ledger.reading import texts_of
    from autograder.report.wording import visible

    done = sum(marker in each.given for each in answers.values())
    number = _number(course, assignment, answer.cell, answer.student)
    typer.echo(
        f"\n--- {answer.cell}, answer {number}, {answer.most:g} points; {done} marked by you"
    )
    for title, text in texts_of(course, assignment, answer):
        typer.echo(f"--- {title}\n{visible(text, lines=True)}")


def _ask(book: Any, assignment: str, answer: Answer) -> tuple[float, str] | None:
    """Points and comment from the keyboard; SKIP, BACK, or None to stop."""
    from autograder.errors import CourseError
    from autograder.ledger.comments import comments, expanded, kept
    from autograder.ledger.importing import points_of

    known = comments(book, assignment, answer.cell)
    for (_, key), text in known.items():
        typer.echo(f"  @{key}: {text}")
    while True:
        entered = typer.prompt(
            f"points (0-{answer.most:g}), s skip, b back, Enter to stop",
            default="",
            show_default=False,
        )
        if not entered:
            return None
        if entered in TURNS:
            return TURNS[entered]
        try:
            points = points_of(entered, answer.cell)
            if not 0 <= points <= answer.most:
                raise CourseError(f"points must be from 0 to {answer.most:g}, got {points:g}")
            said = typer.prompt("comment, @key for one above", default="", show_default=False)
            return points, expanded(*kept(book, assignment, answer.cell, said, known))
        except CourseError as error:
            typer.echo(str(error), err=True)
