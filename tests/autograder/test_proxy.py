"""`student` in tests, over a namespace of this process: the same codec as in grading."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from autograder import protocol
from autograder.changes import copy_back
from autograder.proxy import (
    Handle,
    Link,
    LocalLink,
    Misuse,
    Opaque,
    Student,
    StudentDied,
    StudentFault,
    StudentOutOfMemory,
    StudentSpokeBadly,
    StudentTimedOut,
)
from autograder.student import kit
from autograder.student.namespace import NamespaceServer

CODE = """
import random, warnings
import numpy as np
import torch

class Counter:
    label = "a counter"
    def __init__(self, n=0):
        self.n = n
    def up(self, k=1):
        self.n += k
        return self.n
    def __call__(self, x):
        return x + self.n
    def __iter__(self):
        return iter(range(self.n))

class Mine(KeyError):
    pass

class Weird(Exception):
    def __init__(self, a, b):
        super().__init__(a)
    def __str__(self):
        raise RuntimeError("no text")

def identity(x): return x
def describe(x): return f"{type(x).__module__}.{type(x).__name__}"
def fails(kind, *args): raise kind_of(kind)(*args)
def kind_of(kind): return globals().get(kind) or getattr(__import__("builtins"), kind)
def double_in_place(x): x *= 2
def apply(f, *args, **kwargs): return f(*args, **kwargs)
def swallow(f):
    try:
        f()
    except BaseException as e:
        return f"{type(e).__name__}: {e}"
def view_of(x): return x[1:]
def shout():
    print("out")
    warnings.warn("careful", RuntimeWarning)
    return 1
def squares():
    k = 0
    while True:
        yield k * k
        k += 1
