"""What a class's marks say: per-question difficulty and discrimination, counts, histograms.

Only submissions that were really taken count in the measures of questions: one that is missing or
unreadable says nothing about a question, one that is not_marked says nothing at all.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from autograder.report.schema import Question, Run, Submission

NOT_TAKEN = ("missing", "invalid", "not_marked")
LEAST_STUDENTS = 3  # two points always correlate by +1 or -1


@dataclass(frozen=True)
class QuestionMeasure:
    """How one question went; shares are of its points, in [0, 1] without extra credit."""

    id: str
    max_score: float
    marked: int
    mean_share: float | None
    full_share: float | None
    zero_share: float | None
    discrimination: float | None
    verdicts: Counter[str]


@dataclass(frozen=True)
class Histogram:
    """Counts of values in [edges[i], edges[i + 1]); the last bin holds its right edge too."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class FailingHint:
    """A failed test's hint (or public title, or nothing) and how many students saw it."""

    question: str
    text: str
    students: int


def taken(run: Run) -> list[Submission]:
    """The submissions that could be opened and were marked, in the order of the run."""
    return [each for each in run["submissions"] if each["outcome"] not in NOT_TAKEN]


def final_score(submission: Submission) -> float | None:
    """The points after the late penalty, never below zero; None while there is no score."""
    score = submission["score"]
    return None if score is None else max(0.0, score - submission["late_penalty"])


def question_maxima(run: Run) -> dict[str, float]:
    """Question -> points it can give, in notebook order, over all submissions."""
    maxima: dict[str, float] = {}
    for submission in sorted(run["submissions"], key=lambda each: -len(each["questions"])):
        for key, question in submission["questions"].items():
            maxima[key] = max(maxima.get(key, 0.0), question["max_score"])
    return maxima


def question_measures(run: Run) -> list[QuestionMeasure]:
    """Every question's measures, in notebook order."""
    submissions = taken(run)
    return [_measure(submissions, key, points) for key, points in question_maxima(run).items()]


def _measure(submissions: Sequence[Submission], key: str, max_score: float) -> QuestionMeasure:
    pairs = []
    for submission in submissions:
        item = _share([submission["questions"][key]]) if key in submission["questions"] else None
        if item is not None:
            others = [each for name, each in submission["questions"].items() if name != key]
            pairs.append((item, _share(others)))
    items = [item for item, _ in pairs]
    both = [(item, rest) for item, rest in pairs if rest is not None]
    return QuestionMeasure(
        id=key,
        max_score=max_score,
        marked=len(items),
        mean_share=_mean(items),
        full_share=_mean([share >= 1 - 1e-9 for share in items]),
        zero_share=_mean([share <= 0 for share in items]),
        discrimination=discrimination([a for a, _ in both], [b for _, b in both]),
        verdicts=_verdicts(submissions, key),
    )


def _share(questions: Iterable[Question]) -> float | None:
    """Share of the points given among the questions that are wholly marked."""
    marked = [(score, q["max_score"]) for q in questions if (score := _whole_score(q)) is not None]
    possible = math.fsum(most for _, most in marked)
    return math.fsum(score for score, _ in marked) / possible if possible > 0 else None


def _whole_score(question: Question) -> float | None:
    waits = any(part["score"] is None for part in question["parts"].values())
    return None if waits else question["score"]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _verdicts(submissions: Sequence[Submission], key: str) -> Counter[str]:
    return Counter(
        each["questions"][key]["verdict"] for each in submissions if key in each["questions"]
    )


def discrimination(item: ArrayLike, rest: ArrayLike) -> float | None:
    """Pearson correlation of a question's share with the share on all other questions.

    For a question that is all or nothing this is the point-biserial coefficient; leaving the
    question out of the other score keeps it from correlating with itself.

    Args:
        item: (n,) shares of one question.
        rest: (n,) shares of the same students on the other questions.

    Returns:
        A number in [-1, 1]; None with fewer than three students or when one side is constant.

    Raises:
        ValueError: the two are not one-dimensional and equally long.

    Source:
        Henrysson, "Correction of item-total correlations in item analysis", Psychometrika 28,
        1963. Ours is the plain correlation with the remainder, without his further correction
        for the remainder being a shorter test, and takes partial credit as it is.
    """
    x, y = np.asarray(item, dtype=np.float64), np.asarray(rest, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"rest must be one number for each of item, got {x.shape}, {y.shape}")
    if len(x) < LEAST_STUDENTS:
        return None
    x, y = x - x.mean(), y - y.mean()
    # Shares of equal students differ by rounding alone; a correlation of that would be noise.
    if max(abs(x)) < 1e-12 or max(abs(y)) < 1e-12:
        return None
    x, y = x / max(abs(x)), y / max(abs(y))
    correlation = float(x @ y / math.sqrt(float(x @ x) * float(y @ y)))
    return min(1.0, max(-1.0, correlation))


def score_histogram(scores: Sequence[float], max_score: float, bins: int = 10) -> Histogram:
    """Scores counted in equal bins over [0, max_score]; extra credit falls in the last bin.

    Raises:
        ValueError: max_score is not positive, or bins not at least 1.
    """
    if not max_score > 0:
        raise ValueError(f"max_score must be positive, got {max_score!r}")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins!r}")
    # Integer multiples, so that a printed edge is the edge that was compared with.
    edges = [max_score * i / bins for i in range(bins + 1)]
    return _count(np.clip(np.asarray(scores, dtype=np.float64), 0.0, max_score), edges)


def seconds_histogram(seconds: Sequence[float]) -> Histogram:
    """Durations counted between the steps of the series 0, 0.1, 0.2, 0.5, 1, 2, 5, 10 ... seconds.

    The longest job takes hundreds of times the median, so equal bins would show one bar.
    """
    longest = max(seconds, default=0.0)
    edges = [0.0, 0.1]
    while edges[-1] <= longest:
        decade, step = divmod(len(edges) - 1, 3)
        edges.append((1, 2, 5)[step] * 10.0 ** (decade - 1))
    first = max((i for i, edge in enumerate(edges[:-1]) if edge <= min(seconds, default=0.0)))
    return _count(np.asarray(seconds, dtype=np.float64), edges[first:])


def _count(values: np.ndarray[tuple[int], np.dtype[np.float64]], edges: list[float]) -> Histogram:
    counts, _ = np.histogram(values, bins=np.asarray(edges))
    return Histogram(tuple(edges), tuple(int(count) for count in counts))


def outcome_counts(run: Run) -> Counter[str]:
    """Outcome -> number of submissions."""
    return Counter(submission["outcome"] for submission in run["submissions"])


def failing_hints(run: Run, most: int = 15) -> list[FailingHint]:
    """The hints that most students met, most frequent first; each student counts once."""
    seen = Counter(pair for submission in taken(run) for pair in failures(submission))
    order = sorted(seen.items(), key=lambda entry: (-entry[1], entry[0]))
    return [FailingHint(question, text, n) for (question, text), n in order[:most]]


def failures(submission: Submission) -> list[tuple[str, str]]:
    """(question, hint or else public title) of every failed test, each once."""
    found = [
        (key, test["hint"] or test["title"])
        for key, question in submission["questions"].items()
        for part in question["parts"].values()
        for test in part["tests"]
        if not test["passed"]
    ]
    return list(dict.fromkeys(found))
