"""What makes nbgrader start faster changes nothing that it does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from autograder.grade.gradebook import open_gradebook

ASK = "from nbgrader.api import get_alembic_version; print(get_alembic_version())"


def test_a_new_gradebook_has_the_revision_that_alembic_names(tmp_path: Path) -> None:
    """As nbgrader finds it by its own way, so that `nbgrader db upgrade` goes on from there."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    with open_gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "small"):
        pass
    with sqlite3.connect(tmp_path / "gradebook.db") as database:
        found = database.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(done.stdout.strip(),)]