def draw(): return random.random(), float(np.random.rand()), float(torch.rand(()))
def cube(x): return x ** 3
def make_handle(): return Counter(3)
def grow(items): items.append(len(items)); return len(items)
def change(d): d["new"] = 1; d.pop("old"); d["array"][:] = 5
def use(rng): return rng.normal()
def use_torch(g): return torch.rand((), generator=g)
value = {"a": [1, 2]}
"""


@pytest.fixture(scope="module")
def code() -> Any:
    return compile(CODE, "<answer>", "exec")


@pytest.fixture
def namespace(code: Any) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(code, names)
    return names


@pytest.fixture
def student(namespace: dict[str, Any]) -> Student:
    return Student(LocalLink(namespace))


class TestCalls:
    """Calling functions and reading variables."""

    def test_values_are_copies_of_plain_data(self, student: Student) -> None:
        """What comes back equals what was sent and shares nothing with it."""
        sent = {"x": np.arange(3), "y": [1, (2.5, "z")]}
        got = student.identity(sent)
        assert got["y"] == [1, (2.5, "z")]
        got["x"][:] = 9
        assert sent["x"].tolist() == [0, 1, 2]

    def test_arguments_arrive_with_their_own_types(self, student: Student) -> None:
        """numpy, torch and Python kinds stay apart."""
        assert student.describe(np.float32(1)) == "numpy.float32"
        assert student.describe(torch.ones(2)) == "torch.Tensor"
        assert student.describe((1,)) == "builtins.tuple"
        assert student.describe(np.random.default_rng(0)).endswith("Generator")
        assert student.describe(torch.float16) == "torch.dtype"

    def test_item_access_is_attribute_access(self, student: Student) -> None:
        """Names that Student uses itself are reached by brackets."""
        assert student["identity"](3) == 3
        with pytest.raises(TypeError):
            student["value"]()

    def test_variables_are_read(self, student: Student) -> None:
        """By name, and attributes of handles by name."""
        assert student.value("value") == {"a": [1, 2]}
        counter = student.Counter(n=4)
        assert student.value(counter, "n") == 4
        assert student.value(counter, "label") == "a counter"

    def test_names_are_listed(self, student: Student) -> None:
        """Public names, sorted."""
        names = student.names()
        assert names == sorted(names)
        assert "Counter" in names
        assert "__name__" not in names

    def test_a_missing_function_is_the_students_error(self, student: Student) -> None:
        """The message names it."""
        with pytest.raises(NameError, match="'nowhere' is not defined") as caught:
            student.nowhere(1)
        assert caught.value.from_student

    def test_call_captures_output_and_warnings(self, student: Student) -> None:
        """What was printed and warned is told, and the last call is kept."""
        call = student.call("shout")
        assert (call.value, call.stdout) == (1, "out\n")
        assert call.warnings == [("RuntimeWarning", "careful")]
        assert student.last_call is call
        assert student.call(student.identity, 5).value == 5

    def test_shared_memory_is_told(self, student: Student) -> None:
        """A view of an argument is told from a copy."""
        assert student.call("view_of", np.arange(4)).shared == [(0, 0)]
        assert student.call("cube", np.arange(4)).shared == []

    def test_requested_names_are_recorded(self, namespace: dict[str, Any]) -> None:
        """Policies are read from the names that tests asked for."""
        link = LocalLink(namespace)
        student = Student(link)
        student.identity(1)
        student.value("value")
        student.Counter().up()
        assert link.requested == ["identity", "value", "Counter"]


class TestMutation:
    """Arguments that the student's function changes in place."""

    def test_an_array_is_changed_in_the_test_too(self, student: Student) -> None:
        """The caller's own array gets the new contents."""
        array = np.arange(3.0)
        alias = array
        student.double_in_place(array)
        assert alias.tolist() == [0, 2, 4]

    def test_views_and_orders_are_written_through(self, student: Student) -> None:
        """A transposed or strided argument changes its base."""
        base = np.arange(6.0).reshape(2, 3)
        student.double_in_place(base.T)
        student.double_in_place(base[:, ::2])
        assert base.tolist() == [[0, 2, 8], [12, 8, 20]]

    def test_a_read_only_array_can_not_be_changed(self, student: Student) -> None:
        """Over there it is read-only too, so changing it raises."""
        array = np.arange(3.0)
        array.flags.writeable = False
        with pytest.raises(ValueError, match="read-only"):
            student.double_in_place(array)

    def test_an_unchanged_array_is_not_touched(self, student: Student) -> None:
        """No report, no write."""
        array = np.arange(3.0)
        array.flags.writeable = False
        assert student.identity(array).tolist() == [0, 1, 2]

    def test_a_tensor_is_changed(self, student: Student) -> None:
        """In place, without a graph."""
        tensor = torch.ones(2)
        student.double_in_place(tensor)
        assert tensor.tolist() == [2, 2]

    def test_a_parameter_is_changed(self, student: Student) -> None:
        """A parameter keeps being one."""
        parameter = torch.nn.Parameter(torch.ones(2))
        student.apply(lambda: None)
        copy_back(torch.zeros(2), parameter)
        assert parameter.tolist() == [0, 0]
        assert parameter.requires_grad

    def test_lists_and_dicts_are_changed(self, student: Student) -> None:
        """Elements come and go, and contained arrays keep their identity."""
        items = [1]
        assert student.grow(items) == 2
        assert items == [1, 1]
        array = np.zeros(2)
        table = {"old": 1, "array": array}
        student.change(table)
        assert set(table) == {"array", "new"}
        assert table["array"] is array
        assert array.tolist() == [5, 5]

    def test_generators_advance(self, student: Student) -> None:
        """Drawing over there advances the test's own generator."""
        rng, same = np.random.default_rng(1), np.random.default_rng(1)
        drawn = student.use(rng)
        assert drawn == same.normal()
        assert rng.normal() == same.normal()
        generator = torch.Generator().manual_seed(1)
        other = torch.Generator().manual_seed(1)
        assert student.use_torch(generator) == torch.rand((), generator=other)
        assert torch.rand((), generator=generator) == torch.rand((), generator=other)

    def test_callables_in_lists_stay_the_tests_own(self, namespace: dict[str, Any]) -> None:
        """A list of callbacks is not replaced by handles when something else changed."""
        exec("def f(fs, x):\n    x[:] = 1\n    return fs[0](2)", namespace)
        functions, x = [abs, round], np.zeros(1)
        assert Student(LocalLink(namespace)).f(functions, x) == 2
        assert functions == [abs, round]
        assert x.tolist() == [1]

    @pytest.mark.parametrize(
        ("mine", "changed", "expected"),
        [
            ([1, 2, 3], [1], [1]),
            ([1], [4, 5, 6], [4, 5, 6]),
            ([], [1], [1]),
            ([(1, 2)], [(1, 3)], [(1, 3)]),
            ([[1], [2]], [[1, 1], [2]], [[1, 1], [2]]),
            ({"a": [1]}, {"b": 1, "a": [2]}, {"b": 1, "a": [2]}),
            ({1, 2}, {2, 3}, {2, 3}),
            ([1, "a"], ["a", 1], ["a", 1]),
        ],
        ids=range(8),
    )
    def test_containers_get_the_new_contents(self, mine: Any, changed: Any, expected: Any) -> None:
        """Whatever the shapes, the caller's own object ends with the reported contents."""
        copy_back(changed, mine)
        assert mine == expected

    @pytest.mark.parametrize(
        "lie",
        [np.zeros(3), np.zeros(2, dtype=complex), np.zeros((2, 1)), [1, 2], None, "text"],
        ids=range(6),
    )
    def test_a_report_that_can_not_be_true_changes_nothing(self, lie: Any) -> None:
        """A changed argument of another shape or kind is no change."""
        array = np.ones(2)
        copy_back(lie, array)
        assert array.tolist() == [1, 1]

    def test_arrays_of_another_shape_replace_list_elements(self) -> None:
        """An element that was exchanged for another array is seen."""
        mine = [np.zeros(2)]
        copy_back([np.zeros(3)], mine)
        assert mine[0].shape == (3,)


