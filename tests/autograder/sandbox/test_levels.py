"""What each level keeps from student code, tried for real."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import SandboxError
from autograder.grade.course import load_course
from autograder.grade.service import private_paths
from autograder.judge.session import StudentProcess
from autograder.judge.spawning import PACKAGE
from autograder.proxy import StudentDied, StudentFault, StudentTimedOut
from autograder.sandbox import levels, user
from autograder.sandbox.limits import apply_limits, mapped_bytes
from tests.autograder.conftest import EMBARGO, LIMITS, SLOT

Launch = Callable[..., StudentProcess]

# What the weakest level does not promise: it runs as the same user.
CONFINED = pytest.mark.parametrize("level", ["namespaces", "user"])
NAMESPACES = pytest.mark.parametrize("level", ["namespaces"])


def said(process: StudentProcess, source: str) -> str:
    """What a cell printed or raised, as text; without its warnings."""
    parts: list[str] = []
    for output in process.run_cell(source)["outputs"]:
        if output.get("name") != "stderr":
            parts.append(output.get("text") or output.get("evalue") or str(output.get("data", "")))
    return "".join(parts).strip()


def tried(process: StudentProcess, expression: str) -> str:
    """The word yes, or the name of the error that student code gets."""
    code = f"try:\n    {expression}\n    print('yes')\nexcept BaseException as e:\n"
    return said(process, code + "    print(type(e).__name__)")


@contextlib.contextmanager
def canary(folder: Path, mode: int = 0o600) -> Iterator[Path]:
    """A file with a secret that exists only as long as the test."""
    path = folder / "canary.txt"
    path.write_text("the secret")
    path.chmod(mode)
    yield path
    path.unlink(missing_ok=True)


def processes_with(name: str) -> list[int]:
    """Processes of this machine whose command line holds `name`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if name.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def happens_within(seconds: float, condition: Callable[[], object]) -> bool:
    """Whether `condition` becomes true within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class TestWhatRuns:
    """Ordinary work goes on at every level."""

    def test_numpy_torch_and_files_of_ones_own_work(self, process: StudentProcess) -> None:
        """A cell computes, writes a file and reads it back."""
        code = "import numpy as np, torch\nnp.save('a.npy', np.arange(3))\n"
        code += "print(torch.from_numpy(np.load('a.npy')).sum().item())"
        assert said(process, code) == "3"

    def test_a_subprocess_may_be_started(self, process: StudentProcess) -> None:
        """`!echo` works and its output is seen."""
        assert said(process, "!echo from the shell") == "from the shell"

    def test_the_environment_holds_nothing_of_ours(
        self, launch: Launch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No variable of the grader's environment is visible."""
        os.environ["TDL_CANARY"] = "the secret"
        try:
            process = launch()
        finally:
            del os.environ["TDL_CANARY"]
        shown = said(process, "import os; print(sorted(os.environ))")
        assert "CANARY" not in shown
        assert "TDL_GRADING" in shown

    def test_files_that_came_with_the_submission_lie_in_the_working_folder(
        self, launch: Launch, open_folder: Path
    ) -> None:
        """A staged file can be read and changed without changing the original."""
        (open_folder / "data.txt").write_text("mine")
        process = launch(stage=str(open_folder))
        assert said(process, "print(open('data.txt').read())") == "mine"
        process.run_cell("open('data.txt', 'w').write('changed')")
        assert (open_folder / "data.txt").read_text() == "mine"

    def test_home_is_the_private_folder(self, process: StudentProcess) -> None:
        """~ is writable and is where the process runs."""
        code = "import os; print(os.path.expanduser('~') == os.getcwd(), os.access('.', os.W_OK))"
        assert said(process, code) == "True True"


