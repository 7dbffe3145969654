"""nbgrader's command line, started faster: `python -m autograder.lean_nbgrader ...`.

nbformat asks jsonschema for all its format checkers, and one of them builds 39 parsers at import: a
second of CPU at each start, for a format that nbformat's schema does not use (jsonschema's issue
1428). Where its package can't be imported, jsonschema leaves that format out.
"""

from __future__ import annotations

import sys


def leave_out_unused_parsers() -> None:
    """Call before anything imports nbformat."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


if __name__ == "__main__":
    leave_out_unused_parsers()
    from nbgrader.apps.nbgraderapp import main

    main()
