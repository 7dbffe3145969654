"""`tdl new`: a homework to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(new)


def new(
    name: Annotated[str, typer.Argument(help="Name of the homework, e.g. hw5.")],
    title: Annotated[str, typer.Option(help="Heading of the notebook.")] = "",
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Make a homework with a code question and a proof that can be released as it is.

    It is generated at once, so that `tdl doctor` has nothing to say.

    Example: tdl new hw5 --title "Homework 5: kernels"
    """
    from autograder.grade.course import load_course
    from autograder.releasing import generate_trees
    from autograder.scaffold import keep_private, new_homework

    loaded = load_course(course)
    if keep_private(loaded):
        loaded = load_course(course)
    for path in new_homework(loaded, name, title):
        typer.echo(path.relative_to(loaded.root) if path.is_relative_to(loaded.root) else path)
    for line in generate_trees(loaded.root, name):
        typer.echo(line)
    next_ = ("doctor {0} --run", "verdicts {0}", "release {0}")
    typer.echo("next: " + "; ".join(f"tdl {each.format(name)}" for each in next_))
