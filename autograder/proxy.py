"""The `student` that tests talk to: names of a namespace that may live in another process.

`Link` carries one request and its callbacks; `LocalLink` does so within this process (at home),
`judge.session.WireLink` over a socket (in grading). Both use the codec of `protocol`, so a test
can't tell them apart.

What a student's process says of itself (changed arguments, shared memory) is a claim: it may cost
marks, never earn them (`Student.in_place`). Its failure as a process can't be swallowed: death, a
time-out or a broken frame is a `StudentFault`, which is no `Exception`, so that `except Exception`
or `pytest.raises` in a test can't turn it into a pass.
"""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from autograder.changes import copy_back, differs
from autograder.errors import shown
from autograder.protocol import ProtocolError, Reference, decode, encode
from autograder.student.namespace import NamespaceServer


class StudentFault(BaseException):
    """The student's process failed as a process; nothing a test catches by accident."""


class StudentDied(StudentFault):
    """It ended while it was asked something."""


class StudentTimedOut(StudentFault):
    """It did not answer within its limit."""


class StudentOutOfMemory(StudentFault):
    """It asked for more memory than it may have."""


class StudentSpokeBadly(StudentFault):
    """It sent a frame that is no answer."""


class Misuse(TypeError):
    """A test used a name as if it were a value: the author's mistake."""


class Opaque(TypeError):
    """An object where a test needs plain data: what the student's function returned is wrong."""


@dataclass
class Call:
    """The last call: what it returned and what the student's process said of it."""

    value: Any = None
    shared: list[tuple[int, int]] = field(default_factory=list)
    stdout: str = ""
    warnings: list[tuple[str, str]] = field(default_factory=list)


class Link:
    """Requests to one namespace server, with callbacks and references.

    Attributes:
        requested: names that were asked for.
        writes_changes: whether changed arguments are written into the test's own objects.
        changed: whether a function changed arguments, or says so, without being asked to.
    """

    def __init__(self) -> None:
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._callback_error: BaseException | None = None
        self._waiting = False
        self.requested: list[str] = []
        self.writes_changes = True
        self.changed = False

    def transact(self, payload: bytes) -> bytes:
        """Send a request and return the reply; questions go to `answer`."""
        raise NotImplementedError

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """The reply to a request.

        Raises:
            Exception: the builtin nearest to what the student's code raised, marked `from_student`;
                or whatever a callback of the test raised.
            StudentFault: no proper reply.
            Misuse: asked by a callback, while the student's process waits for its answer.
        """
        if self._waiting:
            raise Misuse("a callback must not ask the student's process, which waits for it")
        self._callback_error, self._waiting = None, True
        try:
            reply = self._decoded(self.transact(encode(message, self._export)))
        finally:
            self._waiting = False
            self._callbacks.clear()
        if self._callback_error is not None:
            raise self._callback_error
        if "error" in reply:
            raise_student_error(reply["error"])
        return reply

    def answer(self, payload: bytes) -> bytes:
        """The encoded answer to an encoded question (a call of one of the test's callables)."""
        question = self._decoded(payload)
        try:
            callback, args, kwargs = self._asked(question)
            value = callback(*args, **kwargs)
            return encode({"value": value}, self._export)
        except BaseException as error:  # noqa: B036 - recorded, and raised again in the test
            error.from_callback = True  # type: ignore[attr-defined]
            self._callback_error = self._callback_error or error
            return encode({"failed": True})

    def _asked(
        self, question: dict[str, Any]
    ) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        """What a question asks for: a callable of this call, and its arguments."""
        number, args, kwargs = (question.get(key) for key in ("ask", "args", "kwargs"))
        if type(args) is not tuple or type(kwargs) is not dict:
            raise StudentSpokeBadly("question must have a tuple and a dict of arguments, got other")
        if type(number) is not int or number not in self._callbacks:
            raise ProtocolError("callback must be one of this call, got another")
        return self._callbacks[number], args, kwargs

    def _decoded(self, payload: bytes) -> dict[str, Any]:
        try:
            reply = decode(payload, self._resolve)
        except ProtocolError as error:
            raise StudentSpokeBadly(str(error)) from None
        if type(reply) is not dict:
            raise StudentSpokeBadly(f"reply must be a dict, got {shown(type(reply).__name__)}")
        return reply

    def _export(self, value: object) -> Reference:
        if isinstance(value, Handle):
            return value._reference
        if isinstance(value, Name):
            raise Misuse(f"call {value._label}(...) or read it with student.value(...)")
        if callable(value):
            number = len(self._callbacks)
            self._callbacks[number] = value
            return Reference("callback", number, getattr(value, "__name__", "callback"))
        raise ProtocolError(f"argument must be plain data, got {shown(type(value).__name__)}")

    def _resolve(self, reference: Reference) -> object:
        if reference.kind == "handle":
            return Handle(self, reference)
        raise ProtocolError("reply must not name a callback, got one")


