"""nbgrader's command line, faster: `python -m autograder.lean_nbgrader ...`.

nbformat asks jsonschema for all its format checkers, and one of them builds 39 parsers at import: a
second of CPU at each start, for a format that nbformat's schema does not use (jsonschema's issue
1428). Where its package can't be imported, jsonschema leaves that format out.

For each new gradebook nbgrader starts alembic's command line, only to learn which revision of its
tables is the newest: more CPU time than generating an assignment. The revision files say it, too.
"""

from __future__ import annotations

import gc
import sys


def collect_less_garbage() -> None:
    """A fifth of the CPU time of a start is the collector's, which finds next to nothing then."""
    gc.set_threshold(20_000, 20, 20)


def leave_out_unused_parsers() -> None:
    """Call before anything imports nbformat."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def read_newest_revision_here() -> None:
    """Let nbgrader's gradebook read alembic's revision files in this process."""
    from nbgrader import api

    api.get_alembic_version = newest_revision


def newest_revision() -> str:
    """The newest revision of nbgrader's tables."""
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return str(ScriptDirectory(ALEMBIC_DIR).get_heads()[0])


if __name__ == "__main__":
    collect_less_garbage()
    leave_out_unused_parsers()
    from nbgrader.apps.nbgraderapp import main

    main()
