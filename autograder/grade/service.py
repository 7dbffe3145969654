"""The judge and the zygote of one assignment, warm, and the jobs they are given.

Both are exec'd processes; this one forks nothing, so it may live inside a server. Results come back
as files in a folder of its own.
"""

from __future__ import annotations

import array
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, SandboxError
from autograder.grade.course import CourseFolder
from autograder.grade.release import ReleasedNotebook
from autograder.judge.session import KILLED, LATE, VANISHED
from autograder.judge.spawning import ONE_THREAD, Zygote
from autograder.sandbox import levels, user
from autograder.sandbox.limits import Limits
from autograder.wire import NO_COPY


@dataclass(frozen=True)
class Submission:
    """A submitted folder; `team` is whom hidden inputs are drawn for, if not its student alone."""

    student: str
    folder: Path
    team: str = ""


Report = Callable[[Submission, dict[str, Any]], None]


class Service:
    """A warm judge and zygote for one assignment.

    Args:
        course: the course.
        assignment: its name.
        notebooks: its released notebooks.

    Raises:
        SandboxError: no allowed level of confinement works, a process can't start, or at level
            `user` something private is open to others.
        CourseError: the tests can't be collected, or don't fit the notebooks.
    """

    def __init__(
        self, course: CourseFolder, assignment: str, notebooks: list[ReleasedNotebook]
    ) -> None:
        settings = course.sandbox
        self.level = levels.choose(settings.level, settings.minimum)
        if self.level == "user":
            user.closed(private_paths(course, assignment))
        self.limits = settings.limits(assignment)
        self._extra, self._submitter = course.release_folder(assignment), course.submitter
        self._work = Path(tempfile.mkdtemp(prefix="tdl-work-"))
        self._zygote = Zygote(
            self.level, course.course.embargo.get(assignment, []), settings.preload
        )
        if not settings.shell:
            self._zygote.plan["environment"]["TDL_SHELL"] = "refused"
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
        self._judge = subprocess.Popen(
            [sys.executable, "-m", "autograder.grade.server", str(theirs.fileno())],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self.close = weakref.finalize(
            self, _end, self._judge, self._zygote, self._orders, self._work
        )
        self._configure(course, assignment, notebooks)

    def _configure(
        self, course: CourseFolder, assignment: str, notebooks: list[ReleasedNotebook]
    ) -> None:
        public, hidden = course.test_roots(assignment)
        settings = {
            "test_roots": [str(p) for p in (*public, *hidden)],
            "public_roots": [str(p) for p in public],
            "notebooks": [notebook.plain() for notebook in notebooks],
            "plan": self._zygote.plan,
            "secret": course.secret().hex(),
            "scope": course.scope(assignment),
            "work": str(self._work),
        }
        path = self._work / "settings.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(settings), "utf-8")
        rights = array.array("i", [self._zygote.orders.fileno()])
        packet = json.dumps({"settings": str(path)}).encode()
        self._orders.sendmsg([packet], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        self._zygote.wait_ready()
        self._orders.settimeout(180)
        try:
            answer = json.loads(self._orders.recv(65536) or b"{}")
        except OSError:  # a time-out, or it died
            answer = {}
        path.unlink()
        self._orders.settimeout(None)
        if "failed" in answer:
            raise CourseError(answer["failed"])
        if "ready" not in answer:
            raise SandboxError("judge must start, got none; its messages are above")
        self.judged: list[str] = answer["judged"]

    def grade(
        self, submissions: list[Submission], jobs: int, report: Report | None = None
    ) -> Iterator[tuple[Submission, dict[str, Any]]]:
        """Submissions and their results, as they are done; several at once.

        What the machine may have spoilt is tried once more, alone.

        Args:
            submissions: to grade.
            jobs: how many at once.
            report: is told a submission's result so far, each time a question of it is marked.
        """
        waiting = list(reversed(submissions))
        again: list[Submission] = []
        running: dict[str, tuple[Submission, int]] = {}
        free = [*range(jobs)] * 2  # one at work and one in line, so that nobody waits for us
        while waiting or running:
            while waiting and free:
                submission, slot = waiting.pop(), free.pop()
                name = f"job{slot}-{time.monotonic_ns()}"
                self._send(name, submission, slot, self.limits, partial=report is not None)
                running[name] = submission, slot
            for name, status in self._done(running, report):
                submission, slot = running.pop(name)
                free.append(slot)
                result = self._result(name, status)
                if deserves_another_try(result):
                    again.append(submission)
                else:
                    yield submission, result
        for submission in again:
            yield submission, self._alone(submission)

    def _alone(self, submission: Submission) -> dict[str, Any]:
        limits = replace(self.limits, wall_slack=4 * self.limits.wall_slack)
        name = f"alone-{time.monotonic_ns()}"
        self._send(name, submission, 0, limits, partial=False)
        while True:
            for done, status in self._done({name: (submission, 0)}, None):
                return self._result(done, status)

    def _send(
        self, name: str, submission: Submission, slot: int, limits: Limits, *, partial: bool
    ) -> None:
        stage = self._work / name
        stage.mkdir(mode=0o755)
        order = {
            "id": name,
            "submitter": self._submitter(submission.team or submission.student),
            "folder": str(submission.folder),
            "extra": str(self._extra) if self._extra.is_dir() else None,
            "stage": str(stage),
            "slot": slot,
            "limits": limits.plain(),
            "result": str(self._work / f"{name}.json"),
            "partial": partial,
        }
        try:
            self._orders.sendall(json.dumps(order).encode())
        except OSError:
            raise SandboxError("judge must take jobs, got a dead one") from None

    def _done(
        self, running: dict[str, tuple[Submission, int]], report: Report | None
    ) -> list[tuple[str, int]]:
        """Jobs that ended, waiting for one; with their exit status. Reports partial results."""
        poll = select.poll()
        poll.register(self._orders, select.POLLIN)
        if not self._zygote.alive:
            raise SandboxError("zygote must live while we grade, got a dead one; run again")
        if not poll.poll(1000):
            return []
        packet = self._orders.recv(65536)
        if not packet:
            raise SandboxError("judge must live while it grades, got a dead one")
        answer = json.loads(packet)
        if "partial" in answer:
            path = self._work / f"{answer['partial']}.partial"
            if report is not None and answer["partial"] in running and path.exists():
                report(
                    running[answer["partial"]][0], _complete(json.loads(path.read_text("utf-8")))
                )
            return []
        return [(answer["done"], answer["status"])] if answer["done"] in running else []

    def _result(self, name: str, status: int) -> dict[str, Any]:
        path = self._work / f"{name}.json"
        shutil.rmtree(self._work / name, ignore_errors=True)
        try:
            result: dict[str, Any] = json.loads(path.read_text("utf-8"))
            path.unlink()
        except (OSError, ValueError):
            result = {"outcome": "not_marked", "message": f"judge ended with status {status}"}
        (self._work / f"{name}.partial").unlink(missing_ok=True)
        return _complete(result)


def _complete(result: dict[str, Any]) -> dict[str, Any]:
    """A result with everything that readers look up."""
    empty = {"notebooks": {}, "flags": [], "seconds": 0.0, "cpu_seconds": 0.0, "max_rss_mb": 0.0}
    return {**empty, **result}


def private_paths(course: CourseFolder, assignment: str) -> list[str]:
    """What no student's process may read, and at level `user` could if its mode said so."""
    _, hidden = course.test_roots(assignment)
    submitted = Path(course.root, course.coursedir.submitted_directory)
    paths = [*hidden, course.state, submitted, course.folder("source", ".", assignment)]
    paths += [course.private] if course.private is not None else []
    if course.db_url.startswith("sqlite:///"):
        paths.append(Path(course.db_url.removeprefix("sqlite:///")))
    return [str(path) for path in paths]


def deserves_another_try(result: dict[str, Any]) -> bool:
    """Whether the machine may be at fault: out of time or processes, or something was killed.

    A process of the hidden tests can't tell a kill from a crash, so a crash is tried again, too.
    """
    tests = (
        test
        for notebook in result["notebooks"].values()
        for part in notebook["parts"].values()
        for test in part["tests"]
    )
    messages = [result.get("message", ""), *(test["message"] for test in tests)]
    signs = KILLED, VANISHED, LATE, NO_COPY
    return any(sign in message for message in messages for sign in signs)


def _end(judge: subprocess.Popen[bytes], zygote: Zygote, orders: socket.socket, work: Path) -> None:
    orders.close()
    try:
        judge.wait(5)
    except subprocess.TimeoutExpired:
        judge.kill()
        judge.wait()
    zygote.close()
    shutil.rmtree(work, ignore_errors=True)