class LocalLink(Link):
    """A namespace of this process: what a student's own `check` uses."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__()
        self._server = NamespaceServer(namespace, self.answer)

    def transact(self, payload: bytes) -> bytes:
        return self._server.handle(payload)


class Name:
    """A name in the student's namespace, or a method of a handle: call it."""

    def __init__(
        self,
        link: Link,
        target: str | Handle,
        path: tuple[str, ...] = (),
        *,
        in_place: bool = False,
    ) -> None:
        self._link, self._target, self._path, self._in_place = link, target, path, in_place
        root = target if isinstance(target, str) else target._reference.label
        self._label = ".".join((root, *path))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(args, kwargs).value

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], capture: bool = False) -> Call:
        if isinstance(self._target, str):
            self._link.requested.append(self._target)
        message = {
            "op": "call",
            "target": self._target,
            "path": self._path,
            "args": args,
            "kwargs": kwargs,
            "capture": capture,
        }
        reply = self._link.request(message)
        if "changed" in reply:
            with spoken_badly():
                self._link.changed |= not self._in_place and differs(reply["changed"], args, kwargs)
                everything = self._in_place or self._link.writes_changes
                copy_back(reply["changed"], (args, kwargs), everything=everything)
        with spoken_badly():
            return Call(
                reply.get("value"),
                [(int(i), int(j)) for i, j in reply.get("shared", [])],
                str(reply.get("stdout", "")),
                [(str(a), str(b)) for a, b in reply.get("warnings", [])],
            )

    def __getattr__(self, name: str) -> Name:
        if name.startswith("_"):
            raise AttributeError(name)
        return Name(self._link, self._target, (*self._path, name), in_place=self._in_place)

    def _misused(self, *_: object) -> NoReturn:
        raise self._misuse()

    def _misuse(self) -> TypeError:
        return Misuse(
            f"{self._label} is a name in the student's process: call it or use student.value"
        )

    __bool__ = __len__ = __iter__ = __array__ = __float__ = __int__ = __index__ = _misused
    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _misused
    __hash__ = None  # type: ignore[assignment]


class Handle(Name):
    """An object that stays in the student's process: call it or its methods."""

    def __init__(self, link: Link, reference: Reference) -> None:
        self._reference = reference
        super().__init__(link, self)

    @property
    def type_name(self) -> str:
        """What its class calls itself (a claim)."""
        return self._reference.label

    def _misuse(self) -> TypeError:
        label = shown(self._reference.label, 40)
        return Opaque(f"result must be plain data (numbers, lists, arrays), got a {label}")


