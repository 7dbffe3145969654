"""Answers the judge's requests against a student's namespace: call this, read that, seed, take.

The same class serves at home (in the notebook's own process) and in grading (over the wire),
through the same codec, so that a test sees the same values in both places.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import shown
from autograder.protocol import ProtocolError, Reference, decode, encode
from autograder.student import kit
from autograder.student.policing import PolicyBreach, forbid

MAX_OBJECTS = 10_000
MAX_TEXT = 10_000

Ask = Callable[[bytes], bytes]
Operation = Callable[[dict[str, Any]], dict[str, Any]]


class NamespaceServer:
    """Serves one namespace.

    Args:
        namespace: the student's global names.
        ask: sends a question (an encoded callback request) to the judge and returns its answer.
        operations: further requests to serve, by name.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        ask: Ask,
        operations: dict[str, Operation] | None = None,
    ) -> None:
        self.namespace = namespace
        self._ask = ask
        self._operations = operations or {}
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}  # id of an object -> its number

    def handle(self, payload: bytes) -> bytes:
        """The encoded reply to an encoded request; student errors are part of a reply."""
        try:
            request = decode(payload, self._resolve)
            name = request["op"]
            operation = self._operations.get(name) or getattr(self, f"_op_{name}")
        except (ProtocolError, KeyError, TypeError, AttributeError) as error:
            return encode({"error": _described(error)})
        try:
            reply = operation(request)
            return encode(reply, self._export)
        except KeyboardInterrupt:
            raise  # at home the user's own; in grading the loop of `serving` answers for it
        except BaseException as error:  # noqa: B036 - SystemExit in student code is an answer too
            return encode({"error": _described(error)})

    # Operations, one per request.

    def _op_call(self, request: dict[str, Any]) -> dict[str, Any]:
        function = self._find(request)
        args, kwargs = request["args"], request["kwargs"]
        before = encode((args, kwargs), self._export)
        stdout = io.StringIO()
        with contextlib.ExitStack() as stack:
            caught: list[warnings.WarningMessage] = []
            if request.get("capture"):
                caught = stack.enter_context(warnings.catch_warnings(record=True))
                warnings.simplefilter("always")
                stack.enter_context(contextlib.redirect_stdout(stdout))
            value = function(*args, **kwargs)
        reply: dict[str, Any] = {"value": value, "shared": _shared(value, (args, kwargs))}
        if encode((args, kwargs), self._export) != before:
            reply["changed"] = (args, kwargs)
        if request.get("capture"):
            reply["stdout"] = stdout.getvalue()[:MAX_TEXT]
            reply["warnings"] = [
                (w.category.__name__[:200], str(w.message)[:MAX_TEXT]) for w in caught[:100]
            ]
        return reply

    def _op_value(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": self._find(request)}

    def _op_names(self, _request: dict[str, Any]) -> dict[str, Any]:
        return {"value": sorted(name for name in self.namespace if not name.startswith("_"))}

    def _op_seed(self, request: dict[str, Any]) -> dict[str, Any]:
        seed_everything(request["seed"])
        return {"value": None}

    def _op_draw(self, _request: dict[str, Any]) -> dict[str, Any]:
        """One draw from each global generator: what code that touches them changes."""
        drawn = [random.random(), float(np.random.random())]  # noqa: NPY002, S311
        torch = sys.modules.get("torch")
        if torch is not None:
            drawn.append(float(torch.rand(())))
        return {"value": drawn}

    def _op_take(self, request: dict[str, Any]) -> dict[str, Any]:
        taken: list[Any] = []
        iterator = iter(request["iterator"])
        for _ in range(request["count"]):
            try:
                taken.append(next(iterator))
            except StopIteration:
                break
        return {"value": taken}

    def _op_make(self, request: dict[str, Any]) -> dict[str, Any]:
        factory = kit.FACTORIES[request["factory"]]
        made = factory(**request["kwargs"])
        return {"value": self._export(made)}

    def _op_vjp(self, request: dict[str, Any]) -> dict[str, Any]:
        from torch.autograd.functional import vjp

        _vjp: Callable[..., Any] = vjp
        function = self._find(request)
        inputs = tuple(x.detach().requires_grad_() for x in request["inputs"])
        output, pullback = _vjp(function, inputs, request["cotangent"])
        return {"value": (output, pullback)}

    def _op_forbid(self, request: dict[str, Any]) -> dict[str, Any]:
        forbid(request["names"])
        return {"value": None}

    # References.

    def _find(self, request: dict[str, Any]) -> Any:
        target = request["target"]
        if type(target) is str:
            if target not in self.namespace:
                raise NameError(f"name {target!r} is not defined")
            found = self.namespace[target]
        else:
            found = target
        for name in request.get("path", ()):
            found = getattr(found, name)
        return found

    def _export(self, value: object) -> Reference:
        number = self._numbers.get(id(value), len(self._objects))  # kept alive, so ids stay
        if number >= MAX_OBJECTS:
            raise ProtocolError(f"a test must hold at most {MAX_OBJECTS} objects, got more")
        self._objects[number], self._numbers[id(value)] = value, number
        return Reference("handle", number, type(value).__name__)

    def _resolve(self, reference: Reference) -> object:
        if reference.kind == "handle":
            if reference.id not in self._objects:
                raise ProtocolError("handle must be one of this process, got another's")
            return self._objects[reference.id]
        return self._callback(reference)

    def _callback(self, reference: Reference) -> Callable[..., Any]:
        def call_the_judge(*args: Any, **kwargs: Any) -> Any:
            question = {"ask": reference.id, "args": args, "kwargs": kwargs}
            answer = decode(self._ask(encode(question, self._export)), self._resolve)
            if answer.get("failed"):
                raise RuntimeError("callback failed")
            return answer["value"]

        call_the_judge.__name__ = reference.label or "callback"
        return call_the_judge


def seed_everything(seed: int) -> None:
    """Seed random, numpy's global generator and, if it is loaded, torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - students may use the old interface
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:  # the same for the CPU, without a traceback kept for each accelerator that may come
        torch.default_generator.manual_seed(seed)


def _described(error: BaseException) -> dict[str, Any]:
    try:
        message = str(error)
    except Exception:
        message = "(its text could not be made)"
    return {
        "types": [cls.__name__ for cls in type(error).__mro__],
        "message": message[:MAX_TEXT],
        "trace": _own_frames(error)[:MAX_TEXT],
        "refused": isinstance(error, PolicyBreach),
    }


def _own_frames(error: BaseException) -> str:
    """The traceback below this package: the student's own frames."""
    try:
        summary = traceback.extract_tb(error.__traceback__)
    except Exception:
        return ""
    here = __file__.rpartition("student")[0]
    frames = [frame for frame in summary if not frame.filename.startswith(here)]
    return "".join(traceback.format_list(frames)) if frames else ""


def _memory_blocks(value: Any, depth: int = 0) -> list[Any]:
    """Arrays and tensors inside plain containers, in reading order."""
    if depth > 8:
        return []
    if isinstance(value, np.ndarray) or type(value).__name__ == "Tensor":
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [block for item in value[:100] for block in _memory_blocks(item, depth + 1)][:50]
    return []


def _shared(value: Any, arguments: Any) -> list[tuple[int, int]]:
    """Pairs (i, j): the i-th returned array shares memory with the j-th array argument."""
    results = [_as_numpy(block) for block in _memory_blocks(value)]
    given = [_as_numpy(block) for block in _memory_blocks(arguments)]
    return [
        (i, j)
        for i, result in enumerate(results)
        for j, argument in enumerate(given)
        if result is not None and argument is not None and np.may_share_memory(result, argument)
    ]


def _as_numpy(block: Any) -> np.ndarray[Any, Any] | None:
    if isinstance(block, np.ndarray):
        return block
    with contextlib.suppress(Exception):
        return np.asarray(block.detach().cpu().numpy())
    return None


def missing_name(reply: dict[str, Any]) -> str | None:
    """The undefined name that an error reply complains of, for a better sentence."""
    error = reply.get("error") or {}
    text = shown(error.get("message", ""))
    return text if text.startswith("name ") and text.endswith("is not defined") else None
