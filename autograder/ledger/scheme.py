"""What a course's grade consists of, read from `c.Grading` and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any

from autograder.errors import CourseError, shown
from autograder.ledger.exact import number, whole
from autograder.ledger.late import LatePolicy, read_late_policy
from autograder.ledger.presets import PRESETS

HUNDRED = Fraction(100)
KEYS = {
    "weight",
    "items",
    "drop_lowest",
    "best_of",
    "extra_credit",
    "extra_items",
    "cap",
    "minimum",
    "team",
}


@dataclass(frozen=True)
class Component:
    """One part of the grade, such as the homeworks.

    Attributes:
        name: its name.
        weight: its weight among the components; for extra credit, the percent it may add.
        items: pattern of item names -> weight within the component.
        extra_items: patterns of items that add to the component without being asked for.
        drop_lowest: so many items are left out, those whose absence helps most.
        best_of: only so many count; None for all.
        extra_credit: whether it only adds.
        cap: most percent it can reach.
        minimum: least percent with which the course can be passed.
        team: kind of team that hands in together; "" for each alone.
    """

    name: str
    weight: Fraction
    items: dict[str, Fraction]
    extra_items: tuple[str, ...] = ()
    drop_lowest: int = 0
    best_of: int | None = None
    extra_credit: bool = False
    cap: Fraction = HUNDRED
    minimum: Fraction = Fraction(0)
    team: str = ""

    def weight_of(self, item: str) -> Fraction | None:
        """An item's weight by the first pattern that fits; None if it is not of this component."""
        return next((w for pattern, w in self.items.items() if fnmatchcase(item, pattern)), None)

    def adds(self, item: str) -> bool:
        """Whether an item is extra credit within the component."""
        return any(fnmatchcase(item, pattern) for pattern in self.extra_items)


@dataclass(frozen=True)
class Scheme:
    """How a course is graded.

    Attributes:
        components: the parts, in order.
        pass_mark: percent needed to pass.
        letters: letter -> least percent, best first; empty for no letters.
        cap: most percent of the whole.
        decimals: the total is rounded half up to so many, and what is shown decides.
        late: the late policy, or None if nbgrader's own penalties count.
    """

    components: tuple[Component, ...]
    pass_mark: Fraction = Fraction(50)
    letters: dict[str, Fraction] = field(default_factory=dict)
    cap: Fraction = HUNDRED
    decimals: int = 2
    late: LatePolicy | None = None

    def component_of(self, item: str) -> Component | None:
        """The component that an item belongs to."""
        for component in self.components:
            if component.weight_of(item) is not None or component.adds(item):
                return component
        return None


def read_scheme(grading: Any) -> Scheme:
    """The scheme that `c.Grading` describes: a preset, with what is set beside it.

    Args:
        grading: settings.Grading.

    Raises:
        CourseError: it describes none.
    """
    if grading.preset and grading.preset not in PRESETS:
        expected = ", ".join(sorted(PRESETS))
        raise CourseError(f"Grading.preset must be one of {expected}, got {grading.preset!r}")
    preset = PRESETS.get(grading.preset, {})
    data = {
        key: getattr(grading, key) or preset.get(key, {})
        for key in ("components", "letters", "late")
    }
    pass_mark = grading.pass_mark if grading.pass_mark >= 0 else preset.get("pass_mark", 50)
    components = tuple(_component(name, each) for name, each in data["components"].items())
    _check_components(components)
    return Scheme(
        components=components,
        pass_mark=number(pass_mark, "Grading.pass_mark", 0, 100),
        letters=_letters(data["letters"]),
        cap=number(grading.cap, "Grading.cap", 100),
        decimals=whole(grading.decimals, "Grading.decimals"),
        late=read_late_policy(data["late"]) if data["late"] else None,
    )


def _check_components(components: Iterable[Component]) -> None:
    counting = [component for component in components if not component.extra_credit]
    if not counting:
        raise CourseError(
            "Grading.components must hold a component that is not extra credit, got none; "
            f"or set c.Grading.preset to one of {', '.join(sorted(PRESETS))}"
        )
    if not sum(component.weight for component in counting):
        raise CourseError("Grading.components must have a positive weight, got 0 altogether")


def _component(name: str, data: Any) -> Component:
    where = f"Grading.components[{name!r}]"
    if not isinstance(data, Mapping) or not {"weight", "items"} <= set(data):
        raise CourseError(f"{where} must be a dict with weight and items, got {shown(data)}")
    unknown = sorted(set(data) - KEYS)
    if unknown:
        raise CourseError(f"{where} must have keys among {sorted(KEYS)}, got {unknown[0]!r}")
    best_of = data.get("best_of")
    if best_of is not None and data.get("drop_lowest"):
        raise CourseError(f"{where} must have drop_lowest or best_of, got both")
    return Component(
        name=name,
        weight=number(data["weight"], f"{where}.weight"),
        items=_items(data["items"], where),
        extra_items=_names(data.get("extra_items", ()), f"{where}.extra_items"),
        drop_lowest=whole(data.get("drop_lowest", 0), f"{where}.drop_lowest"),
        best_of=None if best_of is None else whole(best_of, f"{where}.best_of", 1),
        extra_credit=bool(data.get("extra_credit", False)),
        cap=number(data.get("cap", 100), f"{where}.cap"),
        minimum=number(data.get("minimum", 0), f"{where}.minimum", 0, 100),
        team=str(data.get("team", "")),
    )


def _items(data: Any, where: str) -> dict[str, Fraction]:
    if isinstance(data, Mapping):
        weights = {str(k): number(v, f"{where}.items[{k!r}]") for k, v in data.items()}
    else:
        weights = dict.fromkeys(_names(data, f"{where}.items"), Fraction(1))
    if not sum(weights.values()):
        raise CourseError(f"{where}.items must name items of positive weight, got {shown(data)}")
    return weights


def _names(data: Any, where: str) -> tuple[str, ...]:
    names = (data,) if isinstance(data, str) else tuple(data)
    if not all(isinstance(name, str) and name for name in names):
        raise CourseError(f"{where} must be names, got {shown(data)}")
    return names


def _letters(data: Mapping[str, Any]) -> dict[str, Fraction]:
    letters = {str(k): number(v, f"Grading.letters[{k!r}]", 0, 100) for k, v in data.items()}
    if letters and min(letters.values()) > 0:
        raise CourseError("Grading.letters must reach down to 0, got a gap below the last one")
    return dict(sorted(letters.items(), key=lambda pair: -pair[1]))
