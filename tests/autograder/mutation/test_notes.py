"""The notes on the homeworks' equivalent mutants fit the model solutions as they are."""

from __future__ import annotations

import ast

import pytest

from autograder.corpus import SUBMISSIONS
from autograder.mutation.equivalence import NAME, noted, read_notes
from autograder.mutation.mutants import mutants_of
from autograder.mutation.stages import code_cells, targets_of
from tests.courses import ROOT

HOMEWORKS = sorted(path.parent.name for path in (ROOT / SUBMISSIONS).glob(f"*/{NAME}"))


def all_names(source: str) -> set[str]:
    """Every name of a cell: then nothing counts as being displayed only."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return named | {n.id for n in nodes if isinstance(n, ast.Name)}


@pytest.mark.parametrize("homework", HOMEWORKS)
def test_no_note_is_stale(homework: str) -> None:
    """Each note fits exactly one change that `tdl mutate` makes."""
    notes = read_notes(ROOT, homework)
    cells = code_cells(ROOT / "source" / homework / f"{homework}.ipynb")
    targets = targets_of(cells, {note.part for note in notes})
    mutants = [m for t in targets for m in mutants_of(t.part, t.source, all_names(t.source))[0]]
    assert len(noted(notes, mutants)) == len(notes)
