"""Records the teams that submissions agree on, so that the course's grades give both the mark."""

from __future__ import annotations

from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.grade.teams import Pairing, pairing_of
from autograder.ledger.teams import set_team, teams

KIND = "pair"


def record_teams(course: CourseFolder, assignment: str, kind: str = KIND) -> Pairing:
    """The teams of an assignment, recorded in the gradebook for this assignment.

    A team that is no longer named is removed; where submissions disagree nothing is recorded.

    Args:
        course: the course.
        assignment: its name.
        kind: kind of team, as the scheme of grades calls it.
    """
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        found = pairing_of(course, assignment, {student.id for student in gradebook.students})
        wanted = f"{kind}:{assignment}"
        names = {"+".join(members): members for members in found.teams}
        for members in found.teams:
            for student in members:
                gradebook.update_or_create_student(student)
        for old in teams(gradebook, wanted):
            if old not in names:
                set_team(gradebook, wanted, old, [])
        for name, members in names.items():
            set_team(gradebook, wanted, name, members)
    return found