class TestReading:
    """What student code must not read."""

    def test_embargoed_modules_and_the_judge_are_not_importable(
        self, process: StudentProcess
    ) -> None:
        """The kit holds neither checks, judge, grade nor the embargoed modules."""
        names = [*EMBARGO, "autograder.judge", "autograder.checks", "autograder.grade"]
        for name in (*names, "autograder.cli", "autograder.targets", "autograder.report"):
            assert tried(process, f"import {name}") in ("ModuleNotFoundError", "ImportError"), name
        assert tried(process, "import autograder.selfcheck, tdlcourse") == "yes"

    @NAMESPACES
    def test_the_repository_and_the_home_folder_do_not_exist(self, process: StudentProcess) -> None:
        """Nothing of the checkout but the interpreter's own folders is there."""
        for path in (PACKAGE, PACKAGE.parent / "source", PACKAGE.parent / "tests"):
            assert tried(process, f"import os; os.stat({str(path)!r})") == "FileNotFoundError", path
        for path in ("/root/.bashrc", "/home", "/var/lib", "/etc/shadow", "/sys", "/run", "/srv"):
            assert tried(process, f"import os; os.stat({path!r})") == "FileNotFoundError", path

    @NAMESPACES
    def test_the_kits_copy_hides_an_installed_one(self, process: StudentProcess) -> None:
        """Only the staged copy of our packages can be found on the path."""
        code = "import sys, os\nprint([p for p in sys.path for n in ('autograder', 'tdlcourse')"
        code += " if p and os.path.exists(os.path.join(p, n, '__init__.py')) and '/kit' not in p])"
        assert said(process, code) == "[]"

    @CONFINED
    def test_a_private_file_of_the_grader_is_closed(
        self, process: StudentProcess, tmp_path: Path
    ) -> None:
        """A file with mode 600 can't be read."""
        with canary(tmp_path) as path:
            assert tried(process, f"print(open({str(path)!r}).read())") in (
                "FileNotFoundError",
                "PermissionError",
            )

    @NAMESPACES
    def test_even_an_open_file_of_the_host_is_not_there(
        self, process: StudentProcess, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """The host's /tmp is not the student's /tmp."""
        with canary(Path("/tmp"), 0o644) as path:
            assert tried(process, f"open({str(path)!r})") == "FileNotFoundError"

    @NAMESPACES
    def test_the_system_is_read_only(self, process: StudentProcess) -> None:
        """Nothing outside the private /tmp and /dev/shm can be written."""
        import sys

        for folder in ("/", "/usr", "/etc", "/dev", sys.prefix, "/bin"):
            assert tried(process, f"open({folder + '/x'!r}, 'w')") in (
                "OSError",
                "PermissionError",
            ), folder

    @CONFINED
    def test_processes_of_the_grader_are_out_of_reach(self, process: StudentProcess) -> None:
        """The grader's memory, environment and signals are closed."""
        mine = os.getpid()
        for expression in (
            f"open('/proc/{mine}/environ').read()",
            f"open('/proc/{mine}/mem', 'rb')",
            f"__import__('os').listdir('/proc/{mine}/fd')",
            f"__import__('os').kill({mine}, 0)",
        ):
            assert tried(process, expression) in (
                "FileNotFoundError",
                "PermissionError",
                "ProcessLookupError",
            ), expression

    @NAMESPACES
    def test_no_other_process_is_visible(self, process: StudentProcess) -> None:
        """/proc shows the student's own processes only."""
        code = "import os; print([p for p in os.listdir('/proc') if p.isdigit()])"
        assert said(process, code) == "['1']"

    @CONFINED
    def test_no_capability_and_no_new_privileges(self, process: StudentProcess) -> None:
        """The process can't gain rights."""
        status = said(process, "print(open('/proc/self/status').read())")
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        assert fields["NoNewPrivs"].strip() == "1"
        assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
        assert "0" not in fields["Uid"].split()

    def test_descriptors_of_the_grader_are_not_inherited(self, process: StudentProcess) -> None:
        """Open are stdin, stdout, stderr, the wire, the output file and what listdir opens."""
        code = "import os\nfor n in os.listdir('/proc/self/fd'):\n"
        code += "    try: print(n, os.readlink(f'/proc/self/fd/{n}'))\n    except OSError: pass"
        lines = said(process, code).splitlines()
        sockets = [line for line in lines if "socket:" in line]
        others = [line for line in lines if not any(w in line for w in ("/dev/null", "deleted"))]
        assert len(sockets) == 1, lines
        assert others == sockets, lines


class TestLeaving:
    """Network."""

    @NAMESPACES
    def test_no_network(self, process: StudentProcess) -> None:
        """A listener of the grader on loopback can't be reached, and no interface is up."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            port = listener.getsockname()[1]
            code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
            assert tried(process, code) in ("OSError", "PermissionError")
            listener.settimeout(0.1)
            with pytest.raises(TimeoutError):
                listener.accept()

    @NAMESPACES
    def test_no_abstract_socket_of_the_host(self, process: StudentProcess) -> None:
        """Abstract unix sockets belong to the network namespace."""
        name = f"\0tdl-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(name)
            listener.listen(1)
            code = f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})"
            assert tried(process, code) == "ConnectionRefusedError"


class TestTime:
    """CPU and wall limits."""

    def test_an_endless_loop_is_interrupted_and_the_notebook_goes_on(self, launch: Launch) -> None:
        """The process survives its own endless loop with its names."""
        process = launch(replace(LIMITS, cell_seconds=0.5))
        process.run_cell("x = 7")
        with pytest.raises(StudentTimedOut, match="0.5 CPU-seconds"):
            process.run_cell("while True: pass")
        assert process.alive
        assert said(process, "print(x)") == "7"

    def test_swallowing_the_interrupt_ends_the_process(self, launch: Launch) -> None:
        """A loop that catches KeyboardInterrupt is killed."""
        process = launch(replace(LIMITS, cell_seconds=0.5))
        code = "while True:\n    try:\n        while True: sum(range(10**6))\n"
        code += "    except BaseException: pass"
        with pytest.raises(StudentTimedOut):
            process.run_cell(code)
        assert not process.alive

    def test_ignoring_the_signal_ends_the_process(self, launch: Launch) -> None:
        """Masking SIGINT doesn't help."""
        process = launch(replace(LIMITS, cell_seconds=0.5))
        code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
        with pytest.raises(StudentTimedOut):
            process.run_cell(code)
        assert not process.alive

    def test_sleeping_runs_into_the_wall_clock(self, launch: Launch) -> None:
        """A process that uses no CPU is stopped too, and the message says so."""
        process = launch(replace(LIMITS, cell_seconds=0.1, wall_factor=1.0, wall_slack=0.5))
        with pytest.raises(StudentTimedOut, match="wall clock"):
            process.run_cell("import time; time.sleep(60)")

    def test_stopping_oneself_is_no_way_out(self, launch: Launch) -> None:
        """SIGSTOP to oneself ends as a time-out."""
        process = launch(replace(LIMITS, cell_seconds=0.1, wall_factor=1.0, wall_slack=0.5))
        with pytest.raises(StudentTimedOut):
            process.run_cell("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
            said(process, "1")  # as process 1 of its namespace it can't stop itself
            raise StudentTimedOut("not stopped: the kernel protects process 1")

    def test_cpu_time_of_the_whole_submission_is_bounded(self, launch: Launch) -> None:
        """Below the limit of a cell, the limit of the submission ends it."""
        process = launch(replace(LIMITS, cpu_seconds=1, cell_seconds=30))
        with pytest.raises(StudentTimedOut):
            process.run_cell("while True: sum(range(1000))")
        assert not process.alive

    def test_a_trickle_of_bytes_does_not_hold_the_judge(self, launch: Launch) -> None:
        """A frame that arrives byte by byte runs into the wall clock."""
        process = launch(replace(LIMITS, cell_seconds=0.2, wall_factor=1.0, wall_slack=0.5))
        code = """
            import os, struct, time
            links = []
            for name in os.listdir('/proc/self/fd'):
                try:
                    links.append((int(name), os.readlink(f'/proc/self/fd/{name}')))
                except OSError:
                    pass
            (wire,) = [number for number, link in links if link.startswith('socket:')]
            os.write(wire, struct.pack('>Q', 1 << 20))
            for _ in range(400):  # eight seconds, then it stops by itself
                os.write(wire, b'x')
                time.sleep(0.02)
            os._exit(0)
            """
        started = time.monotonic()
        with pytest.raises(StudentFault):
            process.run_cell("if True:" + code)
        assert time.monotonic() - started < 6


class TestEnding:
    """How processes end, and that nothing is left of them."""

    def test_leaving_is_a_death_and_no_answer(self, process: StudentProcess) -> None:
        """os._exit(0) is not success."""
        with pytest.raises(StudentDied):
            process.run_cell("import os; os._exit(0)")
        with pytest.raises(StudentDied):
            process.run_cell("1")

    def test_a_segmentation_fault_is_told(self, process: StudentProcess) -> None:
        """The message names the signal."""
        with pytest.raises(StudentDied, match="SIGSEGV"):
            process.run_cell("import ctypes; ctypes.string_at(0)")

    def test_sys_exit_is_an_ordinary_error(self, process: StudentProcess) -> None:
        """exit() in a cell does not end the notebook."""
        process.run_cell("import sys; sys.exit(3)")
        assert said(process, "print('still here')") == "still here"

    def test_daemons_die_with_the_process(self, launch: Launch) -> None:
        """A process that left its parent and session ends with the submission."""
        process = launch()
        seconds = f"29{os.getpid() % 10_000:04d}"
        code = f"""
            import os, sys, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.closerange(0, 256)
                    os.execvp('sleep', ['sleep', '{seconds}'])
                os._exit(0)
            time.sleep(0.1)
            """
        process.run_cell("if True:" + code)
        # At level limits the zygote, its subreaper, ends an orphan as soon as it sees one.
        happens_within(3, lambda: processes_with(f"sleep\0{seconds}"))
        process.close()
        assert happens_within(10, lambda: not processes_with(f"sleep\0{seconds}"))

    def test_copies_die_with_the_process(self, launch: Launch) -> None:
        """Closing the original ends its copies where the level can see to it."""
        process = launch()
        copied = process.copy()
        process.close()
        assert happens_within(10, lambda: not _runs(copied))
        copied.kill()

    def test_the_ending_says_what_was_used(self, launch: Launch) -> None:
        """CPU-seconds and memory are reported at the end."""
        process = launch()
        process.run_cell("for _ in range(3_000_000): pass")
        ending = process.close()
        assert ending.cpu_seconds > 0.03
        assert ending.max_rss_mb > 20

    def test_a_crash_still_says_what_was_used(self, launch: Launch) -> None:
        """So does a process that ended by itself."""
        process = launch()
        with pytest.raises(StudentDied):
            process.run_cell("for _ in range(3_000_000): pass\nimport os; os._exit(1)")
        assert process.close().cpu_seconds > 0.03


def _runs(process: StudentProcess) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class TestAmount:
    """Memory, disk, output, processes, files."""

    def test_too_much_memory_is_an_error_in_the_cell(self, process: StudentProcess) -> None:
        """An allocation beyond the limit raises, and the notebook goes on."""
        code = "import numpy as np\na = [np.ones(2**24) for _ in range(8)]"  # 1 GiB at most
        reply = process.run_cell(code)
        assert reply["failed"]
        assert reply["outputs"][-1]["ename"] in ("MemoryError", "_ArrayMemoryError")
        assert said(process, "a = None; print('goes on')") == "goes on"

    def test_memory_is_not_limited_below_what_is_promised(self, process: StudentProcess) -> None:
        """Three quarters of the promised memory can be used."""
        reply = process.run_cell("b = bytearray(384 * 2**20); n = len(b); del b; n")
        assert not reply["failed"]

    def test_100_mb_of_output_are_cut(self, process: StudentProcess) -> None:
        """The first million characters are kept and the cut is told."""
        reply = process.run_cell("for _ in range(100): print('x' * 1_000_000)")
        text = reply["outputs"][0]["text"]
        assert len(text) < 1_100_000
        assert "output cut" in text
        assert said(process, "print('next cell')") == "next cell"

    def test_100_mb_past_python_are_cut(self, process: StudentProcess) -> None:
        """Writing to descriptor 1 ends at the file size limit."""
        code = "import os\nfor _ in range(100):\n    os.write(1, b'x' * 1_000_000)"
        reply = process.run_cell(code)
        assert sum(len(o.get("text", "")) for o in reply["outputs"]) < 1_100_000
        assert reply["failed"]
        assert said(process, "print('next cell')") == "next cell"

    def test_a_subprocess_that_floods_is_cut(self, process: StudentProcess) -> None:
        """Three megabytes out of a shell command are cut to one."""
        reply = process.run_cell("!yes | head -c 3000000; echo done")
        assert sum(len(o.get("text", "")) for o in reply["outputs"]) < 1_100_000

    def test_many_outputs_are_cut(self, process: StudentProcess) -> None:
        """Ten thousand displays end as a thousand outputs at most."""
        reply = process.run_cell("for i in range(10_000): display(i)")
        assert len(reply["outputs"]) <= 1000

    def test_files_have_a_largest_size(self, process: StudentProcess) -> None:
        """A file beyond the limit is an error."""
        code = "with open('big', 'wb') as f:\n    for _ in range(20): f.write(b'x' * 2**20)"
        reply = process.run_cell(code)
        assert reply["outputs"][-1]["ename"] == "OSError"

    @NAMESPACES
    def test_the_disk_has_a_size(self, process: StudentProcess) -> None:
        """Many files together can't exceed the private /tmp."""
        code = (
            "for i in range(20):\n    with open(f'part{i}', 'wb') as f: f.write(b'x' * 4 * 2**20)"
        )
        reply = process.run_cell(code)
        assert reply["outputs"][-1]["ename"] == "OSError"
        assert "space" in reply["outputs"][-1]["evalue"]

    @CONFINED
    def test_a_fork_bomb_stops_at_the_limit(self, launch: Launch) -> None:
        """Processes are bounded; the bomb here stops by itself at 300."""
        process = launch(replace(LIMITS, processes=32, cell_seconds=5))
        code = """
            import os, time
            count = 0
            try:
                for _ in range(300):
                    if os.fork() == 0:
                        time.sleep(20)
                        os._exit(0)
                    count += 1
            except OSError as error:
                print(type(error).__name__, count < 64)
            """
        assert said(process, "if True:" + code) == "BlockingIOError True"

    def test_open_files_are_bounded(self, process: StudentProcess) -> None:
        """Descriptors run out in the student's process, not in ours."""
        code = "f = [open('/dev/null') for _ in range(5000)]"
        assert tried(process, code) == "OSError"

    @CONFINED
    def test_limits_can_not_be_raised(self, process: StudentProcess) -> None:
        """Hard limits are set too."""
        for name in ("CPU", "AS", "NPROC", "FSIZE", "NOFILE"):
            code = f"import resource as r; r.setrlimit(r.RLIMIT_{name}, (2**50, 2**50))"
            assert tried(process, code) in ("ValueError", "PermissionError"), name


class TestChoosing:
    """Which level is used."""

    def test_the_strongest_that_works_is_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`auto` takes the first level without a problem."""
        problems = {"namespaces": "no", "user": None, "limits": None}
        monkeypatch.setattr(levels, "problem_with", problems.get)
        assert levels.choose("auto", "limits") == "user"

    def test_nothing_weaker_than_the_minimum_is_chosen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`auto` refuses rather than falls to a weaker level, and tells each reason."""
        problems = {"namespaces": "no clone", "user": "no root", "limits": None}
        monkeypatch.setattr(levels, "problem_with", problems.get)
        with pytest.raises(SandboxError, match="no clone.*no root"):
            levels.choose("auto", "user")

    def test_limits_is_never_chosen_silently(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With the default minimum `limits` is refused even when asked for."""
        with pytest.raises(SandboxError, match="at least user"):
            levels.choose("limits", "user")
        assert levels.choose("limits", "limits") == "limits"

    @pytest.mark.parametrize("name", ["", "Namespaces", "none"])
    def test_unknown_names_are_refused(self, name: str) -> None:
        """A misspelt level is an error."""
        with pytest.raises(SandboxError, match="level must be one of"):
            levels.choose(name, "user")

    def test_a_level_that_does_not_work_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Asked for by name, it isn't replaced by another."""
        monkeypatch.setattr(levels, "problem_with", lambda level: "broken")
        with pytest.raises(SandboxError, match="broken"):
            levels.choose("namespaces", "user")


class TestClosedPaths:
    """What another user may read, for level `user`."""

    def test_a_private_folder_is_closed(self, tmp_path: Path) -> None:
        """Mode 700 closes what lies below."""
        folder = tmp_path / "private"
        folder.mkdir(mode=0o700)
        (folder / "file").write_text("x")
        user.closed([str(folder), str(folder / "file")])

    def test_an_open_folder_is_found(self, tmp_path: Path) -> None:
        """Mode 755 all the way up is an error that names the path and mode."""
        path = Path("/usr/bin")
        with pytest.raises(SandboxError, match="/usr/bin must be closed to other users"):
            user.closed([str(path)])

    def test_a_course_open_to_others_is_not_graded_at_level_user(self) -> None:
        """Hidden tests, state, gradebook, submissions, sources: each has to be closed."""
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            root = Path(folder)
            root.chmod(0o755)
            (root / "nbgrader_config.py").write_text("c = get_config()\nc.Course.checks = 'checks'")
            for name in (".tdl", "checks/hw1", "submitted", "source/hw1"):
                (root / name).mkdir(parents=True)
            (root / "gradebook.db").touch(mode=0o644)
            paths = private_paths(load_course(root), "hw1")
            assert len(paths) == 5
            for path in paths:
                with pytest.raises(SandboxError, match="must be closed to other users"):
                    user.closed([path])
                Path(path).chmod(0o700)
            user.closed(paths)

    def test_what_does_not_exist_is_closed(self, tmp_path: Path) -> None:
        """A missing path needs no closing."""
        user.closed([str(tmp_path / "nowhere")])


def test_limits_are_plain_numbers() -> None:
    """Limits cross to the zygote as plain data, and the wall clock follows the CPU limit."""
    plain: dict[str, Any] = LIMITS.plain()
    assert type(LIMITS)(**plain) == LIMITS
    assert LIMITS.wall(2.0) == 2.0 * LIMITS.wall_factor + LIMITS.wall_slack


def test_a_limit_that_can_not_be_set_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit is skipped silently."""
    import resource

    def refuse(*_: object) -> None:
        raise ValueError("not permitted")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(SandboxError, match="limit CPU must be settable"):
        apply_limits(LIMITS)
    assert mapped_bytes() > 2**20


def test_slots_of_these_tests_are_their_own() -> None:
    """Other runs on this machine use other user ids."""
    assert SLOT >= 10_000


def test_levels_are_tried_alike_where_an_import_hook_finds_us() -> None:
    """As in the command of an editable install, whose path does not hold the checkout."""
    root = str(PACKAGE.parent)
    code = (
        f"import sys; sys.path[:] = [p for p in sys.path if p not in ('', {root!r})]; "
        "from autograder.sandbox import levels; print(levels.problem_with('namespaces'))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    if "No module named 'autograder'" in done.stderr:
        pytest.skip("not installed; run from its checkout")
    assert done.stdout.strip() == str(levels.problem_with("namespaces"))