class TestCallbacks:
    """Callables of the test."""

    def test_arguments_and_result_cross(self, student: Student) -> None:
        """Positional and keyword arguments reach the callback as plain data."""
        seen: list[Any] = []

        def callback(x: Any, *, k: int) -> Any:
            seen.append((x, k))
            return x * k

        assert student.apply(callback, np.ones(2), k=3).tolist() == [3, 3]
        assert seen[0][1] == 3

    def test_its_error_is_raised_in_the_test(self, student: Student) -> None:
        """Even when student code swallowed it; the student sees only that it failed."""

        def callback() -> None:
            raise ZeroDivisionError("the answer is 42")

        with pytest.raises(ZeroDivisionError, match="42"):
            student.swallow(callback)

    def test_the_student_does_not_see_its_text(self, namespace: dict[str, Any]) -> None:
        """What is raised over there names nothing."""
        exec("seen = None\ndef spy(f):\n    global seen\n    seen = swallow(f)", namespace)
        student = Student(LocalLink(namespace))

        def callback() -> None:
            raise ZeroDivisionError("the answer is 42")

        with pytest.raises(ZeroDivisionError):
            student.spy(callback)
        assert student.value("seen") == "RuntimeError: callback failed"

    def test_an_assertion_in_a_callback_is_the_tests_own(self, student: Student) -> None:
        """It fails the test as an assertion, not as the student's error."""

        def callback() -> None:
            raise AssertionError("called with a wrong value")

        with pytest.raises(AssertionError) as caught:
            student.swallow(callback)
        assert not getattr(caught.value, "from_student", False)

    def test_a_fault_in_a_callback_is_not_swallowed(self, student: Student) -> None:
        """BaseExceptions pass through the student's process, too."""

        def callback() -> None:
            raise StudentTimedOut("late")

        with pytest.raises(StudentTimedOut):
            student.swallow(callback)

    def test_a_kept_callback_is_dead(self, namespace: dict[str, Any]) -> None:
        """Called after its call has returned it fails, for the test too."""
        exec("kept = []\ndef keep(f): kept.append(f)\ndef use(): return kept[0]()", namespace)
        student = Student(LocalLink(namespace))
        student.keep(lambda: 42)
        with pytest.raises(Exception, match="callback"):
            student.use()

    def test_a_callback_must_not_ask_the_student(self, student: Student) -> None:
        """In grading the process waits for the answer, so it is refused at home as well."""
        with pytest.raises(Misuse, match="must not ask"):
            student.apply(lambda: student.identity(1))
        assert student.identity(2) == 2

    def test_a_name_is_no_callback(self, student: Student) -> None:
        """Passing student.f itself is told to be a mistake."""
        with pytest.raises(Misuse, match="call identity"):
            student.apply(student.identity)


