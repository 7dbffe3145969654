"""The comment bank in formgrader's page of a submission, without a page or a script of our own.

A comment that is saved there goes through the server, which answers with what it stored, and the
page shows that. So `@gap` is replaced when it is saved, and `@gap=Step 2 has a gap.` is put into
the bank; the keys stand in a corner of the page. A key that the bank lacks stays as it was typed.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from autograder.errors import CourseError
from autograder.ledger.comments import ANY, comments, expanded, kept

CORNER = (
    "position: fixed; right: 8px; bottom: 56px; z-index: 9; max-width: 26em; max-height: 40vh; "
    "overflow: auto; margin: 0; padding: 6px 10px"
)


def install_comment_bank() -> None:
    """Teach formgrader's server the comment bank."""
    from nbgrader.server_extensions.formgrader import apihandlers, handlers

    apihandlers.CommentHandler.get_json_body = _read_comment
    handlers.SubmissionHandler.write = _write_page


def _read_comment(handler: Any) -> Any:
    """What the browser sent to be stored, with keys of the bank replaced."""
    data = super(type(handler), handler).get_json_body()
    text = (data or {}).get("manual_comment")
    if text and "@" in text:
        comment = handler.gradebook.find_comment_by_id(handler.path_args[0])
        assignment, cell = comment.notebook.assignment.assignment.name, _cell(comment.name)
        data["manual_comment"] = with_texts(handler.gradebook, assignment, cell, text)
    return data


def _cell(name: str) -> str:
    """The cell that `tdl marking` knows an answer's comment by."""
    return name.removesuffix("-answer")


def with_texts(gradebook: Any, assignment: str, cell: str, text: str) -> str:
    """A comment with the texts of the bank; as it is if the bank lacks one of its keys."""
    known = comments(gradebook, assignment, cell)
    try:
        return expanded(*kept(gradebook, assignment, cell, text, known))
    except CourseError:
        return text


def _write_page(handler: Any, page: Any) -> None:
    if isinstance(page, str) and "</body>" in page:
        submission = handler.gradebook.find_submission_notebook_by_id(handler.path_args[0])
        bank = comments(handler.gradebook, submission.assignment.assignment.name)
        page = corner(bank).join(page.rpartition("</body>")[::2]) if bank else page
    super(type(handler), handler).write(page)


def corner(bank: Mapping[tuple[str, str], str]) -> str:
    """The bank's keys and texts, for the end of a page's body."""
    rows = "".join(
        f"<div><code>@{html.escape(key)}</code> {html.escape(text)}"
        f"{'' if cell == ANY else f' <small>({html.escape(cell)})</small>'}</div>"
        for (cell, key), text in bank.items()
    )
    summary = "<summary>comment bank: type a key into a comment</summary>"
    return f'<details open class="well" style="{CORNER}">{summary}{rows}</details></body>'
