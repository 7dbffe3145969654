"""Which levels of confinement work here, tried for real in a process that is thrown away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from autograder.errors import SandboxError

_WORKS = "works"
_PATIENCE = 60.0  # seconds for one trial
LEVELS = ("namespaces", "user", "limits")  # strongest first


def problem_with(level: str) -> str | None:
    """Why a level can't be used here, or None if it can."""
    if sys.platform != "linux":
        return None if level == "limits" else f"{level} needs Linux"
    if level == "namespaces":
        return _tried("namespaces")
    if level == "user":
        return _tried("user") if os.geteuid() == 0 else "needs root, to become another user"
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


def _tried(level: str) -> str | None:
    """Set a level up once in a process of its own; the reason if that fails.

    In a fresh interpreter: a process with threads (a progress bar's, a server's) must not fork.
    """
    # An editable install may be found by an import hook and not on the path.
    path = [str(Path(__file__).resolve().parents[2]), *sys.path]
    code = (
        f"import sys; sys.path[:] = {path!r}; "
        f"from autograder.sandbox.entering import try_{level}; "
        f"sys.stdout.write(try_{level}() or '{_WORKS}')"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {_PATIENCE:g} s"
    if done.stdout == _WORKS:
        return None
    return done.stdout or done.stderr[-1000:] or f"the trial ended with {done.returncode}"
