"""The result of one grading run: what `tdl grade --json` writes and every report reads.

Two words are easily confused. `not_marked` is the judge's own fault: such a score is null, never
zero. `unmarked` is a question that waits for a marker's hand.

`score` of a submission is the sum of its question scores, hand marks included, *before* the late
penalty, as nbgrader keeps it; `late_penalty` is in points (`measures.final_score` subtracts it).
Readers ignore keys that are not listed here.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypedDict,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

SCHEMA_VERSION = 1

_TYPE_NAMES = {str: "a string", bool: "true or false", float: "a finite number", NoneType: "null"}


@dataclass(frozen=True)
class Rule:
    """What a value must be beyond its type, in words and as a predicate."""

    expected: str
    holds: Callable[[Any], bool]


def _is_timestamp(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


NonNegative = Annotated[float, Rule("a number >= 0", lambda number: number >= 0)]
Hex = Annotated[
    str, Rule("hexadecimal digits", lambda s: re.fullmatch("[0-9a-fA-F]*", s) is not None)
]
Name = Annotated[str, Rule("a non-empty string", bool)]
Timestamp = Annotated[str, Rule("an ISO 8601 date and time", _is_timestamp)]

Outcome = Literal[
    "finished",
    "crashed",
    "timed_out",
    "out_of_memory",
    "killed",
    "missing",
    "invalid",
    "not_marked",
]
Verdict = Literal[
    "correct",
    "partial",
    "wrong",
    "refused",
    "crashed",
    "timed_out",
    "out_of_memory",
    "not_marked",
    "unmarked",
]
Kind = Literal["judge", "ordinary", "manual"]

OUTCOMES: tuple[str, ...] = get_args(Outcome)
VERDICTS: tuple[str, ...] = get_args(Verdict)


class CheckedTest(TypedDict):
    """One test of a part; the title of a hidden test is empty."""

    title: str
    passed: bool
    weight: NonNegative
    public: bool
    hint: str


class Part(TypedDict):
    """One graded cell."""

    score: float | None
    max_score: NonNegative
    verdict: Verdict
    kind: Kind
    tests: list[CheckedTest]


class Question(TypedDict):
    """The sum of its parts: points given so far, null where none is known yet."""

    score: float | None
    max_score: NonNegative
    verdict: Verdict
    parts: dict[str, Part]


class Submission(TypedDict):
    """One student's work; times in seconds, marks in points."""

    student: Name
    outcome: Outcome
    score: float | None
    max_score: NonNegative
    auto_score: float | None
    needs_manual: bool
    late_seconds: NonNegative
    late_penalty: NonNegative
    seconds: NonNegative
    cpu_seconds: NonNegative
    message: str
    flags: list[str]
    questions: dict[str, Question]


class Versions(TypedDict):
    """The software that marked; empty where a part was not installed."""

    python: str
    torch: str
    numpy: str
    nbgrader: str
    autograder: str


class Seed(TypedDict):
    """Which term's hidden inputs were used; the fingerprint does not reveal the secret."""

    term: str
    fingerprint: Hex


class Run(TypedDict):
    """A whole grading run."""

    schema: Literal[1]
    course: str
    assignment: Name
    created: Timestamp
    versions: Versions
    seed: Seed
    level: str
    wall_seconds: NonNegative
    max_score: NonNegative
    submissions: list[Submission]


def validate_run(data: object) -> Run:
    """The same object, known to be a grading run.

    Args:
        data: what `json.load` gave.

    Returns:
        `data` itself, typed.

    Raises:
        ValueError: a field is missing, of the wrong type or out of range, a student occurs twice,
            or something not_marked has a score. The message names the field by its path.
    """
    try:
        _checker(Run)(data)
    except _Unfit as unfit:
        raise ValueError(f"run{unfit.path} must be {unfit.said}") from None
    run = cast(Run, data)
    _check_students(run)
    for position, submission in enumerate(run["submissions"]):
        _check_not_marked(submission, f"run.submissions[{position}]")
    return run


class _Unfit(Exception):
    """A value that is not what it must be; the path to it grows on the way out."""

    def __init__(self, said: str, path: str = "") -> None:
        super().__init__(said)
        self.said, self.path = said, path


Checker = Callable[[object], None]


