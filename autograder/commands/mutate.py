"""`tdl mutate`: how well hidden tests tell model solutions with one change from right answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autograder.mutation.running import Campaign, Fate


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mutate)


def mutate(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
    question: Annotated[str, typer.Option(help="Only this question or part, e.g. q2.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all there.")] = None,
    sample: Annotated[int, typer.Option(help="So many mutants per part; 0: all.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes at once; 0: one per core.")] = 1,
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Mark every single-point change of the model solution; list those that get full marks.

    A survivor is a gap in the hidden tests, or a right answer: then note it, with the reason, in
    tests/submissions/ASSIGNMENT/equivalent.toml. Exit code 1 while there are survivors.

    Example: tdl mutate hw1 --question q2
    """
    import os

    from autograder.mutation.running import mutate as run

    jobs = jobs or len(os.sched_getaffinity(0))
    campaign = run(course.resolve(), assignment, question=question, sample=sample, jobs=jobs)
    if json_file is not None:
        json_file.write_text(json.dumps(campaign.plain(), indent=1) + "\n", "utf-8")
    survivors = [fate for fate in campaign.fates if fate.survives]
    for fate in survivors:
        _show_survivor(fate)
    _show_table(assignment, campaign)
    raise typer.Exit(1 if survivors else 0)


def _show_survivor(fate: Fate) -> None:
    mutant = fate.mutant
    typer.echo(mutant.diff)
    where = {"was": mutant.was, "becomes": mutant.becomes, "at": mutant.at}
    fields = ", ".join(f"{key} = {json.dumps(value)}" for key, value in where.items())
    typer.echo(f"{mutant.part}: survives; as a note: {{ {fields} }}\n")


def _show_table(assignment: str, campaign: Campaign) -> None:
    from rich.console import Console
    from rich.table import Table

    from autograder.mutation.running import tally

    table = Table(title=f"{assignment}: single-point mutants of the model solution")
    for name in ("question", "mutants", "killed", "equivalent", "survivors", "kill rate"):
        table.add_column(name, justify="left" if name == "question" else "right")
    questions = list(dict.fromkeys(fate.mutant.question for fate in campaign.fates))
    for name in (*questions, "all"):
        t = tally(f for f in campaign.fates if name in ("all", f.mutant.question))
        counts = (t.mutants, t.killed, t.equivalent, t.survivors)
        table.add_row(name, *map(str, counts), f"{t.kill_rate:.1%}")
    console = Console()
    console.print(table)
    total = tally(campaign.fates)
    per_minute = 60 * total.mutants / campaign.seconds
    console.print(
        f"{assignment}: kill rate {total.kill_rate:.1%} over {total.killed + total.survivors} "
        f"mutants; {total.equivalent_share:.1%} of {total.mutants} called equivalent; "
        f"{sum(campaign.made.values()) - total.mutants} not tried; "
        f"{sum(campaign.displays.values())} changes of what is only displayed left out; "
        f"{per_minute:.0f} mutants per minute"
    )
