"""Which levels of confinement work here, tried for real in a process that is thrown away."""

from __future__ import annotations

import os
import sys

from autograder.errors import SandboxError

LEVELS = ("namespaces", "user", "limits")  # strongest first


def problem_with(level: str) -> str | None:
    """Why a level can't be used here, or None if it can."""
    if sys.platform != "linux":
        return None if level == "limits" else f"{level} needs Linux"
    if level == "namespaces":
        return _try_namespaces()
    if level == "user":
        return _try_user() if os.geteuid() == 0 else "needs root, to become another user"
    return None


def choose(level: str, minimum: str) -> str:
    """The level to use.

    Args:
        level: a level's name, or "auto" for the strongest that works.
        minimum: refuse anything weaker.

    Raises:
        SandboxError: an unknown name, a level that does not work, or none that is strong enough.
    """
    for name in (level, minimum):
        if name not in (*LEVELS, "auto"):
            raise SandboxError(f"level must be one of {', '.join(LEVELS)} or auto, got {name!r}")
    weakest = LEVELS.index(minimum) if minimum in LEVELS else LEVELS.index("user")
    allowed = LEVELS[: weakest + 1]
    if level != "auto":
        if level not in allowed:
            raise SandboxError(f"level must be at least {minimum}, got {level}")
        problem = problem_with(level)
        if problem:
            raise SandboxError(f"level {level} must work here, got: {problem}")
        return level
    problems = []
    for name in allowed:
        problem = problem_with(name)
        if problem is None:
            return name
        problems.append(f"{name}: {problem}")
    raise SandboxError("no allowed level works here (" + "; ".join(problems) + ")")


def _try_user() -> str | None:
    """Become another user once in a child and look whether it can read the interpreter."""
    from autograder.sandbox.entering import try_user

    return try_user()


def _try_namespaces() -> str | None:
    """Build the whole sandbox once in a child and report what failed."""
    from autograder.sandbox.entering import try_namespaces

    return try_namespaces()