class TestErrors:
    """What student code raises."""

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("ValueError", ValueError),
            ("Mine", KeyError),
            ("Weird", Exception),
            ("NotImplementedError", NotImplementedError),
            ("SystemExit", RuntimeError),
            ("GeneratorExit", RuntimeError),
            ("AssertionError", AssertionError),
            ("StopIteration", StopIteration),
        ],
    )
    def test_errors_arrive_as_the_first_builtin_exception(
        self, student: Student, kind: str, expected: type[Exception]
    ) -> None:
        """pytest.raises works with builtin classes; exits are ordinary errors."""
        args = ("text",) if kind != "Weird" else (1, 2)
        with pytest.raises(expected) as caught:
            student.fails(kind, *args)
        assert type(caught.value) is expected
        assert caught.value.from_student

    def test_an_error_that_needs_arguments_falls_back(self, namespace: dict[str, Any]) -> None:
        """UnicodeDecodeError can't be built from a text; its base can."""
        exec("def f(): b'\\xff'.decode()", namespace)
        with pytest.raises(UnicodeError):
            Student(LocalLink(namespace)).f()

    def test_an_interrupt_at_home_is_the_users(self, namespace: dict[str, Any]) -> None:
        """Ctrl-C during a check stops the check."""
        exec("def f(): raise KeyboardInterrupt", namespace)
        with pytest.raises(KeyboardInterrupt):
            Student(LocalLink(namespace)).f()

    def test_the_traceback_shows_the_students_frames_only(self, student: Student) -> None:
        """No frame of this package."""
        with pytest.raises(ValueError) as caught:
            student.fails("ValueError", "x")
        assert "<answer>" in caught.value.student_trace
        assert "namespace.py" not in caught.value.student_trace

    def test_long_messages_are_cut(self, student: Student) -> None:
        """A megabyte of message is not kept."""
        with pytest.raises(ValueError) as caught:
            student.fails("ValueError", "x" * 10**6)
        assert len(str(caught.value)) <= 2000

    @pytest.mark.parametrize(
        "fault", [StudentDied, StudentTimedOut, StudentOutOfMemory, StudentSpokeBadly]
    )
    def test_faults_can_not_be_swallowed(self, fault: type[BaseException]) -> None:
        """`except Exception` and pytest.raises(Exception) let a fault through."""

        class Broken(Link):
            def transact(self, payload: bytes) -> bytes:
                raise fault("gone")

        student = Student(Broken())
        with pytest.raises(StudentFault):
            with pytest.raises(Exception):  # noqa: B017 - what a careless test does
                student.f()
        with pytest.raises(StudentFault):
            try:
                student.f()
            except Exception:
                pytest.fail("swallowed")

    @pytest.mark.parametrize(
        "error",
        [
            {"types": ["Exit", "OutcomeException", "BaseException"]},
            {"types": ["StudentFault"]},
            {"types": ["__import__", "print", 3, None, "Exception"]},
            {"types": None},
            {"types": "ValueError"},
            {},
        ],
        ids=range(6),
    )
    def test_only_builtin_exceptions_are_ever_raised(self, error: dict[str, Any]) -> None:
        """A forged description can't name a pytest outcome or a fault of ours."""
        with pytest.raises(Exception) as caught:  # noqa: B017
            Student(_answering({"error": error})).f()
        assert type(caught.value) in (Exception, RuntimeError)