class Student:
    """The student's namespace: `student.f(x)` calls f over there and returns plain data."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.last_call = Call()

    def __getattr__(self, name: str) -> Name:
        if name.startswith("__"):
            raise AttributeError(name)
        return Name(self._link, name)

    def __getitem__(self, name: str) -> Name:
        """The same as attribute access, for names that `Student` itself uses."""
        return Name(self._link, name)

    def value(self, target: str | Handle, name: str | None = None) -> Any:
        """A variable of the namespace, or attribute `name` of a handle, as plain data."""
        if isinstance(target, str):
            self._link.requested.append(target)
        path = () if name is None else (name,)
        return self._link.request({"op": "value", "target": target, "path": path}).get("value")

    def names(self) -> list[str]:
        """The public names that the namespace defines (a claim)."""
        found = self._link.request({"op": "names"}).get("value")
        if type(found) is not list or not all(type(name) is str for name in found):
            raise StudentSpokeBadly("names must be a list of texts, got other")
        return found

    def call(self, function: str | Name, *args: Any, **kwargs: Any) -> Call:
        """Call a function and return value, stdout, warnings and shared memory."""
        name = Name(self._link, function) if isinstance(function, str) else function
        self.last_call = name._call(args, kwargs, capture=True)
        return self.last_call

    def in_place(self, target: str | Name) -> Name:
        """A function or object whose job is to change its arguments.

        What it changes is read from the test's own arrays, like a returned value: a claim, from
        which no expected value may be computed. Without this, a test that passes although arguments
        were changed is run once more with the changes withheld, and must pass again. Generators
        that moved on are no such change.
        """
        if isinstance(target, str):
            return Name(self._link, target, in_place=True)
        return Name(self._link, target._target, target._path, in_place=True)

    def seed(self, seed: int) -> None:
        """Seed random, numpy and torch over there."""
        self._link.request({"op": "seed", "seed": int(seed)})

    def draw(self) -> list[float]:
        """One draw from each global generator over there (random, numpy, torch if loaded).

        After the same `seed`, a call in between that leaves global random state alone changes
        nothing. A claim: it may cost marks, never earn them.
        """
        drawn = self._link.request({"op": "draw"}).get("value")
        if type(drawn) is not list or not all(type(x) is float for x in drawn):
            raise StudentSpokeBadly("draw must give numbers, got other")
        return drawn

    def take(self, iterator: Handle, count: int) -> list[Any]:
        """Up to `count` items of an iterator over there."""
        taken = self._link.request({"op": "take", "iterator": iterator, "count": count}).get(
            "value"
        )
        if type(taken) is not list or len(taken) > count:
            raise StudentSpokeBadly(f"take must give at most {count} items, got other")
        return taken

    def make(self, factory: Callable[..., Any] | str, **data: Any) -> Handle:
        """What a factory of `autograder.student.kit` builds over there from plain data."""
        name = factory if isinstance(factory, str) else factory.__name__
        made = self._link.request({"op": "make", "factory": name, "kwargs": data}).get("value")
        if not isinstance(made, Handle):
            raise StudentSpokeBadly("make must give a handle, got other")
        return made

    def vjp(self, function: str | Handle, inputs: Sequence[Any], cotangent: Any) -> tuple[Any, Any]:
        """Output of `function` and its vector-Jacobian product, both computed over there."""
        if isinstance(function, str):
            self._link.requested.append(function)
        message = {
            "op": "vjp",
            "target": function,
            "inputs": tuple(inputs),
            "cotangent": cotangent,
        }
        value = self._link.request(message).get("value")
        if type(value) is not tuple or len(value) != 2:
            raise StudentSpokeBadly("vjp must give a pair, got other")
        return value[0], value[1]


@contextlib.contextmanager
def spoken_badly() -> Any:
    """Turn a malformed reply into `StudentSpokeBadly`."""
    try:
        yield
    except (
        TypeError,
        ValueError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RuntimeError,
    ) as error:
        raise StudentSpokeBadly(shown(error)) from None


def raise_student_error(described: Any) -> NoReturn:
    """Raise the builtin exception nearest to the one that the student's code raised."""
    if type(described) is not dict:
        raise StudentSpokeBadly("error must be described by a dict, got other")
    types = described.get("types")
    message = shown(str(described.get("message", "")), 2000)
    error = _builtin_error(types if type(types) is list else [], message)
    error.from_student = True  # type: ignore[attr-defined]
    error.refused = described.get("refused") is True  # type: ignore[attr-defined]
    error.student_trace = str(described.get("trace", ""))[:10_000]  # type: ignore[attr-defined]
    raise error


def _builtin_error(types: Iterable[object], message: str) -> Exception:
    for name in types:
        cls = getattr(builtins, name, None) if type(name) is str else None
        if isinstance(cls, type) and issubclass(cls, Exception):
            with contextlib.suppress(Exception):
                return cls(message)
    return RuntimeError(message)
