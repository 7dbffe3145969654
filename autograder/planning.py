"""Finds what is wrong with the plan of the term: dates, weekly load, kits that hold answers.

The deadline that counts for marks is the one in nbgrader's gradebook, so it is read as well.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.errors import shown
from autograder.grade.course import CourseFolder
from autograder.homework import Finding

SOON = datetime.timedelta(days=14)
APART = datetime.timedelta(days=1)  # a plan may say the day only, in the time of the place
Entry = tuple[datetime.datetime, datetime.datetime, float]  # release, due, hours


def inspect_dates(course: CourseFolder, now: datetime.datetime | None = None) -> list[Finding]:
    """What is wrong with the plan of the term, `c.Course.plan`, and with its deadlines."""
    now = now or datetime.datetime.now()
    plan, found = dict[str, Entry](), []
    for name, entry in course.course.plan.items():
        try:
            release, due = (_local(str(entry[key])) for key in ("release", "due"))
            plan[name] = (release, due, float(entry.get("hours", 0)))
            if not release < due:
                raise ValueError(f"due {due} is not after release {release}")
        except (KeyError, TypeError, ValueError) as error:
            found.append(
                _planned(
                    name, f"plan can't be read: {shown(str(error))}", "release, due: ISO dates"
                )
            )
    for name, (release, due, _) in plan.items():
        if due < now and not _handed_in(course, name):
            found.append(_planned(name, f"deadline {due:%Y-%m-%d} is in the past", "move it"))
        elif release - SOON < now and not _has_source(course, name):
            problem = f"it goes out on {release:%Y-%m-%d} and has no source"
            found.append(_planned(name, problem, f"`tdl new {name}`, or take it out of the plan"))
    deadlines = _deadlines(course)
    found += _in_gradebook(course, deadlines, plan, now)
    return [*found, *_load(course, plan), *_kits_and_deadlines(course, plan, deadlines)]


def _local(text: str) -> datetime.datetime:
    """A moment as this machine's clock shows it."""
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo is None else found.astimezone().replace(tzinfo=None)


def _handed_in(course: CourseFolder, name: str) -> bool:
    return any(course.root.glob(f"submitted/*/{name}"))


def _in_gradebook(
    course: CourseFolder,
    deadlines: dict[str, datetime.datetime],
    plan: dict[str, Entry],
    now: datetime.datetime,
) -> Iterator[Finding]:
    """Deadlines in the gradebook that are over before anybody could hand in, or not as planned."""
    for name, due in deadlines.items():
        command = f"`nbgrader db assignment add {name} --duedate 'YYYY-MM-DD 23:59 UTC'`"
        planned = plan[name][1] if name in plan else due
        if due < now and not _handed_in(course, name) and _has_source(course, name):
            problem = f"deadline {due:%Y-%m-%d %H:%M} is in the past"
            yield Finding("gradebook", name, problem, f"move it: {command}")
        elif abs(planned - due) > APART:
            problem = f"deadline {due:%Y-%m-%d %H:%M}, and the plan says {planned:%Y-%m-%d %H:%M}"
            yield Finding("gradebook", name, problem, f"mend the plan, or {command}")


def _planned(name: str, problem: str, mend: str) -> Finding:
    return Finding("nbgrader_config.py", f"c.Course.plan[{name!r}]", problem, mend)


def _load(course: CourseFolder, plan: dict[str, Entry]) -> Iterator[Finding]:
    """Hours of work per week, each homework's spread evenly over the time it is out."""
    if not plan:
        return
    first, last = min(p[0] for p in plan.values()), max(p[1] for p in plan.values())
    weeks = -(-(last - first).days // 7)
    if weeks > 14:
        yield _planned("...", f"the plan has {weeks} weeks, more than 14", "shorten it")
    for week in range(weeks):
        start = first + datetime.timedelta(days=7 * week)
        end = start + datetime.timedelta(days=7)
        hours, names = 0.0, []
        for name, (release, due, work) in plan.items():
            overlap = (min(end, due) - max(start, release)).total_seconds()
            if overlap > 0 and work:
                hours += work * overlap / (due - release).total_seconds()
                names.append(name)
        if hours > course.course.weekly_hours + 1e-9:
            problem = f"week {week + 1} asks for {hours:.1f} hours ({', '.join(names)})"
            yield _planned(names[-1], problem, f"at most {course.course.weekly_hours:g}: move one")


def _kits_and_deadlines(
    course: CourseFolder, plan: dict[str, Entry], deadlines: dict[str, datetime.datetime]
) -> Iterator[Finding]:
    """A kit with another homework's answers, out before that one's last extension has ended."""
    embargo = course.course.embargo
    longest = _extensions(course)

    def has_kit(name: str) -> bool:
        return name in embargo or _has_source(course, name)

    for early, (_, due, _) in plan.items():
        due = max(due, deadlines.get(early, due))
        end = due + datetime.timedelta(seconds=longest.get(early, 0.0))
        for later, (release, _, _) in plan.items():
            answers = [m for m in embargo.get(early, []) if not _hidden(m, embargo.get(later, []))]
            if later != early and has_kit(later) and answers and release < end:
                problem = (
                    f"its kit holds {answers[0]}, the answers of {early}, until {end:%Y-%m-%d} open"
                )
                yield _planned(
                    later,
                    problem,
                    f"release it later, embargo the module, or shorten extensions of {early}",
                )


def _hidden(module: str, embargo: list[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in embargo)


def _extensions(course: CourseFolder) -> dict[str, float]:
    """Assignment -> longest extension granted, seconds; also by nbgrader's own means."""
    from autograder.ledger.exceptions import all_exceptions

    longest: dict[str, float] = {}
    with _gradebook(course) as gradebook:
        if gradebook is None:
            return longest
        granted = [(one.item, one.seconds or 0.0) for one in all_exceptions(gradebook).values()]
        for assignment in gradebook.assignments:
            for submission in assignment.submissions:
                extension = submission.extension or datetime.timedelta()
                granted.append((assignment.name, extension.total_seconds()))
    for name, seconds in granted:
        longest[name] = max(longest.get(name, 0.0), seconds)
    return longest


def _deadlines(course: CourseFolder) -> dict[str, datetime.datetime]:
    """Assignment -> its deadline in the gradebook."""
    with _gradebook(course) as gradebook:
        return {
            each.name: _local(f"{each.duedate.isoformat()}+00:00")
            for each in (gradebook.assignments if gradebook is not None else ())
            if each.duedate is not None
        }


@contextmanager
def _gradebook(course: CourseFolder) -> Iterator[Any]:
    """The gradebook, or None where there is none yet: looking makes no file."""
    from autograder.grade.gradebook import open_gradebook

    database = course.db_url.removeprefix("sqlite:///")
    if course.db_url.startswith("sqlite") and not Path(course.root, database).exists():
        yield None
        return
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        yield gradebook


def _has_source(course: CourseFolder, name: str) -> bool:
    return course.folder("source", ".", name).is_dir()
