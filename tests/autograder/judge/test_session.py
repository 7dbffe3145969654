"""A student's process as the judge sees it: cells, copies, calls, callbacks, at every level."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.judge.session import StudentProcess, WireLink
from autograder.proxy import (
    Handle,
    Misuse,
    Student,
    StudentDied,
    StudentFault,
    StudentSpokeBadly,
    StudentTimedOut,
)
from tests.autograder.conftest import LIMITS

Launch = Callable[..., StudentProcess]
ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

FIND_WIRE = """
import os
def wire():
    for name in os.listdir('/proc/self/fd'):
        try:
            if os.readlink(f'/proc/self/fd/{name}').startswith('socket:'):
                return int(name)
        except OSError:
            pass
"""


def student_of(process: StudentProcess, seconds: float = 5.0) -> Student:
    return Student(WireLink(process, seconds))


def kinds(reply: dict[str, Any]) -> list[str]:
    return [output["output_type"] for output in reply["outputs"]]


class TestCells:
    """Outputs have nbformat's form."""

    @ONE_LEVEL
    @pytest.mark.parametrize("cell", ["!echo hello", "x = !echo hello"])
    def test_shell_commands_are_refused_where_the_course_says_so(
        self, launch: Launch, cell: str
    ) -> None:
        (output,) = launch(TDL_SHELL="refused").run_cell(cell)["outputs"]
        assert (output["ename"], "use Python" in output["evalue"]) == ("PermissionError", True)
        assert not launch().run_cell(cell)["failed"]

    def test_print_and_result_come_in_order(self, process: StudentProcess) -> None:
        """stdout, stderr and the last expression are told apart and keep their order."""
        code = "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n1 + 1"
        outputs = process.run_cell(code)["outputs"]
        assert [(o["name"], o["text"]) for o in outputs[:3]] == [
            ("stdout", "a\n"),
            ("stderr", "b\n"),
            ("stdout", "c\n"),
        ]
        assert outputs[3]["output_type"] == "execute_result"
        assert outputs[3]["data"] == {"text/plain": "2"}

    def test_an_error_has_name_value_and_traceback(self, process: StudentProcess) -> None:
        """A raising cell fails with its error and does not end the notebook."""
        reply = process.run_cell("def f():\n    raise ValueError('wrong way')\nf()")
        assert reply["failed"]
        (output,) = reply["outputs"]
        assert (output["ename"], output["evalue"]) == ("ValueError", "wrong way")
        assert "f()" in "".join(output["traceback"])
        assert "/autograder/" not in "".join(output["traceback"])
        assert process.run_cell("f")["failed"] is False

    def test_a_syntax_error_is_an_error(self, process: StudentProcess) -> None:
        """A cell that can't be parsed fails with SyntaxError."""
        reply = process.run_cell("def f(:")
        assert reply["failed"]
        assert reply["outputs"][-1]["ename"] == "SyntaxError"

    def test_display_data_and_html(self, process: StudentProcess) -> None:
        """display() gives a mime bundle."""
        reply = process.run_cell("from IPython.display import HTML, display\ndisplay(HTML('<b>'))")
        assert kinds(reply) == ["display_data"]
        assert reply["outputs"][0]["data"]["text/html"] == "<b>"

    @pytest.mark.parametrize(
        "code", ["plt.plot([1, 2]);", "plt.figure(); plt.plot([1]); plt.show()"]
    )
    def test_a_figure_is_shown_at_the_end_of_its_cell(
        self, process: StudentProcess, code: str
    ) -> None:
        """An open figure becomes one PNG image, with plt.show() and without."""
        reply = process.run_cell(f"import matplotlib.pyplot as plt\n{code}")
        images = [o for o in reply["outputs"] if "image/png" in o.get("data", {})]
        assert len(images) == 1
        assert images[0]["data"]["image/png"].startswith("iVBOR")
        again = process.run_cell("plt.get_fignums()")
        assert again["outputs"][0]["data"]["text/plain"] == "[]"

    def test_magics_work(self, process: StudentProcess) -> None:
        """Line and cell magics are IPython's own."""
        assert not process.run_cell("%matplotlib inline")["failed"]
        reply = process.run_cell("%%capture out\nprint('quiet')")
        assert reply["outputs"] == []
        assert "quiet" in process.run_cell("print(out.stdout)")["outputs"][0]["text"]

    def test_await_at_top_level(self, process: StudentProcess) -> None:
        """A coroutine may be awaited in a cell, as in a notebook."""
        code = "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 5\nawait f()"
        reply = process.run_cell(code)
        assert not reply["failed"], reply["outputs"]
        assert reply["outputs"][0]["data"]["text/plain"] == "5"

    def test_input_is_refused_clearly(self, process: StudentProcess) -> None:
        """input() raises at once and says why."""
        reply = process.run_cell("name = input('who? ')")
        assert reply["failed"]
        assert "not available while grading" in reply["outputs"][-1]["evalue"]

    def test_stdin_is_empty(self, process: StudentProcess) -> None:
        """Reading standard input ends at once."""
        reply = process.run_cell("import sys; sys.stdin.read()")
        assert "''" in str(reply["outputs"]) or reply["failed"]

    def test_no_more_warnings_than_a_kernel_shows(self, process: StudentProcess) -> None:
        """UserWarning is shown, ResourceWarning and DeprecationWarning of a library are not."""
        code = "import os, warnings\nwarnings.warn('look here')"
        reply = process.run_cell(code)
        assert "look here" in reply["outputs"][0]["text"]
        assert process.run_cell("open('/dev/null').read()[:0]")["outputs"][0].get("name") is None

    def test_names_stay_from_cell_to_cell(self, process: StudentProcess) -> None:
        """The namespace is one, and __name__ is __main__."""
        process.run_cell("x = 3")
        reply = process.run_cell("x, __name__, __import__('__main__').x")
        assert reply["outputs"][0]["data"]["text/plain"] == "(3, '__main__', 3)"

    def test_classes_defined_in_a_cell_work_with_dataclasses_and_typing(
        self, process: StudentProcess
    ) -> None:
        """Tools that look up __module__ find the notebook's module."""
        code = "from dataclasses import dataclass\nfrom typing import get_type_hints\n"
        code += "@dataclass\nclass P:\n    x: 'int'\nget_type_hints(P)"
        assert process.run_cell(code)["failed"] is False

    @ONE_LEVEL
    def test_children_are_seeded_alike(self, launch: Launch) -> None:
        """Two processes with one seed draw the same numbers, another seed draws others."""
        code = "import random, numpy, torch\n"
        code += "random.random(), numpy.random.rand(), torch.rand(1).item()"
        drawn = [
            launch(seed=seed).run_cell(code)["outputs"][0]["data"]["text/plain"]
            for seed in (1, 1, 2)
        ]
        assert drawn[0] == drawn[1] != drawn[2]

    @ONE_LEVEL
    def test_two_threads_do_not_hang_a_child(self, process: StudentProcess) -> None:
        """A child of the warmed zygote may compute with two threads."""
        code = "import torch\ntorch.set_num_threads(2)\nx = torch.randn(300, 300)\n"
        code += "layer = torch.nn.Linear(300, 300)\nlayer(x).sum().backward()\n"
        code += "float((x @ x).sum()) is not None"
        assert process.run_cell(code)["failed"] is False


