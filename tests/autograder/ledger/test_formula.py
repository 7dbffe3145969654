"""Grades: laws that hold for every scheme, and worked examples."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.ledger.exact import exact, rounded
from autograder.ledger.formula import Grade, Mark, component_grade, grade, letter_of
from autograder.ledger.presets import PRESETS
from autograder.ledger.scheme import Component, Scheme, read_scheme
from autograder.settings import Grading

LETTERS = {"A": Fraction(90), "B": Fraction(75), "C": Fraction(50), "F": Fraction(0)}
shares = st.fractions(0, Fraction(6, 5), max_denominator=40)
marks = st.builds(
    lambda share, most, excused: Mark(share * most, Fraction(most), excused),
    shares,
    st.integers(1, 50),
    st.booleans(),
)


@st.composite
def components(draw: Any, name: str, extra: bool) -> Component:
    items = {f"{name}{i}": draw(st.integers(0, 3)) for i in range(draw(st.integers(1, 5)))}
    items[f"{name}0"] = 1
    best_of = draw(st.none() | st.integers(1, 4))
    return Component(
        name=name,
        weight=draw(st.integers(1, 60).map(Fraction)),
        items={item: Fraction(weight) for item, weight in items.items()},
        extra_items=(f"{name}-extra",),
        drop_lowest=0 if best_of else draw(st.integers(0, 2)),
        best_of=best_of,
        extra_credit=extra,
        cap=Fraction(draw(st.sampled_from([80, 100, 120]))),
        minimum=Fraction(draw(st.sampled_from([0, 40]))),
    )


@st.composite
def cases(draw: Any) -> tuple[Scheme, dict[str, dict[str, Mark]]]:
    parts = (
        draw(components("a", False)),
        draw(components("b", False)),
        draw(components("c", True)),
    )
    scheme = Scheme(parts, Fraction(50), LETTERS, Fraction(draw(st.sampled_from([100, 110]))))
    given_marks = {
        part.name: {item: draw(marks) for item in [*part.items, f"{part.name}-extra"]}
        for part in parts
    }
    return scheme, given_marks


def rank(letter: str | None) -> int:
    return list(LETTERS).index(str(letter))


@given(cases(), st.data())
def test_a_better_mark_never_lowers_the_grade(
    case: tuple[Scheme, dict[str, dict[str, Mark]]], data: Any
) -> None:
    """Total, passing and letter rise or stay, whatever is dropped, capped or added."""
    scheme, before = case
    component = data.draw(st.sampled_from(sorted(before)))
    item = data.draw(st.sampled_from(sorted(before[component])))
    mark = before[component][item]
    better = replace(mark, points=(mark.points or 0) + data.draw(shares))
    after = {**before, component: {**before[component], item: better}}
    old, new = grade(scheme, before), grade(scheme, after)
    assert new.total >= old.total
    assert (new.passed or False) >= (old.passed or False)
    assert rank(new.letter) <= rank(old.letter)


@given(cases())
def test_a_grade_stays_within_its_bounds(case: tuple[Scheme, dict[str, dict[str, Mark]]]) -> None:
    """From 0 to the cap, and who passes has every minimum."""
    scheme, given_marks = case
    result = grade(scheme, given_marks)
    assert 0 <= result.total <= scheme.cap
    if result.passed:
        for component in scheme.components:
            percent = result.components[component.name].percent
            assert percent is None or percent >= component.minimum


@given(cases())
def test_the_order_of_the_marks_does_not_matter(
    case: tuple[Scheme, dict[str, dict[str, Mark]]],
) -> None:
    """The same marks in another order are the same grade."""
    scheme, given_marks = case
    turned = {name: dict(reversed(items.items())) for name, items in reversed(given_marks.items())}
    assert grade(scheme, turned).total == grade(scheme, given_marks).total


@given(cases())
def test_dropping_helps_or_changes_nothing(
    case: tuple[Scheme, dict[str, dict[str, Mark]]],
) -> None:
    """No component is worse with its lowest item dropped than without."""
    scheme, given_marks = case
    for component in scheme.components:
        plain = replace(component, drop_lowest=0, best_of=None)
        own = {i: m for i, m in given_marks[component.name].items() if not i.endswith("extra")}
        kept = component_grade(plain, own).percent
        dropped = component_grade(replace(plain, drop_lowest=1), own).percent
        assert kept is None or (dropped is not None and dropped >= kept)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_larger_number_is_no_smaller_fraction(a: float, b: float) -> None:
    """So exact arithmetic keeps the order of stored marks."""
    assert (exact(a) <= exact(b)) if a <= b else (exact(a) >= exact(b))


def m(points: float | None, most: float = 10, **more: Any) -> Mark:
    return Mark(None if points is None else exact(points), exact(most), **more)


def one(**changes: Any) -> Component:
    data = {"name": "hw", "weight": Fraction(1), "items": {"hw*": Fraction(1)}}
    return Component(**{**data, **changes})


class TestComponents:
    """Worked examples."""

    def test_sums_of_tenths_are_exact(self) -> None:
        """0.1 + 0.2 of 0.3 points is everything."""
        assert component_grade(one(), {"hw1": m(0.1 + 0.2, 0.3)}).percent == 100

    def test_the_lowest_is_dropped_by_percent(self) -> None:
        """9 of 20 is lower than 5 of 10."""
        given_marks = {"hw1": m(10), "hw2": m(5), "hw3": m(9, 20)}
        result = component_grade(one(drop_lowest=1), given_marks)
        assert result.percent == 75 and result.counted == ("hw1", "hw2")

    def test_unequal_weights_drop_what_helps_most(self) -> None:
        """Dropping a heavy 40% helps more than a light 30%."""
        component = one(items={"hw1": Fraction(5), "hw*": Fraction(1)}, drop_lowest=1)
        result = component_grade(component, {"hw1": m(4), "hw2": m(3), "hw3": m(10)})
        assert result.counted == ("hw2", "hw3") and result.percent == 65

    def test_the_last_item_is_never_dropped(self) -> None:
        """One homework so far is the homeworks so far."""
        assert component_grade(one(drop_lowest=2), {"hw1": m(6)}).percent == 60

    def test_best_of_takes_so_many(self) -> None:
        """Two of four."""
        given_marks = {f"hw{i}": m(i) for i in range(4)}
        assert component_grade(one(best_of=2), given_marks).percent == 25

    def test_excused_counts_neither_way(self) -> None:
        """Out of the denominator."""
        result = component_grade(one(), {"hw1": m(8), "hw2": m(0, excused=True)})
        assert result.percent == 80

    def test_extra_items_add_up_to_the_cap(self) -> None:
        """Not asked for, worth what one of the items is worth."""
        component = one(extra_items=("bonus",), cap=Fraction(110))
        result = component_grade(component, {"hw1": m(10), "hw2": m(10), "bonus": m(5)})
        assert result.percent == 110
        assert component_grade(component, {"hw1": m(5), "hw2": m(5), "bonus": m(2)}).percent == 60

    def test_an_item_without_points_is_the_authors_fault(self) -> None:
        """Not a division by zero."""
        with pytest.raises(CourseError, match="points of hw1"):
            component_grade(one(), {"hw1": m(0, 0)})


class TestGrades:
    """The whole."""

    def scheme(self, **changes: Any) -> Scheme:
        grading = Grading(preset="labs-theory-oral", **changes)
        return read_scheme(grading)

    def marks(self, lab: float, theory: float, oral: float | None) -> dict[str, dict[str, Mark]]:
        return {"labs": {"lab1": m(lab)}, "theory": {"hw1": m(theory)}, "oral": {"oral": m(oral)}}

    def test_the_weights_of_the_preset(self) -> None:
        """20, 30 and 50 percent."""
        assert grade(self.scheme(), self.marks(10, 0, 0)).total == 20
        assert grade(self.scheme(), self.marks(0, 10, 0)).total == 30
        assert grade(self.scheme(), self.marks(0, 0, 10)).total == 50

    def test_a_minimum_that_is_missed_fails_a_good_total(self) -> None:
        """49 percent in the oral exam, 74.5 in all."""
        result = grade(self.scheme(), self.marks(10, 10, 4.9))
        assert result.total == exact(74.5) and result.passed is False
        assert grade(self.scheme(), self.marks(10, 10, 5)).passed is True

    def test_no_letter_while_a_mark_is_waited_for(self) -> None:
        """What is known is a lower bound, not a grade."""
        result = grade(self.scheme(letters={"P": 50, "F": 0}), self.marks(10, 10, None))
        assert result == Grade(Fraction(50), result.components, ("oral",), None, None)

    def test_what_is_shown_decides(self) -> None:
        """49.995 is shown as 50.00, and passes."""
        assert rounded(exact(49.995), 2) == 50
        assert rounded(Fraction(49994, 1000), 2) < 50

    def test_letters_go_by_their_thresholds(self) -> None:
        """The threshold itself is enough; who did not pass gets the last one."""
        scheme = Scheme((one(),), Fraction(50), LETTERS)
        found = [letter_of(scheme, Fraction(t), True) for t in (90, 89, 75, 50, 0)]
        assert found == ["A", "B", "B", "C", "F"]
        assert letter_of(scheme, Fraction(95), False) == "F"

    def test_extra_credit_adds_its_weight_and_no_more(self) -> None:
        """5 percent on top, never in the denominator, the whole capped."""
        parts = (one(), Component("bonus", Fraction(5), {"b": Fraction(1)}, extra_credit=True))
        scheme = Scheme(parts)
        assert grade(scheme, {"hw": {"hw1": m(5)}, "bonus": {"b": m(10)}}).total == 55
        assert grade(scheme, {"hw": {"hw1": m(10)}, "bonus": {"b": m(10)}}).total == 100
        assert grade(scheme, {"hw": {"hw1": m(5)}, "bonus": {"b": m(0)}}).total == 50

    def test_both_courses_are_shipped(self) -> None:
        """30% homeworks in pairs and 70% seminar; 20% labs, 30% theory, 50% oral."""
        found = {}
        for name in PRESETS:
            scheme = read_scheme(Grading(preset=name))
            found[name] = {c.name: (int(c.weight), c.team) for c in scheme.components}
        assert found == {
            "pairs-and-seminar": {"homeworks": (30, "pair"), "seminar": (70, "seminar")},
            "labs-theory-oral": {"labs": (20, ""), "theory": (30, ""), "oral": (50, "")},
        }

    def test_hw0_is_not_graded_by_a_preset(self) -> None:
        """The warm-up belongs to no component; hw10 does."""
        scheme = self.scheme()
        assert scheme.component_of("hw0") is None
        found = scheme.component_of("hw10")
        assert found is not None and found.name == "theory"


HW = {"weight": 1, "items": ["hw*"]}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"preset": "nope"}, "Grading.preset must be one of"),
        ({}, "Grading.components must hold a component"),
        ({"components": {"hw": {"weight": 1}}}, "weight and items"),
        ({"components": {"hw": {**HW, "wieght": 2}}}, "'wieght'"),
        ({"components": {"hw": {**HW, "weight": -1}}}, "at least 0, got -1"),
        ({"components": {"hw": {**HW, "weight": float("nan")}}}, "got nan"),
        ({"components": {"hw": {**HW, "weight": 0}}}, "positive weight"),
        ({"components": {"hw": {**HW, "extra_credit": True}}}, "not extra credit"),
        ({"components": {"hw": {**HW, "items": []}}}, "items of positive weight"),
        ({"components": {"hw": {**HW, "best_of": 2, "drop_lowest": 1}}}, "got both"),
        ({"components": {"hw": HW}, "letters": {"A": 90}}, "reach down to 0"),
        ({"components": {"hw": HW}, "late": {"penalty": 1}}, "'penalty'"),
        ({"components": {"hw": HW}, "late": {"penalty_of": "all"}}, "'max' or 'score'"),
    ],
)
def test_a_wrong_scheme_is_refused_by_name(changes: dict[str, Any], says: str) -> None:
    """The message names the setting and shows what was found."""
    settings = SimpleNamespace(**{k: v for k, v in vars(Grading()).items() if k[0] != "_"})
    for name in ("preset", "components", "letters", "late", "pass_mark", "cap", "decimals"):
        setattr(settings, name, changes.get(name, getattr(Grading(), name)))
    with pytest.raises(CourseError, match=says.replace("[", r"\[")):
        read_scheme(settings)
