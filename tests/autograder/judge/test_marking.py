"""From results to a part: laws of scores and verdicts, and seeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.cases import Case, Result, shares
from autograder.judge.marking import Part, Seeds, fingerprint, part_of, until_too_slow

VERDICTS = ("correct", "wrong", "crashed", "timed_out", "out_of_memory", "refused", "not_marked")


def made(verdicts: list[tuple[str, float, str]], public: int = 0) -> list[Result]:
    """Results from (verdict, weight, group)."""
    weights = {group: weight for _, weight, group in verdicts}
    results = []
    for number, (verdict, _, group) in enumerate(verdicts):
        case = Case(
            id=f"{group}[{number}]",
            question="q1",
            weight=weights[group],
            group=group,
            title="t",
            hint="",
            public=number < public,
            forbid=(),
            timeout=1.0,
        )
        results.append(Result(case, verdict, f"message {number}"))
    return results


def weighted(verdicts: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, float, str]]]:
    weights = st.sampled_from([0.0, 0.5, 1.0, 3.0, 1e-9, 1e9])
    one = st.tuples(st.sampled_from(verdicts), weights, st.sampled_from("abcd"))
    return st.lists(one, min_size=1, max_size=12)


points = st.sampled_from([0.0, 1.0, 7.0, 0.1, 23.0, 1e6])


@given(weighted(VERDICTS), points, st.sampled_from(["", "torch.nn is not allowed"]))
def test_scores_are_within_the_points(
    verdicts: list[tuple[str, float, str]], points: float, breach: str
) -> None:
    """0 <= score <= points, or no score exactly when something is not marked."""
    results = made(verdicts)
    part = part_of("q1", points, results, breach)
    if any(v == "not_marked" for v, _, _ in verdicts):
        assert (part.score, part.verdict) == (None, "not_marked")
        return
    assert part.score is not None
    assert 0 <= part.score <= points
    if breach or any(v == "refused" for v, _, _ in verdicts):
        assert (part.score, part.verdict) == (0.0, "refused")
        assert part.breach
    assert part.results == results


@given(weighted(VERDICTS[:5]), points)
def test_the_verdict_follows_from_the_score(
    verdicts: list[tuple[str, float, str]], points: float
) -> None:
    """Full marks exactly if every weighted test passed; nothing exactly if none did."""
    results = made(verdicts)
    part = part_of("q1", points, results, "")
    share = shares(r.case for r in results)
    counted = [r for r in results if share[r.case.id] > 0] or results
    passed = [r.verdict == "correct" for r in counted]
    assert (part.verdict == "correct") == all(passed)
    if all(passed):
        assert part.score == points
    if part.verdict == "partial":
        assert any(passed)
        assert part.score is not None
        assert part.score < points or points == 0 or part.score == pytest.approx(points)
    if part.verdict in VERDICTS[1:5]:
        assert part.score == 0
        assert any(r.verdict == part.verdict for r in counted)


@given(weighted(("correct", "wrong")), points)
def test_passing_one_more_test_never_lowers_a_mark(
    verdicts: list[tuple[str, float, str]], points: float
) -> None:
    """Monotone in every test."""
    before = part_of("q1", points, made(verdicts), "").score or 0.0
    for i, (_, weight, group) in enumerate(verdicts):
        better = [*verdicts[:i], ("correct", weight, group), *verdicts[i + 1 :]]
        after = part_of("q1", points, made(better), "").score or 0.0
        assert after >= before - 1e-9 * max(points, 1)


def test_exact_shares() -> None:
    """points * passed weight / all weight, a function's weight shared among its parameters."""
    results = made(
        [("correct", 3.0, "a"), ("wrong", 3.0, "a"), ("wrong", 1.0, "b"), ("correct", 2.0, "c")]
    )
    part = part_of("q1", 12.0, results, "")
    assert part.score == pytest.approx(12 * (1.5 + 2) / 6)
    assert part.verdict == "partial"


