"""Cases of benchmarks/theory.py: one module a computation, each with a list `CASES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """One computation, done the naive way, by the best public tool, and by tdlcourse.

    Args:
        name: what --only selects, e.g. "ntk".
        title: one line with the sizes.
        naive: what a course notebook does today; returns anything.
        ours: the call of tdlcourse; returns anything.
        target: least CPU time of naive over that of ours.
        error: from the result of ours to its error against an independent oracle; not timed.
        bound: largest error allowed.
        best: name of a public tool or known better method -> its call; may be empty.
        share: the part of the work that `naive` does, if it would take minutes: its time is
            divided by it.
    """

    name: str
    title: str
    naive: Callable[[], object]
    ours: Callable[[], object]
    target: float
    error: Callable[[object], float]
    bound: float
    best: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    share: float = 1.0