@cache
def _checker(kind: Any) -> Checker:
    """Says whether a value is of a kind; made once per kind, since a run has many values."""
    origin = get_origin(kind)
    if is_typeddict(kind):
        return _fields_checker(kind)
    if origin is Annotated:
        return _rule_checker(*get_args(kind))
    if origin is Literal:
        return _choice_checker(get_args(kind))
    if origin is list:
        return _list_checker(_checker(get_args(kind)[0]))
    if origin is dict:
        return _dict_checker(*map(_checker, get_args(kind)))
    return _scalar_checker(kind)


def _fields_checker(kind: Any) -> Checker:
    hints = get_type_hints(kind, include_extras=True)
    fields = [(key, _checker(field)) for key, field in hints.items()]

    def check(value: object) -> None:
        if not isinstance(value, dict):
            raise _unfit("an object", value)
        for key, field in fields:
            if key not in value:
                raise _Unfit("given, got no such key", f".{key}")
            try:
                field(value[key])
            except _Unfit as unfit:
                unfit.path = f".{key}{unfit.path}"
                raise

    return check


def _rule_checker(base: Any, rule: Any) -> Checker:
    of_base = _checker(base)

    def check(value: object) -> None:
        of_base(value)
        if not rule.holds(value):
            raise _unfit(rule.expected, value)

    return check


def _choice_checker(choices: tuple[object, ...]) -> Checker:
    kind = type(choices[0])

    def check(value: object) -> None:
        if type(value) is not kind or value not in choices:
            raise _unfit(_one_of(choices), value)

    return check


def _list_checker(of_member: Checker) -> Checker:
    def check(value: object) -> None:
        if not isinstance(value, list):
            raise _unfit("a list", value)
        for position, member in enumerate(value):
            try:
                of_member(member)
            except _Unfit as unfit:
                unfit.path = f"[{position}]{unfit.path}"
                raise

    return check


def _dict_checker(of_key: Checker, of_member: Checker) -> Checker:
    def check(value: object) -> None:
        if not isinstance(value, dict):
            raise _unfit("an object", value)
        for key, member in value.items():
            of_key(key)
            try:
                of_member(member)
            except _Unfit as unfit:
                unfit.path = f"[{key!r}]{unfit.path}"
                raise

    return check


def _scalar_checker(kind: Any) -> Checker:
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    expected = " or ".join(_TYPE_NAMES[each] for each in kinds)

    def check(value: object) -> None:
        if not any(_is_scalar(value, each) for each in kinds):
            raise _unfit(expected, value)

    return check


def _is_scalar(value: object, kind: Any) -> bool:
    if kind is float:  # json writes 3.0 as 3 elsewhere; True is an int in Python, not a mark
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(cast(float, value))
    return isinstance(value, kind)


def _check_students(run: Run) -> None:
    names = Counter(submission["student"] for submission in run["submissions"])
    for name, times in names.items():
        _require(times == 1, "run.submissions", "one per student", f"{times} of {name}")


def _check_not_marked(submission: Submission, name: str) -> None:
    """A zero must never stand for the judge's own fault."""
    marked = submission["outcome"] != "not_marked"
    for key, question in submission["questions"].items():
        where = f"{name}.questions[{key!r}]"
        whole = question["verdict"] != "not_marked"
        for part_id, part in question["parts"].items():
            known = part["verdict"] != "not_marked"
            _require_null(known, part["score"], f"{where}.parts[{part_id!r}].score")
            whole = whole and known
        _require_null(whole, question["score"], f"{where}.score")
        marked = marked and whole
    _require_null(marked, submission["score"], f"{name}.score")


def _require_null(marked: bool, score: float | None, name: str) -> None:
    _require(marked or score is None, name, "null where something is not_marked", score)


def _require(condition: bool, name: str, expected: str, found: object) -> None:
    if not condition:
        raise ValueError(f"{name} must be {_unfit(expected, found).said}")


def _unfit(expected: str, found: object) -> _Unfit:
    shown = repr(found)
    shown = shown if len(shown) <= 80 else shown[:79] + "…"
    return _Unfit(f"{expected}, got {shown}")


def _one_of(choices: tuple[object, ...]) -> str:
    if len(choices) == 1:
        return repr(choices[0])
    return "one of " + ", ".join(repr(choice) for choice in choices)
