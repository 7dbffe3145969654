"""report.html: the class's results as one page that needs nothing else, not even a network."""

import base64
import hashlib
import os

from autograder.report.grades import replace_file
from autograder.report.markup import Markup, tag
from autograder.report.schema import Run, validate_run
from autograder.report.style import style_sheet
from autograder.report.wording import visible


def write_report(run: Run, path: str | os.PathLike[str]) -> None:
    """Write the report of a grading run as one self-contained page, all at once or not at all.

    The same run gives the same bytes. No script runs in the page and nothing is fetched: its
    content policy allows the one inline style sheet only.

    Args:
        run: what `tdl grade --json` wrote.
        path: the file to write; an older one is replaced.

    Raises:
        ValueError: `run` is not a grading run.
        OSError: the file can't be written; an older one is then untouched.
    """
    # Lazy: drawing imports matplotlib, which takes longer than all else here.
    from autograder.report.page import body

    validate_run(run)
    page = tag("html", _head(run), body(run), lang="en")
    replace_file(path, f"<!DOCTYPE html>\n{page}\n")


def _head(run: Run) -> Markup:
    style = style_sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", visible(f"{run['assignment']} · {run['course']}: report")),
        tag("style", Markup(style)),
    )
