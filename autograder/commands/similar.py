"""`tdl similar`: code answers that are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(similar)


def similar(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path(
        "similar.html"
    ),
    least: Annotated[
        float, typer.Option(min=0, max=1, help="List pairs that share so much of the smaller one.")
    ] = 0.4,
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """List code answers that are alike, side by side: evidence to look at, not a verdict.

    What was released is ignored; answers are also compared with the model solution.
    Example: tdl similar hw1 -o similar.html
    """
    from autograder.grade.choosing import find_submissions
    from autograder.grade.course import load_course
    from autograder.similar.answers import similar_answers
    from autograder.similar.page import write_page

    loaded = load_course(course)
    found = similar_answers(loaded, assignment, least)
    write_page(assignment, found, len(find_submissions(loaded, assignment)), output)
    for pair, _, _ in found[:10]:
        typer.echo(f"{pair.share:4.0%} {pair.question}: {pair.left}, {pair.right}")
    typer.echo(f"{len(found)} pairs in {output}: evidence to look at, not a verdict")