class TestCalls:
    """The `student` of tests, over the wire."""

    def test_plain_values_cross(self, process: StudentProcess) -> None:
        """Arguments and results are plain data."""
        process.run_cell("def f(x, k=1):\n    return {'twice': 2 * x, 'k': k}")
        result = student_of(process).f(np.array([1.0, 2.0]), k=3)
        np.testing.assert_array_equal(result["twice"], [2.0, 4.0])
        assert result["k"] == 3

    def test_torch_values_cross(self, process: StudentProcess) -> None:
        """Tensors keep dtype and requires_grad."""
        import torch

        process.run_cell("import torch\ndef f(x):\n    return x.requires_grad, x.double() * 2")
        grad, doubled = student_of(process).f(torch.ones(2, requires_grad=True))
        assert grad is True
        assert doubled.dtype is torch.float64
        assert doubled.tolist() == [2.0, 2.0]

    def test_callbacks_are_answered(self, process: StudentProcess) -> None:
        """A callable of the test can be called over there, many times."""
        process.run_cell("def apply(f, n):\n    return [f(i) for i in range(n)]")
        calls: list[int] = []

        def square(i: int) -> int:
            calls.append(i)
            return i * i

        assert student_of(process).apply(square, 5) == [0, 1, 4, 9, 16]
        assert calls == [0, 1, 2, 3, 4]

    def test_an_error_in_a_callback_is_the_tests_own(self, process: StudentProcess) -> None:
        """It is raised in the test even if student code caught it, and its text stays here."""
        code = "def nosy(f):\n    try:\n        return f(1)\n    except Exception as e:\n"
        code += "        return str(e)"
        process.run_cell(code)

        def secretive(_: int) -> int:
            raise LookupError("expected value is 42")

        student = student_of(process)
        with pytest.raises(LookupError, match="42"):
            student.nosy(secretive)
        process.run_cell("seen = None")
        code = "def nosier(f):\n    global seen\n    try: f(1)\n    except Exception as e:\n"
        process.run_cell(code + "        seen = str(e)")
        with pytest.raises(LookupError):
            student.nosier(secretive)
        assert student.value("seen") == "callback failed"

    def test_callbacks_die_with_their_call(self, process: StudentProcess) -> None:
        """A callback kept for later is dead."""
        process.run_cell("kept = []\ndef keep(f):\n    kept.append(f)\ndef use():\n    kept[0](1)")
        student = student_of(process)
        student.keep(lambda x: x)
        with pytest.raises((RuntimeError, StudentFault, Exception)) as caught:
            student.use()
        assert not isinstance(caught.value, AssertionError)

    def test_student_errors_arrive_as_their_builtin_class(self, process: StudentProcess) -> None:
        """The message is kept, and the error says whose it is."""
        process.run_cell("class Mine(KeyError): pass\ndef f():\n    raise Mine('k')")
        with pytest.raises(KeyError) as caught:
            student_of(process).f()
        assert caught.value.from_student
        assert "def f" not in str(caught.value)
        assert "raise Mine" in caught.value.student_trace

    def test_objects_stay_over_there(self, process: StudentProcess) -> None:
        """An instance is a handle whose methods can be called."""
        code = "class Counter:\n    def __init__(self): self.n = 0\n"
        code += "    def up(self, k=1):\n        self.n += k\n        return self.n"
        process.run_cell(code)
        student = student_of(process)
        counter = student.Counter()
        assert isinstance(counter, Handle)
        assert (counter.up(), counter.up(k=5)) == (1, 6)
        assert student.value(counter, "n") == 6
        assert counter.type_name == "Counter"

    def test_a_call_that_dies_is_a_fault(self, process: StudentProcess) -> None:
        """Death while asked can't be taken for an answer or an exception."""
        process.run_cell("import os\ndef f():\n    os._exit(0)")
        with pytest.raises(StudentDied):
            student_of(process).f()
        assert not process.alive

    def test_a_call_that_never_ends_is_a_time_out(self, process: StudentProcess) -> None:
        """The call's own limit counts; the process ends with it and a new copy serves on."""
        process.run_cell("def loop():\n    while True: pass\ndef f(): return 1")
        copied = process.copy()
        with pytest.raises(StudentTimedOut, match="0.3 CPU-seconds"):
            student_of(copied, 0.3).loop()
        assert not copied.alive
        again = process.copy()
        assert student_of(again).f() == 1
        again.kill()

    def test_after_a_timed_out_callback_loop_replies_belong_to_their_requests(
        self, process: StudentProcess
    ) -> None:
        """An endless loop over a callback ends as a time-out, and what follows is not shifted."""
        process.run_cell("def forever(f):\n    while True: f(1)\ndef echo(x): return x")
        student = student_of(process, 0.3)
        with pytest.raises(StudentTimedOut):
            student.forever(lambda x: x)
        if process.alive:
            assert [student.echo(i) for i in range(3)] == [0, 1, 2]

    def test_a_slow_callback_loop_ends_by_the_wall_clock(self, launch: Launch) -> None:
        """Time spent in the test's own callbacks counts too."""
        process = launch(replace(LIMITS, wall_factor=1.0, wall_slack=0.3))
        process.run_cell("def forever(f):\n    while True: f(1)")
        started = time.monotonic()
        rounds = []

        def slow(x: int) -> int:
            rounds.append(x)
            if len(rounds) > 400:
                raise LookupError("the judge went on for 400 rounds")
            time.sleep(0.02)
            return x

        with pytest.raises(StudentTimedOut):
            student_of(process, 0.2).forever(slow)
        assert time.monotonic() - started < 6

    @ONE_LEVEL
    def test_stdout_and_warnings_of_a_call(self, process: StudentProcess) -> None:
        """student.call says what was printed and warned."""
        code = "import warnings\ndef f():\n    print('hello')\n    warnings.warn('careful')\n"
        process.run_cell(code + "    return 1")
        call = student_of(process).call("f")
        assert call.value == 1
        assert call.stdout == "hello\n"
        assert call.warnings == [("UserWarning", "careful")]

    @ONE_LEVEL
    def test_a_test_that_misuses_a_name_is_told(self, process: StudentProcess) -> None:
        """`assert student.f` raises, at home and here."""
        with pytest.raises(Misuse):
            bool(student_of(process).f)


