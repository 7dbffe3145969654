"""The judge's process: collects the tests once, then forks to mark submissions.

Started by `service.Service` as `python -m autograder.grade.server FD`. The first packet on the
socket is its configuration (with the zygote's socket as descriptor); then come jobs, and it answers
each with how its fork ended. Of the jobs with one slot the next waits for the one before. Results
are written to files by the forks, whole or not at all; a job may ask for the result so far as well,
each time a question is marked. What a fork had to import is imported here for those after it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import re
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.grade.forks import Forks
from autograder.grade.release import ReleasedNotebook
from autograder.grade.submission import Grader, Job
from autograder.grade.warming import warm_up
from autograder.judge.leftovers import Leftovers
from autograder.judge.marking import Examiner, WireBench
from autograder.judge.session import Launcher
from autograder.sandbox.hugepages import use_huge_pages
from autograder.sandbox.limits import Limits

_NEEDS_TORCH = re.compile(rb"\b(torch|tdlcourse|reference)\b")
GC_THRESHOLDS = 20_000, 10, 10  # a fork lives for one submission


def main(descriptor: int) -> int:
    """Serve until the socket is closed; the exit status of the process."""
    orders = socket.socket(fileno=descriptor)
    packet, descriptors, _, _ = socket.recv_fds(orders, 2**22, 1)
    settings = json.loads(Path(json.loads(packet)["settings"]).read_text("utf-8"))
    zygote = socket.socket(fileno=descriptors[0])
    os.umask(0o077)
    try:
        if settings["test_roots"]:
            _serve_with_tests(orders, settings, zygote)
        else:
            _Server(orders, settings, zygote, None).run()
    except CourseError as error:
        orders.sendall(json.dumps({"failed": str(error)[:60_000]}).encode())
        return 1
    return 0


def _serve_with_tests(
    orders: socket.socket, settings: dict[str, Any], zygote: socket.socket
) -> None:
    from autograder import fixtures
    from autograder.cases import Recorder

    bench = WireBench()
    recorder = Recorder([Path(p) for p in settings["public_roots"]], bench)
    loop = _Loop(orders, settings, zygote, recorder, bench)
    plugins = [fixtures, recorder, loop]
    code = run_pytest(settings["test_roots"], settings["work"], plugins)
    if not loop.served:
        reasons = recorder.collection_errors or loop.problems or [f"pytest ended with {code}"]
        raise CourseError(f"tests must be collectable, got {'; '.join(reasons)}")


def run_pytest(test_roots: list[str], work: str, plugins: list[object]) -> int:
    """Pytest's exit code, after collecting these folders with these plugins and hardly any other.

    Args:
        test_roots: folders of tests.
        work: an empty folder to stand in.
        plugins: what to add.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(work)
    config = Path(__file__).parent.parent / "selfcheck" / "pytest.ini"
    off = "cacheprovider terminal debugging capture faulthandler junitxml pastebin logging "
    off += "warnings stepwise setuponly setupplan doctest unittest"
    arguments = ["-c", str(config), "--rootdir", work, "--noconftest"]
    arguments += [part for name in off.split() for part in ("-p", f"no:{name}")]
    return int(pytest.main([*arguments, *test_roots], plugins=plugins))


