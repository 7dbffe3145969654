"""Regrade requests: through the exchange, into the queue, answered; no mark and no file changes."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.errors import SubmissionError
from autograder.ledger.forgetting import forget_student
from autograder.ledger.regrades import close_request, collect_requests, open_box, queue
from autograder.selfcheck.commands import ask_regrade, main
from autograder.selfcheck.regrade import (
    MAX_REASON,
    ask,
    new_request,
    read_request,
    replies,
    reply_path,
)
from tests.autograder.ledger.conftest import Maker, SmallCourse
from tests.autograder.ledger.test_entering import run

REASON = "Step 3 follows from the lemma in step 1."


@pytest.fixture
def exchange(open_folder: Path) -> Path:
    """An exchange that other users can reach."""
    (open_folder / "small").mkdir()
    return open_folder


def with_exchange(make: Maker, exchange: Path, check_owner: bool = False) -> SmallCourse:
    """A course with a graded submission of ada's."""
    course = make()
    config = course.root / "nbgrader_config.py"
    lines = [
        f"c.Exchange.root = {str(exchange)!r}",
        f"c.ExchangeCollect.check_owner = {check_owner}",
    ]
    config.write_text("\n".join([config.read_text(), *lines, ""]))
    course = SmallCourse.__new__(SmallCourse)
    from autograder.grade.course import load_course

    course.root, course.folder = config.parent, load_course(config.parent)
    course.assignment("hw1")
    course.submit("hw1", "ada", 6)
    return course