class TestCopies:
    """A copy goes its own way."""

    def test_what_happens_in_a_copy_stays_there(self, process: StudentProcess) -> None:
        """Assignments, in-place changes and deletions in a copy are not seen in the original."""
        process.run_cell("import numpy as np\nx = 1\na = np.zeros(3)")
        copied = process.copy()
        copied.run_cell("x = 2\na[:] = 9\nnew = 1")
        reply = process.run_cell("x, a.tolist(), 'new' in globals()")
        assert reply["outputs"][0]["data"]["text/plain"] == "(1, [0.0, 0.0, 0.0], False)"
        copied.kill()

    def test_what_happens_later_is_not_seen_in_a_copy(self, process: StudentProcess) -> None:
        """A copy is the notebook as it was at its cell."""
        process.run_cell("def f(): return 'then'")
        copied = process.copy()
        process.run_cell("def f(): return 'now'")
        assert student_of(copied).f() == "then"
        assert student_of(process).f() == "now"
        copied.kill()

    def test_a_copy_of_a_copy(self, process: StudentProcess) -> None:
        """Copies can be copied, as tests do with their template."""
        process.run_cell("x = [1]")
        first = process.copy()
        first.run_cell("x.append(2)")
        second = first.copy()
        second.run_cell("x.append(3)")
        values = [student_of(p).value("x") for p in (process, first, second)]
        assert values == [[1], [1, 2], [1, 2, 3]]
        second.kill()
        first.kill()

    def test_the_death_of_a_copy_leaves_the_original(self, process: StudentProcess) -> None:
        """A test that kills its copy costs only that copy."""
        process.run_cell("import os\ndef f(): os._exit(1)\ndef g(): return 7")
        copied = process.copy()
        with pytest.raises(StudentDied):
            student_of(copied).f()
        again = process.copy()
        assert student_of(again).g() == 7
        again.kill()

    def test_the_end_of_a_copy_says_what_ended_it(self, process: StudentProcess) -> None:
        """A segmentation fault in a tested function is a death, and no more is known of it."""
        process.run_cell("import ctypes\ndef f(): ctypes.string_at(0)")
        copied = process.copy()
        with pytest.raises(StudentDied, match="a crash, an exit or a limit"):
            student_of(copied).f()

    def test_a_copy_can_be_timed_out(self, process: StudentProcess) -> None:
        """The clock reads the copy's own CPU time."""
        process.run_cell("def f():\n    while True: pass")
        copied = process.copy()
        with pytest.raises(StudentTimedOut, match="CPU-seconds"):
            student_of(copied, 0.2).f()
        copied.kill()

    @ONE_LEVEL
    def test_ended_copies_do_not_use_up_the_processes(self, launch: Launch) -> None:
        """A function that ends its process in every test leaves room for the next question."""
        process = launch(replace(LIMITS, processes=16))
        process.run_cell("import os\ndef f(): os._exit(1)\ndef g(): return 7")
        for _ in range(30):
            copied = process.copy()
            with pytest.raises(StudentDied):
                student_of(copied).f()
        copied = process.copy()
        assert student_of(copied).g() == 7
        copied.kill()

    @ONE_LEVEL
    def test_copies_of_ended_copies_do_not_use_up_the_processes(self, launch: Launch) -> None:
        """What a question's copy leaves behind is waited for by the process that inherits it."""
        process = launch(replace(LIMITS, processes=16))
        process.run_cell("import subprocess\nown = subprocess.Popen(['false'])\ndef g(): return 7")
        for _ in range(30):
            template = process.copy()
            student = template.copy()
            assert student_of(student).g() == 7
            student.kill()
            template.kill()
        reply = process.run_cell("own.wait()")  # the student's own children are the student's
        assert reply["outputs"][0]["data"]["text/plain"] == "1"

    @ONE_LEVEL
    def test_a_process_that_can_not_fork_gives_no_copy(self, process: StudentProcess) -> None:
        """A student who breaks fork loses the copy, and the judge gets a fault of theirs."""
        process.run_cell("import os\ndef broken(): raise OSError('no')\nos.fork = broken")
        with pytest.raises(StudentDied):
            process.copy()

    @ONE_LEVEL
    @pytest.mark.parametrize("greeting", ["5", "[1]", "None", "{'failed': 3}", "'ready'"])
    def test_a_forged_greeting_is_the_students_fault(
        self, process: StudentProcess, greeting: str
    ) -> None:
        """Whatever a copy says first, the judge gets a fault, never an error of its own."""
        code = f"""
            import os, struct
            from autograder.protocol import encode
            real = os.fork
            def forge():
                import gc, socket
                for thing in gc.get_objects():
                    if isinstance(thing, socket.socket) and thing.fileno() > 2:
                        payload = encode({greeting})
                        thing.sendall(struct.pack('>Q', len(payload)) + payload)
                return 1
            import socket
            made = []
            class Spy(socket.socket):
                def __init__(self, *a, **k):
                    super().__init__(*a, **k)
                    payload = encode({greeting})
                    self.sendall(struct.pack('>Q', len(payload)) + payload)
            socket.socket = Spy
            os.fork = lambda: 1
            """
        process.run_cell("if True:" + code)
        try:
            copied = process.copy()
        except StudentFault:
            return
        copied.kill()


