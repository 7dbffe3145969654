"""Grading schemes to start from: `c.Grading.preset = "..."`; what is set beside it replaces a part.

Both are plain data in the form of `c.Grading.components`, so that a course can copy and change one.
"""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # Homeworks in pairs, mainly proofs and derivations; a seminar in groups of four: a talk of 25
    # minutes and a report of five pages.
    "pairs-and-seminar": {
        "components": {
            "homeworks": {"weight": 30, "items": ["hw[1-9]*"], "team": "pair"},
            "seminar": {"weight": 70, "items": ["seminar"], "team": "seminar"},
        },
        "pass_mark": 50,
        "late": {"grace_minutes": 15, "penalty_per_day": 10, "hard_days": 7},
    },
    # Labs in code, theory assignments, and an oral exam that must be passed by itself.
    "labs-theory-oral": {
        "components": {
            "labs": {"weight": 20, "items": ["lab*"]},
            "theory": {"weight": 30, "items": ["hw[1-9]*"]},
            "oral": {"weight": 50, "items": ["oral"], "minimum": 50},
        },
        "pass_mark": 50,
        "late": {"grace_minutes": 15, "penalty_per_day": 10, "budget_days": 3, "hard_days": 7},
    },
}
