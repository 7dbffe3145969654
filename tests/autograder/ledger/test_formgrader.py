"""The comment bank in formgrader: nbgrader's own handlers, a real gradebook, no browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application

from autograder.ledger.comments import comments, keep_comment
from autograder.targets.formgrader import install_comment_bank
from tests.autograder.ledger.conftest import Maker

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def book(small: Maker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """hw1 with a proof by ada, and the bank in formgrader."""
    monkeypatch.setattr(apihandlers.CommentHandler, "get_json_body", None, raising=False)
    monkeypatch.setattr(handlers.SubmissionHandler, "write", None, raising=False)
    install_comment_bank()
    with small().open() as book:
        book.add_assignment("hw1")
        book.add_notebook("hw1", "hw1")
        book.add_task_cell("q1", "hw1", "hw1", max_score=10, cell_type="markdown")
        book.add_solution_cell("q1-answer", "hw1", "hw1")
        book.update_or_create_submission("hw1", "ada")
        keep_comment(book, "hw1", "q1", "gap", "Step 2 has a gap.")
        keep_comment(book, "hw1", "*", "late", HOSTILE)
        yield book


def ask(book: Any, kind: Any, id: str, body: object = None) -> Any:
    """A handler in the middle of a request."""
    settings = {"nbgrader_gradebook": book, "log_function": None}
    settings |= {"base_url": "/", "contents_manager": None, "jinja2_env": None}
    connection = SimpleNamespace(set_close_callback=lambda call: None)
    line = RequestStartLine("PUT", "/", "HTTP/1.1")
    content = json.dumps(body).encode()
    headers = HTTPHeaders({"Host": "here"})
    given = {"start_line": line, "headers": headers, "body": content, "connection": connection}
    request = HTTPServerRequest(**given)
    handler = kind(Application(**settings), request)
    handler.path_args = [id]
    return handler


@pytest.mark.parametrize("cell", ["q1", "q1-answer"])
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@gap Else fine.", "Step 2 has a gap. Else fine."),
        ("@nothing of the kind", "@nothing of the kind"),
        ("mail me at a@gap.org", "mail me at a@gap.org"),
        ("", ""),
    ],
)
def test_keys_become_texts_when_a_comment_is_saved(
    book: Any, cell: str, typed: str, stored: str
) -> None:
    """Of the task and of the answer below it; what is no key stays as it was typed."""
    id = book.find_comment(cell, "hw1", "hw1", "ada").id
    sent = ask(book, apihandlers.CommentHandler, id, {"manual_comment": typed})
    assert sent.get_json_body() == {"manual_comment": stored}


def test_a_text_is_put_into_the_bank_there(book: Any) -> None:
    """`@key=text`, as in `tdl marking next`, and under the cell that it is known by there."""
    id = book.find_comment("q1-answer", "hw1", "hw1", "ada").id
    sent = ask(book, apihandlers.CommentHandler, id, {"manual_comment": "@sign=Wrong sign."})
    assert sent.get_json_body() == {"manual_comment": "Wrong sign."}
    assert comments(book, "hw1", "q1")["q1", "sign"] == "Wrong sign."


def test_the_page_lists_the_bank(book: Any) -> None:
    """Keys and texts, as text, at the end of the page; nothing else of it changes."""
    id = book.find_submission_notebook("hw1", "hw1", "ada").id
    handler = ask(book, handlers.SubmissionHandler, id)
    handler.write("<html><body>a page</body></html>")
    page = b"".join(handler._write_buffer).decode()
    assert page.startswith("<html><body>a page<details") and page.endswith("</body></html>")
    assert "<code>@gap</code> Step 2 has a gap. <small>(q1)</small>" in page
    assert HOSTILE not in page and "&lt;script&gt;" in page
