"""What works on this machine and in this course, in lines for people."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from autograder.errors import TdlError
from autograder.grade.choosing import versions
from autograder.grade.course import load_course
from autograder.sandbox import cgroups, levels, seccomp


def diagnose(root: Path) -> tuple[list[str], bool]:
    """Lines to print, and whether grading is possible here."""
    lines = [f"python {platform.python_version()} on {platform.system()} {platform.release()}"]
    lines += [f"{name} {number or 'not installed'}" for name, number in versions().items()]
    for level in levels.LEVELS:
        problem = levels.problem_with(level)
        lines.append(f"confinement {level}: {'works' if problem is None else problem}")
    lines.append(f"filter of system calls: {seccomp.missing() or 'works'}")
    groups = cgroups.find_groups()
    alone = "each process by itself (no writable control groups)"
    lines.append(
        f"memory and processes: {f'a submission as a whole ({groups})' if groups else alone}"
    )
    healthy = True
    try:
        course = load_course(root)
        chosen = levels.choose(course.sandbox.level, course.sandbox.minimum)
        reason = "asked for" if course.sandbox.level != "auto" else "the strongest that works"
        lines.append(f"grading here uses: {chosen} ({reason}; minimum {course.sandbox.minimum})")
        lines.append(f"course: {course.title}, gradebook {course.db_url.partition('://')[0]}")
        course.secret()
    except TdlError as error:
        lines.append(f"PROBLEM: {error}")
        healthy = False
    for program in ("alembic", "chromium"):
        found = shutil.which(program)
        lines.append(f"{program}: {'found' if found else 'not found'}")
    return lines, healthy