class _Loop:
    """Pytest plugin: instead of running the tests, serve jobs with them."""

    def __init__(
        self,
        orders: socket.socket,
        settings: dict[str, Any],
        zygote: socket.socket,
        recorder: Any,
        bench: WireBench,
    ) -> None:
        self._orders, self._settings, self._zygote = orders, settings, zygote
        self._recorder, self._bench = recorder, bench
        self.served = False
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "no"  # a traceback in a report is read by nobody and dear to make

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self._recorder.collection_errors or session.testsfailed:
            return True
        examiner = Examiner(session.items, self._recorder, self._bench)
        self.problems = problems_between(examiner.questions, self._settings["notebooks"])
        if self.problems:
            return True
        self.served = True
        _Server(self._orders, self._settings, self._zygote, examiner).run()
        return True

    def pytest_internalerror(self, excrepr: object) -> None:
        self.problems.append(str(excrepr)[-2000:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_exception_interact(self, call: Any) -> None:
        if call.excinfo is not None and call.when == "collect":
            self.problems.append(str(call.excinfo.value))


def problems_between(questions: set[str], notebooks: list[dict[str, Any]]) -> list[str]:
    """Tests without a cell of that id that is graded, locked code."""
    cells = {
        cell["grade_id"]
        for notebook in notebooks
        for cell in notebook["cells"]
        if cell["grade"] and not cell["solution"] and cell["cell_type"] == "code"
    }
    return [f"tests of {name!r} have no graded cell" for name in sorted(questions - cells)]


class _Server:
    def __init__(
        self,
        orders: socket.socket,
        settings: dict[str, Any],
        zygote: socket.socket,
        examiner: Examiner | None,
    ) -> None:
        self._orders = orders
        notebooks = [ReleasedNotebook.from_plain(data) for data in settings["notebooks"]]
        launcher = Launcher(zygote, settings["plan"])
        self._launcher, self._examiner = launcher, examiner
        secret = bytes.fromhex(settings["secret"])
        self._grader = Grader(notebooks, launcher, examiner, secret, settings["scope"])
        self._questions = sorted(examiner.questions) if examiner else []
        self._test_roots = [Path(root) for root in settings["test_roots"]]
        self._items = examiner.items if examiner else []

    def run(self) -> None:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        _import_for_tests(self._test_roots)
        warm_up(self._launcher, self._examiner)
        self._leftovers = Leftovers(self._items, self._test_roots)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        use_huge_pages()
        self._orders.sendall(json.dumps({"ready": os.getpid(), "judged": self._questions}).encode())
        poll = select.poll()
        poll.register(self._orders, select.POLLIN)
        poll.register(reader, select.POLLIN)
        forks = Forks(self._grade, poll)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == reader:
                    os.read(reader, 4096)
                    for order, status in forks.reap():
                        self._done(order, status)
                elif descriptor == self._orders.fileno():
                    packet = self._orders.recv(65536)
                    if not packet:
                        forks.kill()
                        return
                    forks.take(json.loads(packet))
                    continue
                elif (marked := forks.hear(descriptor)) is not None:
                    self._done(marked, 0)
                forks.start()

    def _done(self, order: dict[str, Any], status: int) -> None:
        if import_as_in(Path(order["stage"]).with_suffix(".imports")):
            # Some modules change settings when they are imported; no test has run in this process.
            self._leftovers = Leftovers(self._items, self._test_roots)
        answer = {"done": order["id"], "status": status}
        self._orders.sendall(json.dumps(answer).encode())

    def _grade(self, order: dict[str, Any]) -> bool:
        """In a fork: grade one submission, write its result; whether the fork is as it was."""
        self._leftovers.put_back()
        known = len(sys.modules)  # a count: a set would touch, and so copy, hundreds of pages
        try:
            extra = Path(order["extra"]) if order["extra"] else None
            job = Job(
                submitter=order["submitter"],
                folder=Path(order["folder"]),
                extra=extra,
                stage=Path(order["stage"]),
                slot=order["slot"],
                limits=Limits(**order["limits"]),
            )
            report = self._reporter(order) if order["partial"] else None
            if report is None:
                self._orders.close()
            result = self._grader.grade(job, report)
            write_whole(Path(order["result"]), json.dumps(result))
            if new := list(sys.modules)[known:] if len(sys.modules) > known else []:
                write_whole(job.stage.with_suffix(".imports"), json.dumps(new))
                return False  # the judge imports them for the forks after this one
        except BaseException as error:  # noqa: B036 - our fault, told to staff, never a zero
            text = "".join(traceback.format_exception(error))[-4000:]
            failed = {"outcome": "not_marked", "message": f"{type(error).__name__}: {error}"}
            write_whole(Path(order["result"]), json.dumps({**failed, "trace": text}))
            return False
        return result["outcome"] == "finished" and not self._leftovers.found()

    def _reporter(self, order: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
        """Writes the result so far and says so."""
        path = Path(order["result"]).with_suffix(".partial")

        def report(result: dict[str, Any]) -> None:
            write_whole(path, json.dumps(result))
            self._orders.sendall(json.dumps({"partial": order["id"]}).encode())

        return report


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    part.replace(path)


def import_as_in(path: Path) -> bool:
    """Import what a fork had to import, so that the next one need not; whether there was any."""
    if not path.is_file():
        return False
    for name in json.loads(path.read_text("utf-8")):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    path.unlink()
    gc.freeze()
    return True


def _import_for_tests(roots: list[Path]) -> None:
    """Import what forks would have to: torch only for tests that name it or what is built on it.

    Without torch a judge starts in a third of the time and its forks are cheaper. A tensor that
    comes over the wire nonetheless has it imported there and then, and here for later forks.
    """
    names = ["IPython.core.inputtransformer2"]
    sources = (path.read_bytes() for root in roots for path in root.rglob("*.py"))
    if any(_NEEDS_TORCH.search(source) for source in sources):
        names.append("torch")
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