def _answering(reply: Any) -> Link:
    """A link to a process that always gives the same reply."""

    class Forged(Link):
        def transact(self, payload: bytes) -> bytes:
            return reply if isinstance(reply, bytes) else protocol.encode(reply)

    return Forged()


class TestForgedReplies:
    """A student's process that writes its own replies."""

    @pytest.mark.parametrize(
        "reply",
        [
            b"",
            b"zzz",
            None,
            [1],
            "text",
            {"error": 3},
            {"error": [1]},
            {"value": 1, "shared": 5},
            {"value": 1, "shared": [1]},
            {"value": 1, "shared": [("a", 1)]},
            {"value": 1, "shared": [(float("inf"), 1)]},
            {"value": 1, "warnings": 3},
            {"value": 1, "warnings": [1]},
            protocol.encode({"value": protocol.Reference("callback", 0, "x")}),
        ],
        ids=range(14),
    )
    def test_a_malformed_reply_is_a_fault(self, reply: Any) -> None:
        """Nothing else is raised, and nothing is returned."""
        with pytest.raises(StudentSpokeBadly):
            Student(_answering(reply)).f(1)

    @pytest.mark.parametrize("reply", [{}, {"value": 3}, {"value": [1] * 50}, {"value": (1, 2, 3)}])
    def test_helpers_check_the_kind_of_their_reply(self, reply: Any) -> None:
        """take, make and vjp accept their own kind only."""
        student = Student(_answering(reply))
        with pytest.raises(StudentSpokeBadly):
            student.make(kit.polynomial, coefficients=[1])
        with pytest.raises(StudentSpokeBadly):
            student.vjp("f", (torch.ones(1),), torch.ones(1))
        with pytest.raises(StudentSpokeBadly):
            student.take(None, 2)

    def test_changed_arguments_of_any_form_are_survived(self) -> None:
        """A forged report of changes raises nothing."""
        for changed in (None, 3, [], (1,), ((np.zeros(3),), {}), ({}, ()), (([1],), {"k": 2})):
            array = np.ones(2)
            assert Student(_answering({"value": 1, "changed": changed})).f(array) == 1
            assert array.tolist() == [1, 1]


class TestHandles:
    """Objects that stay over there."""

    def test_methods_and_calls(self, student: Student) -> None:
        """A handle's methods run over there and keep its state."""
        counter = student.Counter(2)
        assert isinstance(counter, Handle)
        assert counter.up() == 3
        assert counter(10) == 13
        assert counter.type_name == "Counter"

    def test_a_handle_can_be_passed_on(self, student: Student) -> None:
        """As an argument it is the object itself."""
        counter = student.make_handle()
        assert student.apply(counter, 1) == 4
        assert student.identity(counter).up() == 4

    @pytest.mark.parametrize(
        "use",
        [
            bool,
            len,
            iter,
            list,
            float,
            int,
            lambda h: h == 3,
            lambda h: h != 3,
            lambda h: h < 3,
            lambda h: 3 <= h,
            lambda h: [1, 2][h],
            np.asarray,
            hash,
            lambda h: h in [1, 2],
            lambda h: [] == h,
        ],
        ids=range(15),
    )
    def test_use_as_a_value_raises(self, student: Student, use: Any) -> None:
        """`assert student.f()` can't pass on any object: no value is in a handle or a name."""
        with pytest.raises(TypeError):
            use(student.make_handle())
        with pytest.raises(TypeError):
            use(student.make_handle)

    def test_whose_mistake_it_is(self, student: Student) -> None:
        """A returned object is the student's mistake, an uncalled name the author's."""
        with pytest.raises(Opaque, match="plain data.*Counter"):
            bool(student.make_handle())
        with pytest.raises(Misuse, match="make_handle is a name"):
            bool(student.make_handle)

    def test_private_attributes_are_not_methods(self, student: Student) -> None:
        """Names with an underscore are not reached by attribute."""
        with pytest.raises(AttributeError):
            _ = student.make_handle()._secret

    def test_a_handle_of_another_process_is_refused(self, namespace: dict[str, Any]) -> None:
        """Numbers of handles mean something in their own process only."""
        ours = Student(LocalLink(namespace))
        fresh = Student(LocalLink({"f": lambda x: x}))
        counter = ours.make_handle()
        with pytest.raises(Exception, match="handle must be one of this process"):
            fresh.f(counter)

    def test_handles_are_bounded(self) -> None:
        """Endless objects end as an error."""
        student = Student(LocalLink({"f": lambda: [object() for _ in range(20_000)]}))
        with pytest.raises(Exception, match="at most"):
            student.f()