def test_public_tests_without_weight_decide_nothing() -> None:
    """A failed public test costs nothing if the weighted ones pass, and earns nothing."""
    lost = made([("wrong", 0.0, "p"), ("correct", 1.0, "h")], public=1)
    assert part_of("q1", 4.0, lost, "").verdict == "correct"
    won = made([("correct", 0.0, "p"), ("wrong", 1.0, "h")], public=1)
    assert part_of("q1", 4.0, won, "").score == 0.0


def test_a_diagnostic_without_points_still_has_verdicts() -> None:
    """With no points or no weights at all, verdicts come from the tests."""
    assert part_of("q0", 0.0, made([("correct", 1.0, "a"), ("wrong", 1.0, "b")]), "").verdict == (
        "partial"
    )
    assert part_of("q0", 5.0, made([("correct", 0.0, "a")]), "").score == 5.0
    assert part_of("q0", 5.0, made([("wrong", 0.0, "a")]), "").score == 0.0


def test_a_part_without_any_test_is_never_full_marks() -> None:
    """No results: nothing has been shown."""
    part = part_of("q1", 4.0, [], "")
    assert isinstance(part, Part)
    assert part.verdict != "correct"


@pytest.mark.parametrize("worst", ["timed_out", "out_of_memory", "crashed", "wrong"])
def test_the_worst_is_named(worst: str) -> None:
    """Nothing passed: the verdict names what a student should look at first."""
    order = ["timed_out", "out_of_memory", "crashed", "wrong"]
    verdicts = [(v, 1.0, v) for v in order[order.index(worst) :]]
    assert part_of("q1", 4.0, made(verdicts), "").verdict == worst


@pytest.mark.parametrize(
    ("verdicts", "most", "tried"),
    [
        ("tttttt", 3, 3),
        ("ctctct", 3, 6),
        ("ctctctc", 3, 6),
        ("tcc", 1, 1),
        ("cct", 1, 3),
        ("cccc", 1, 4),
    ],
)
def test_an_endless_function_is_not_tried_for_ever(verdicts: str, most: int, tried: int) -> None:
    """At the last time-out allowed the rest is left; nothing else ends the tests."""
    names = {"t": "timed_out", "c": "correct"}
    results = made([(names[v], 1.0, "a") for v in verdicts])
    items = list(range(len(verdicts)))
    found = list(until_too_slow(items, lambda i: results[i], most))  # type: ignore[arg-type, type-var]
    assert found == items[:tried]


class TestSeeds:
    """One seed per term, assignment, test and submitter."""

    def test_they_repeat(self) -> None:
        """The same question gives the same seed."""
        assert Seeds(b"s", "c", "a").of("t") == Seeds(b"s", "c", "a").of("t")

    def test_everything_matters(self) -> None:
        """Secret, scope, submitter and test each change it."""
        base = ("secret", "scope", "student", "test")
        seeds = {Seeds(base[0].encode(), base[1], base[2]).of(base[3])}
        for i in range(4):
            changed = [part + "x" if i == j else part for j, part in enumerate(base)]
            seeds.add(Seeds(changed[0].encode(), changed[1], changed[2]).of(changed[3]))
        assert len(seeds) == 5

    def test_parts_are_told_apart(self) -> None:
        """Moving letters from one part to the next gives another seed."""
        assert Seeds(b"s", "ab", "c").of("d") != Seeds(b"s", "a", "bc").of("d")

    @given(st.text(max_size=20), st.text(max_size=20))
    def test_they_fit_numpy_and_torch(self, submitter: str, what: str) -> None:
        """In [0, 2**63)."""
        assert 0 <= Seeds(b"s", "c", submitter).of(what) < 2**63

    def test_a_fingerprint_is_no_secret(self) -> None:
        """It identifies the secret without holding it."""
        assert fingerprint(b"a") != fingerprint(b"b")
        assert "6161" not in fingerprint(b"aaaa")
        assert len(fingerprint(b"a")) == 12
