"""What the command line prints of the verdict corpus."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.corpus import read_corpus
from autograder.verdicts import Quality, grade_corpus, quality


def show_verdicts(root: Path, assignment: str, only: str, jobs: int) -> bool:
    """Grade and print; whether every expectation holds."""
    chosen = [e for e in read_corpus(root, assignment) if fnmatchcase(e.name, only)]
    console = Console()
    if not chosen:
        console.print(f"{assignment}: no corpus submission is like {only}")
        return True
    comparisons = grade_corpus(root, assignment, chosen=chosen, jobs=jobs)
    for comparison in comparisons:
        for difference in comparison.differences:
            console.print(f"{comparison.expected.name}: {difference}", markup=False)
    console.print(_table(assignment, quality(comparisons)))
    good = sum(not comparison.differences for comparison in comparisons)
    console.print(f"{assignment}: {good} of {len(comparisons)} submissions as expected")
    return good == len(comparisons)


def _table(assignment: str, rows: dict[str, Quality]) -> Table:
    table = Table(title=f"{assignment}: quality of the tests")
    for name in ("part", "wrong answers", "kill rate", "right answers", "false rejects"):
        table.add_column(name, justify="left" if name == "part" else "right")
    for name, q in sorted(rows.items()):
        rates = f"{q.kill_rate:.1%}", str(q.right), f"{q.false_reject_rate:.1%}"
        table.add_row(name, str(q.wrong), *rates)
    return table