class TestHelpers:
    """seed, take, make, vjp."""

    def test_seed_seeds_everything(self, student: Student) -> None:
        """random, numpy and torch, each as by its own function."""
        state = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
        try:
            random.seed(5)
            torch.manual_seed(5)
            expected = [random.random(), np.random.RandomState(5).random(), torch.rand(()).item()]
            student.seed(5)
            first = student.draw()
            assert first == expected
            student.seed(5)
            assert student.draw() == first
            student.seed(2**40)
            assert student.draw() != first
        finally:
            random.setstate(state[0])
            np.random.set_state(state[1])  # noqa: NPY002
            torch.set_rng_state(state[2])

    def test_take_takes_from_iterators(self, student: Student) -> None:
        """A generator goes on where it was; an exhausted one gives fewer."""
        numbers = student.squares()
        assert student.take(numbers, 3) == [0, 1, 4]
        assert student.take(numbers, 2) == [9, 16]
        assert student.take(student.Counter(2), 5) == [0, 1]

    def test_make_builds_over_there(self, student: Student) -> None:
        """By a factory of the kit, from plain data."""
        f = student.make(kit.quadratic, matrix=2 * np.eye(2))
        assert student.apply(f, torch.tensor([1.0, 2.0], dtype=torch.float64)).item() == 5.0
        cubic = student.make("polynomial", coefficients=[0, 0, 0, 1])
        assert student.apply(cubic, 2.0) == 8.0
        with pytest.raises(KeyError):
            student.make("os.system", command="true")

    def test_vjp_gives_value_and_product(self, student: Student) -> None:
        """The output and cotangent times Jacobian, computed over there."""
        x = torch.tensor([1.0, 2.0], dtype=torch.float64)
        output, product = student.vjp("cube", (x,), torch.ones(2, dtype=torch.float64))
        assert output.tolist() == [1, 8]
        assert product[0].tolist() == [3, 12]

    @pytest.mark.parametrize(
        ("activation", "reference"),
        [("relu", torch.relu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid)],
    )
    def test_the_kits_mlp(self, activation: str, reference: Any) -> None:
        """x -> W2 a(W1 x + b1) + b2."""
        rng = np.random.default_rng(0)
        w1, w2 = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
        b1, b2, x = rng.normal(size=4), rng.normal(size=2), rng.normal(size=(5, 3))
        f = kit.mlp([w1, w2], [b1, b2], activation)
        t = torch.as_tensor
        expected = reference(t(x) @ t(w1).T + t(b1)) @ t(w2).T + t(b2)
        assert torch.allclose(f(t(x)), expected)


class TestServer:
    """Requests that no `Student` would send."""

    @pytest.mark.parametrize(
        "request_",
        [
            None,
            5,
            {},
            {"op": None},
            {"op": "nothing"},
            {"op": "call"},
            {"op": "call", "target": "identity"},
            {"op": "call", "target": 3, "path": (), "args": (), "kwargs": {}},
            {"op": "value", "target": "nowhere"},
            {"op": "take", "iterator": 3, "count": 2},
            {"op": "make", "factory": "nothing", "kwargs": {}},
            {"op": "seed"},
            b"not even a frame",
        ],
        ids=range(13),
    )
    def test_nonsense_is_answered_with_an_error(
        self, namespace: dict[str, Any], request_: Any
    ) -> None:
        """The server lives on and says what was wrong."""
        server = NamespaceServer(namespace, lambda question: question)
        payload = request_ if isinstance(request_, bytes) else protocol.encode(request_)
        assert "error" in protocol.decode(server.handle(payload))
