"""`tdl`: grade, release, check, report and look after a course.

Exit codes: 0 all went well; 1 some submission is not marked, or a check failed; 2 wrong use;
3 the course must be mended (CourseError); 4 the machine must be mended (SandboxError);
5 the submission must be mended (SubmissionError).
"""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from autograder.commands import add_all
from autograder.commands.course import CourseOption
from autograder.errors import CourseError, SandboxError, SubmissionError, TdlError
from autograder.lean_nbgrader import collect_less_garbage, leave_out_unused_parsers

EVERY = 50  # submissions between two lines of progress in a log
EXIT_CODES = {CourseError: 3, SandboxError: 4, SubmissionError: 5}

app = typer.Typer(
    help=__doc__.split("\n\n")[0],
    epilog=" ".join(__doc__.split("\n\n")[1].split()),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Assignment = Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the run there as JSON.")]


@app.command()
def grade(
    assignment: Assignment,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student; repeatable.")
    ] = None,
    json_file: JsonOption = None,
    force: Annotated[bool, typer.Option(help="Also what has not changed since.")] = False,
    since: Annotated[
        datetime.datetime | None, typer.Option(help="Only what was submitted then or later (UTC).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Grade, but write nothing.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="List the marks that change.")] = False,
    never_lower: Annotated[
        bool, typer.Option("--never-lower", help="A changed check may only raise marks.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Submissions at once; 0: cores + 1.")] = 0,
    course: CourseOption = Path("."),
) -> None:
    """Grade the submissions of an assignment that are new or changed.

    Works in any nbgrader course folder, with or without hidden tests of ours.

    Examples: tdl grade hw1 --student bitdiddle --json run.json;
    tdl grade hw1 --dry-run --diff (whose marks would a changed check change, and how?)
    """
    from autograder.grade.course import load_course
    from autograder.report.schema import validate_run
    from autograder.report.table import results_table

    options = {"students": student, "force": force, "since": since, "jobs": jobs}
    options |= {"dry_run": dry_run, "never_lower": never_lower}
    run, teams = _grade_with_progress(load_course(course), assignment, options)
    if json_file is not None:
        _write_json(json_file, run)
    if diff:
        for change in run["changes"]:
            before, now = (_points(change[key]) for key in ("before", "now"))
            typer.echo(f"{change['student']}  {change['cell']}: {before} -> {now}")
        typer.echo(f"{len(run['changes'])} marks change")
    if not dry_run:
        for line in teams.lines():
            typer.echo(line, err=True)
        _print(results_table(validate_run(run)))
        _exit_by(run)


@app.command()
def release(assignment: Assignment, course: CourseOption = Path(".")) -> None:
    """Generate an assignment and its solution, check that they fit the tests, and release it.

    Example: tdl release hw1
    """
    from autograder.releasing import release_assignment

    for line in release_assignment(course.resolve(), assignment):
        typer.echo(line)


@app.command()
def generate(
    assignment: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    check: Annotated[bool, typer.Option(help="Change nothing; fail if a tree is stale.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Generate assignments/ and solutions/ from source/.

    Example: tdl generate --check
    """
    from autograder.releasing import generate_trees, stale_trees

    if check:
        stale = stale_trees(course.resolve(), assignment)
        for line in stale:
            typer.echo(line, err=True)
        raise typer.Exit(1 if stale else 0)
    for line in generate_trees(course.resolve(), assignment):
        typer.echo(line)


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="A notebook, with its tests folder beside it.")],
    question: Annotated[str | None, typer.Option(help="Only this question.")] = None,
) -> None:
    """Run the public tests against a notebook, as a student would.

    Example: tdl check hw1/hw1.ipynb --question q2
    """
    from autograder.selfcheck.checking import check_notebook

    report = check_notebook(notebook, question)
    typer.echo(str(report))
    raise typer.Exit(0 if report.passed else 1)


@app.command()
def verdicts(
    assignment: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    only: Annotated[str, typer.Option(help="Only submissions like this, e.g. 'wrong/q2_*'.")] = "*",
    jobs: Annotated[int, typer.Option(help="Submissions at once; 0: cores + 1.")] = 0,
    course: CourseOption = Path("."),
) -> None:
    """Grade the verdict corpus: kill rate and false-reject rate of every question.

    Example: tdl verdicts hw1 --only 'wrong/q2_*'
    """
    from autograder.releasing import assignments_of
    from autograder.showing import show_verdicts

    root = course.resolve()
    good = [show_verdicts(root, name, only, jobs) for name in assignments_of(root, assignment)]
    raise typer.Exit(0 if all(good) else 1)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the sample course.")] = Path("demo"),
    assignment: Annotated[str, typer.Option(help="The homework.")] = "hw1",
) -> None:
    """Run the whole flow on a sample class: release, submit, collect, grade, feedback, export.

    Example: tdl demo /tmp/demo
    """
    from autograder.demo import run_demo

    run_demo(folder, assignment)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="The student's copy.")] = Path("lab"),
    copy_only: Annotated[bool, typer.Option("--copy-only", help="Don't start JupyterLab.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Open JupyterLab on a student's copy of the released assignments; changed files are kept.

    Further options go to JupyterLab. Example: tdl lab --no-browser --port 9000
    """
    from autograder.grade.course import load_course
    from autograder.lab import copy_released, open_exchange, open_lab

    loaded = load_course(course)
    released, lab = loaded.root / loaded.coursedir.release_directory, loaded.root / folder
    for line in copy_released(released, lab):
        typer.echo(line)
    open_exchange(released, lab, str(loaded.coursedir.course_id))
    if not copy_only:
        raise typer.Exit(open_lab(lab, tuple(context.args)))


def _points(score: float | None) -> str:
    return "none" if score is None else f"{score:.4g}"


def _grade_with_progress(course: Any, assignment: str, options: dict[str, Any]) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from autograder.grade.pipeline import Progress
    from autograder.pairing import grade_class

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    started = time.monotonic()
    with Bar(*columns, TextColumn("{task.fields[last]}"), console=console) as bar:
        task = bar.add_task("grading", total=None, last="starting")

        def begin(todo: int, skipped: int) -> None:
            note = f"{skipped} unchanged" if skipped else ""
            bar.update(task, total=todo, last=note)

        counts = Counter[str]()

        def done(student: str, result: dict[str, Any]) -> None:
            counts[result["outcome"]] += 1
            rate = 60 * counts.total() / (time.monotonic() - started)
            text = f"{rate:.0f}/min, {result['outcome']} {student}".replace("[", "(")
            bar.update(task, advance=1, last=text[:60])
            if not console.is_terminal and counts.total() % EVERY == 0:
                told = ", ".join(f"{count} {name}" for name, count in counts.most_common())
                console.print(f"{counts.total()} graded, {rate:.0f} a minute: {told}")

        progress = Progress(begin, done)
        return grade_class(course, assignment, progress=progress, **options)


def _print(table: Any) -> None:
    from rich.console import Console

    Console().print(table)


def _write_json(path: Path, run: dict[str, Any]) -> None:
    from autograder.report.grades import replace_file

    replace_file(path, json.dumps(run, indent=1) + "\n")


def _exit_by(run: dict[str, Any]) -> None:
    failed = [row for row in run["submissions"] if row["outcome"] == "not_marked"]
    for row in failed:
        typer.echo(f"not marked, our fault: {row['student']}: {row['message']}", err=True)
    raise typer.Exit(1 if failed else 0)


add_all(app)


def main() -> None:
    """The command line; errors meant for people are one line and an exit code."""
    collect_less_garbage()
    leave_out_unused_parsers()
    try:
        app()
    except TdlError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        code = next((c for kind, c in EXIT_CODES.items() if isinstance(error, kind)), 1)
        sys.exit(code)


if __name__ == "__main__":
    main()