def as_user(name: str, action: Callable[[], object]) -> str:
    """Do something in a process of another user's; what went wrong, or ""."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            user = pwd.getpwnam(name)
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            action()
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        text = said.read()
    os.waitpid(child, 0)
    return text


class TestRoundTrip:
    """From a student's folder to the staff and back."""

    def test_asked_queued_answered_read(
        self, on_both: Maker, exchange: Path, tmp_path: Path
    ) -> None:
        course = with_exchange(on_both, exchange)
        open_box(course.folder)
        work = tmp_path / "hw1"
        work.mkdir()
        where = ["--folder", str(work), "--exchange", str(exchange), "--course-id", "small"]
        request = new_request("hw1", "q1", REASON, "ada")
        ask(exchange / "small", request, work)
        done = run(course, "regrade", "queue")
        assert re.search(r"1  open  \S+ \S+  ada  hw1 q1  \(q1 6 of 10\)", done.output)
        assert REASON in done.output and done.exit_code == 1
        assert list((exchange / "small" / "regrades").iterdir()) == []
        done = run(course, "regrade", "close", "1", "--reply", "You are right.")
        assert done.output == "closed: ada, hw1 q1\n"
        assert run(course, "regrade", "queue").output == "0 open\n"
        assert "answered: You are right." in run(course, "regrade", "queue", "--all").output
        with pytest.raises(SystemExit) as end:
            main(["regrade", "replies", "hw1", *where])
        assert end.value.code == 0
        assert replies(exchange / "small", work) == [(vars(request), "You are right.")]
        with course.open() as book:
            assert book.find_submission("hw1", "ada").score == 6

    def test_the_kits_command_asks_under_the_users_name(
        self, small: Maker, exchange: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        open_box(with_exchange(small, exchange).folder)
        work = tmp_path / "hw1"
        work.mkdir()
        where = ["--folder", str(work), "--exchange", str(exchange), "--course-id", "small"]
        with pytest.raises(SystemExit) as end:
            main(["regrade", "ask", "hw1", "q1", "--reason", REASON, *where])
        assert end.value.code == 0 and "stays as it is" in capsys.readouterr().out
        (path,) = (exchange / "small" / "regrades").iterdir()
        assert read_request(path).student == os.environ.get("JUPYTERHUB_USER", getpass.getuser())
        with pytest.raises(SystemExit):
            main(["regrade", "replies", "hw1", *where])
        assert "(no answer yet)" in capsys.readouterr().out

    def test_a_question_that_the_notebook_has_not_is_refused(
        self, exchange: Path, tmp_path: Path
    ) -> None:
        marks = {"grade_id": "q2-proof", "grade": True, "points": 3, "schema_version": 3}
        cell = {"cell_type": "markdown", "metadata": {"nbgrader": marks}, "source": "Proof."}
        (tmp_path / "hw1.ipynb").write_text(json.dumps({"cells": [cell]}))
        (exchange / "small" / "regrades").mkdir()
        for question in ("q2", "q2-proof"):
            assert ask_regrade("hw1", question, REASON, tmp_path, exchange, "small") == 0
        with pytest.raises(SubmissionError, match="question must be one of q2, got 'q99'"):
            ask_regrade("hw1", "q99", REASON, tmp_path, exchange, "small")
        assert len(list((exchange / "small" / "regrades").iterdir())) == 2

    def test_a_request_is_taken_once(self, small: Maker, exchange: Path) -> None:
        """Killed between database and box, the next collection finds it taken already."""
        course = with_exchange(small, exchange)
        open_box(course.folder)
        path = ask(exchange / "small", new_request("hw1", "q1", REASON, "ada"))
        text = path.read_text()
        with course.open() as book:
            collect_requests(course.folder, book)
            path.write_text(text)
            assert collect_requests(course.folder, book) == []
            assert len(queue(book)) == 1

    def test_a_student_who_is_forgotten_leaves_no_request(
        self, small: Maker, exchange: Path
    ) -> None:
        course = with_exchange(small, exchange)
        open_box(course.folder)
        ask(exchange / "small", new_request("hw1", "q1", REASON, "ada"))
        with course.open() as book:
            collect_requests(course.folder, book)
        forget_student(course.folder, "ada")
        with course.open() as book:
            assert queue(book, closed=True) == []


class TestDistrust:
    """What a student may not do."""

    @pytest.mark.parametrize(
        "change",
        [
            {"student": "../ada"},
            {"reason": ""},
            {"reason": "x" * (MAX_REASON + 1)},
            {"token": "1234"},
            {"question": 7},
        ],
        ids=str,
    )
    def test_forged_files_stay_in_the_box_and_are_named(
        self, small: Maker, exchange: Path, change: dict[str, object]
    ) -> None:
        course = with_exchange(small, exchange)
        box = open_box(course.folder)
        data = vars(new_request("hw1", "q1", REASON, "ada")) | change
        (box / "forged.json").write_text(json.dumps(data))
        (box / "link.json").symlink_to("/etc/passwd")
        with course.open() as book:
            problems = collect_requests(course.folder, book)
            assert len(problems) == 2 and problems[0].startswith("forged.json: ")
            assert queue(book) == []

    def test_who_handed_in_nothing_has_nothing_to_ask(self, small: Maker, exchange: Path) -> None:
        course = with_exchange(small, exchange)
        open_box(course.folder)
        ask(exchange / "small", new_request("hw1", "q1", REASON, "bob"))
        with course.open() as book:
            (problem,) = collect_requests(course.folder, book)
        assert "bob must have a graded submission of hw1" in problem

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be several users")
    def test_other_users_write_and_read_their_own_only(self, small: Maker, exchange: Path) -> None:
        """nobody asks as nobody; neither lists the box, nor asks in ada's name, nor removes."""
        course = with_exchange(small, exchange, check_owner=True)
        box, folder = open_box(course.folder), exchange / "small"
        ours = ask(folder, new_request("hw1", "q1", REASON, "ada"))
        assert as_user("nobody", lambda: ask(folder, new_request("hw1", "q1", REASON, "ada"))) == ""
        assert "PermissionError" in as_user("nobody", lambda: list(box.iterdir()))
        assert "PermissionError" in as_user("nobody", ours.unlink)
        with course.open() as book:
            book.add_student("nobody")
        course.submit("hw1", "nobody", 3)
        request = new_request("hw1", "q1", REASON, "nobody")
        assert as_user("nobody", lambda: ask(folder, request)) == ""
        with course.open() as book:
            problems = collect_requests(course.folder, book)
            assert [each.student for each in queue(book)] == ["nobody"]
            assert len(problems) == 2 and all("must be their file" in each for each in problems)
            close_request(course.folder, book, 1, "No.")
        answer = reply_path(folder, request.token)
        assert as_user("nobody", lambda: answer.read_text()) == ""
        assert "PermissionError" in as_user("nobody", lambda: list(answer.parent.iterdir()))

    @pytest.mark.parametrize(
        ("reason", "question"), [("", "q1"), ("x" * (MAX_REASON + 1), "q1"), ("Why?", "../q1")]
    )
    def test_what_can_not_be_asked(self, reason: str, question: str) -> None:
        with pytest.raises(SubmissionError, match="must"):
            new_request("hw1", question, reason)

    def test_without_a_box_the_error_says_where_it_should_be(self, exchange: Path) -> None:
        with pytest.raises(SubmissionError, match="requests must go into"):
            ask(exchange / "small", new_request("hw1", "q1", REASON))
