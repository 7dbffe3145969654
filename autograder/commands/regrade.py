"""`tdl regrade`: asking for a mark to be looked at again, and the queue of such requests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.course import CourseOption, open_course

Exchange = Annotated[
    Path | None, typer.Option(help="The exchange; nbgrader's as it is configured if absent.")
]
CourseId = Annotated[str, typer.Option(help="The course's name in the exchange.")]
Folder = Annotated[Path | None, typer.Option(help="Your folder; named like the assignment.")]

group = typer.Typer(no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    help = "Ask for a mark to be looked at again (ask, replies); staff: queue, close."
    app.add_typer(group, name="regrade", help=help)


@group.command()
def ask(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
    question: Annotated[str, typer.Argument(help="The question, e.g. q2.")],
    reason: Annotated[str, typer.Option(prompt=True, help="What should be looked at, and why.")],
    folder: Folder = None,
    exchange: Exchange = None,
    course_id: CourseId = "",
) -> None:
    """Ask for a mark to be looked at again; your submission stays as it is.

    Example: tdl regrade ask hw1 q2 --reason "Step 3 follows from the lemma in step 1."
    """
    from autograder.selfcheck import commands

    chosen = (assignment, question, reason, folder, exchange, course_id)
    raise typer.Exit(commands.ask_regrade(*chosen))


@group.command()
def replies(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
    folder: Folder = None,
    exchange: Exchange = None,
    course_id: CourseId = "",
) -> None:
    """Show what you asked and what was answered. Example: tdl regrade replies hw1"""
    from autograder.selfcheck import commands

    raise typer.Exit(commands.regrade_replies(assignment, folder, exchange, course_id))


@group.command()
def queue(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Staff: take requests out of the exchange and list those that are open.

    Exit code 1 while one is open. Example: tdl regrade queue
    """
    from autograder.grade.snapshots import take_snapshot
    from autograder.ledger import regrades
    from autograder.report.wording import visible

    with open_course(course) as (loaded, book):
        if any(regrades.open_box(loaded).iterdir()):
            take_snapshot(loaded, "regrade queue")
        for problem in regrades.collect_requests(loaded, book):
            typer.echo(f"left in the box: {visible(problem)}", err=True)
        found = regrades.queue(book, closed=everything)
        for one in found:
            when = one.created.isoformat(" ", "minutes")
            state = "open" if one.closed is None else "closed"
            scores = ", ".join(
                f"{cell} {points:g} of {most:g}"
                for cell, points, most in regrades.scores(book, one)
            )
            head = f"{one.id}  {state}  {when}  {one.student}  {one.assignment} {one.question}"
            typer.echo(f"{head}  ({scores or 'no such question'})")
            typer.echo(f"    {visible(one.reason)}")
            if one.reply:
                typer.echo(f"    answered: {visible(one.reply)}")
    waiting = sum(one.closed is None for one in found)
    typer.echo(f"{waiting} open")
    raise typer.Exit(1 if waiting else 0)


@group.command()
def close(
    id: Annotated[int, typer.Argument(help="Number of the request.")],
    reply: Annotated[str, typer.Option(prompt=True, help="What the student reads.")],
    course: CourseOption = Path("."),
) -> None:
    """Staff: answer a request; a mark that changes is entered first, by `tdl marking enter`.

    Example: tdl regrade close 3 --reply "You are right: 2 points more."
    """
    from autograder.grade.snapshots import take_snapshot
    from autograder.ledger.regrades import close_request

    with open_course(course) as (loaded, book):
        take_snapshot(loaded, "regrade close")
        closed = close_request(loaded, book, id, reply)
    typer.echo(f"closed: {closed.student}, {closed.assignment} {closed.question}")
