"""Further commands of `tdl`, one module a topic, each with `add_to(app)`; no torch at import."""

from __future__ import annotations

from importlib import import_module

import typer

TOPICS: tuple[str, ...] = (
    "audit",
    "defend",
    "doctor",
    "grades",
    "gradescope",
    "kit",
    "mark",
    "marking",
    "mutate",
    "new",
    "otter",
    "pdf",
    "receipt",
    "regrade",
    "report",
    "similar",
    "snapshot",
    "team",
    "update",
)


def add_all(app: typer.Typer) -> None:
    """Add every topic's commands to the command line."""
    for topic in TOPICS:
        import_module(f"{__name__}.{topic}").add_to(app)