class TestHostileWire:
    """Frames that student code writes itself."""

    def test_nonsense_on_the_wire_is_a_fault(self, process: StudentProcess) -> None:
        """A frame that can't be decoded is StudentSpokeBadly and ends the process."""
        code = FIND_WIRE + "os.write(wire(), b'\\0\\0\\0\\0\\0\\0\\0\\5' + b'zzzzz')"
        with pytest.raises(StudentSpokeBadly):
            process.run_cell(code)
        assert not process.alive

    def test_a_lying_length_is_a_fault(self, process: StudentProcess) -> None:
        """A frame that claims an exabyte is refused before anything is allocated."""
        with pytest.raises(StudentSpokeBadly, match="at most"):
            process.run_cell(FIND_WIRE + "os.write(wire(), b'\\x0f' + bytes(7))")

    def test_a_closed_wire_is_a_death(self, process: StudentProcess) -> None:
        """Closing the socket is no way to finish."""
        with pytest.raises(StudentDied):
            process.run_cell(FIND_WIRE + "os.close(wire())")

    def test_a_reply_that_is_no_dict_is_a_fault(self, process: StudentProcess) -> None:
        """A list where a reply is expected."""
        code = FIND_WIRE + "from autograder.protocol import encode\nimport struct\n"
        code += "p = encode([1, 2]); os.write(wire(), struct.pack('>Q', len(p)) + p); os._exit(0)"
        with pytest.raises(StudentSpokeBadly):
            process.run_cell(code)

    def test_descriptors_sent_along_are_closed(self, process: StudentProcess) -> None:
        """The judge keeps none of the descriptors that student code sends."""
        import os

        before = len(os.listdir("/proc/self/fd"))
        code = FIND_WIRE + "import socket, array\ns = socket.socket(fileno=os.dup(wire()))\n"
        code += "null = os.open('/dev/null', os.O_RDONLY)\n"
        code += "s.sendmsg([b'\\0' * 8], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,"
        code += " array.array('i', [null] * 3))])\nos._exit(0)"
        with pytest.raises(StudentFault):
            process.run_cell(code)
        process.close()
        assert len(os.listdir("/proc/self/fd")) <= before

    def test_questions_about_unknown_callbacks_are_answered_with_failure(
        self, process: StudentProcess
    ) -> None:
        """Guessing callback numbers gives nothing and is recorded."""
        code = "from autograder.protocol import Reference\nimport gc\n"
        code += "from autograder.student.namespace import NamespaceServer\n"
        code += "def probe():\n"
        code += "    s = [o for o in gc.get_objects() if isinstance(o, NamespaceServer)]\n"
        code += "    s = s or [o._server for o in map(lambda f: f, gc.get_objects())"
        code += " if type(o).__name__ == '_Loop']\n"
        code += "    return s[0]._callback(Reference('callback', 7, 'x'))(1)"
        process.run_cell(code)
        with pytest.raises((Exception, StudentFault)) as caught:
            student_of(process).probe()
        assert not isinstance(caught.value, AssertionError)
