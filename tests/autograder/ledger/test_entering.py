"""What people enter: `tdl mark`, `tdl teams`, `tdl extend`, CSV files; snapshots and deletion."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder.cli import app
from autograder.errors import CourseError
from autograder.grade.auditing import audit_log
from autograder.grade.snapshots import KEEP, restore_snapshot, snapshots, take_snapshot
from autograder.ledger.exceptions import all_exceptions, set_exception
from autograder.ledger.forgetting import forget_student
from autograder.ledger.gather import course_grades
from autograder.ledger.importing import import_marks, import_teams
from autograder.ledger.marking import enter_marks, history, rubric_marks_of
from autograder.ledger.rubrics import read_rubrics
from autograder.ledger.teams import set_team, teams
from tests.autograder.ledger.conftest import Maker, SmallCourse
from tests.courses import ROOT


def run(course: SmallCourse, *arguments: str, keys: str = "") -> Result:
    return CliRunner().invoke(app, [*arguments, "-C", str(course.root)], input=keys)


def seminar(make: Maker) -> SmallCourse:
    course = make(preset="pairs-and-seminar")
    with course.open() as book:
        set_team(book, "seminar", "g3", ["ada", "bob"])
    return course


class TestMark:
    """At the keyboard, by options, from a file."""

    def test_it_asks_for_each_criterion_again_until_it_is_right(self, small: Maker) -> None:
        """Too many points, no number, then 8; the bonus is left out by Enter."""
        course = seminar(small)
        keys = "11\nx\n8\n4.5\n\n"
        done = run(course, "mark", "seminar", "--group", "g3", "--marker", "kay", keys=keys)
        assert done.exit_code == 0, done.output
        assert "must be from 0 to 10, got 11" in done.output and "g3: 12.5 of 15" in done.output
        with course.open() as book:
            assert [entry.marker for entry in history(book, "seminar")] == ["kay", "kay"]

    def test_a_comment_may_stand_behind_the_points(self, small: Maker) -> None:
        """At the keyboard, on the same line; the history shows it."""
        course = seminar(small)
        keys = "8 the proof is missing\n4,5\n\n"
        done = run(course, "mark", "seminar", "--group", "g3", "--marker", "kay", keys=keys)
        assert "  talk, kay: the proof is missing" in done.output, done.output
        shown = run(course, "mark", "seminar", "--group", "g3", "--show").output
        assert "kay talk: 8, the proof is missing" in shown and "report: 4.5" in shown

    @pytest.mark.parametrize("comment", ["report=Short.", "talkk=Short."])
    def test_a_comment_that_would_be_lost_is_refused(self, small: Maker, comment: str) -> None:
        """On a criterion without points, or on none; then nothing is entered."""
        course = seminar(small)
        given = ["--points", "talk=7", "--comment", comment]
        done = run(course, "mark", "seminar", "--group", "g3", *given)
        assert isinstance(done.exception, CourseError)
        with course.open() as book:
            assert history(book, "seminar") == []

    def test_options_and_taking_back(self, small: Maker) -> None:
        """No questions are asked then; what is taken back stays in the history."""
        course = seminar(small)
        given = ["--points", "talk=7", "--points", "report=5", "--comment", "talk=Louder, please."]
        done = run(course, "mark", "seminar", "--group", "g3", *given)
        assert "g3: 12 of 15" in done.output and "Louder, please." in done.output
        run(course, "mark", "seminar", "--group", "g3", "--retract")
        with course.open() as book:
            rubric = read_rubrics(course.root / "rubrics")["seminar"]
            assert rubric_marks_of(book, rubric) == {}
        shown = run(course, "mark", "seminar", "--group", "g3", "--show").output
        assert "talk: 7" in shown and "talk: taken back" in shown

    def test_a_csv_of_marks(self, on_both: Maker, tmp_path: Path) -> None:
        """Groups and single students, blanks, a decimal comma, a byte order mark, comments."""
        course = seminar(on_both)
        path = tmp_path / "marks.csv"
        path.write_text(
            "\ufeffgroup,student,marker,talk,report,comment\n"
            'g3,,kay,8,"4,5",Good.\n,ada,,9,5,\ng3,,lee,6,,\n\n',
            "utf-8",
        )
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            assert import_marks(book, rubric, path, "me") == 3
            marks = rubric_marks_of(book, rubric)
        assert marks[True, "g3"].points == 11.5 and marks[False, "ada"].points == 14
        assert marks[True, "g3"].comments == (("kay", "talk", "Good."),)
        assert list(marks[False, "ada"].criteria["talk"]) == ["me"]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("group,talk\ng3,8\ng3,12", "csv:3: seminar.talk must be from 0 to 10, got 12"),
            ("group,talk\ng3,8\ng9,1", "csv:3: group of kind seminar"),
            ("group,student,talk\ng3,ada,1", "csv:2 must name a group or a student"),
            ("group,talk\ng3,eight", "csv:2: talk must be a number, got 'eight'"),
            ("group,talkk\ng3,8", "got talkk"),
            ("group,talk,comment talkk\ng3,8,ok", "csv:2: criterion of seminar .* got talkk"),
            ("group,talk,comment report\ng3,8,ok", "csv:2: comment on seminar.report must come"),
            ("group,talk,comment\ng3,,ok", "csv:2: comment must come with points"),
            ('group,talk\ng3,"8', "must be CSV"),
        ],
    )
    def test_one_wrong_row_stores_nothing(
        self, small: Maker, tmp_path: Path, text: str, says: str
    ) -> None:
        """The error names file and line."""
        course = seminar(small)
        path = tmp_path / "marks.csv"
        path.write_text(text)
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            with pytest.raises(CourseError, match=says):
                import_marks(book, rubric, path, "me")
            assert history(book, "seminar") == []

    def test_the_rubrics_that_are_shipped_can_be_read(self) -> None:
        """100 points each, so that points are percent."""
        rubrics = read_rubrics(ROOT / "rubrics")
        assert {item: rubric.most for item, rubric in rubrics.items()} == {
            "oral": 100,
            "seminar": 100,
        }


class TestTeamsAndExtensions:
    """The other things entered by hand."""

    def test_teams_from_a_file(self, on_both: Maker, tmp_path: Path) -> None:
        """Two kinds at once; a student in two teams of one kind is refused by line."""
        course = on_both(preset="pairs-and-seminar")
        path = tmp_path / "teams.csv"
        path.write_text("kind,team,student\npair,p1,ada\npair,p1,bob\nseminar,g1,ada\n")
        with course.open() as book:
            assert import_teams(book, path) == 2
            assert teams(book, "pair") == {"p1": ("ada", "bob")}
            path.write_text("kind,team,student\npair,p1,ada\npair,p2,ada\n")
            with pytest.raises(CourseError, match="csv:3: ada must be in one team, see line 2"):
                import_teams(book, path)

    def test_the_command_lists_makes_and_removes(self, small: Maker) -> None:
        """tdl teams pair p1 ada bob."""
        course = small()
        assert run(course, "teams", "pair", "p1", "ada", "bob").output == "p1: ada, bob\n"
        assert run(course, "teams", "pair").output == "p1: ada, bob\n"
        assert run(course, "teams").output == "pair  p1: ada, bob\n"
        assert run(course, "teams", "pair", "p1", "--remove").output == ""

    def test_an_extension_by_the_command(self, small: Maker) -> None:
        """Days and hours add up; an excuse has no length."""
        course = small()
        course.assignment("hw1")
        run(course, "extend", "hw1", "ada", "--days", "1", "--hours", "12", "--reason", "ill")
        run(course, "extend", "hw1", "bob", "--excuse")
        with course.open() as book:
            found = all_exceptions(book)
        assert found["hw1", "ada"].seconds == 1.5 * 86400 and found["hw1", "ada"].reason == "ill"
        assert found["hw1", "bob"].seconds is None

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            (["hw11", "ada", "--days", "1"], "item must be one of hw1, oral, seminar, got 'hw11'"),
            (["hw1", "eve", "--days", "1"], "student must be a known one"),
            (["hw1", "ada", "--reason", "ill"], "must be given, got none or both"),
            (["hw1", "ada", "--days", "1", "--excuse"], "must be given, got none or both"),
            (["hw1", "ada", "--days", "nan"], "must be from 0 to 1000 days, got nan"),
            (["hw1", "ada", "--hours", "-1"], "must be from 0 to 1000 days"),
        ],
    )
    def test_a_wrong_extension_is_refused(self, small: Maker, given: list[str], says: str) -> None:
        """What is granted stays as it was."""
        course = small()
        course.assignment("hw1")
        run(course, "extend", "hw1", "ada", "--days", "2")
        assert says in str(run(course, "extend", *given).exception)
        with course.open() as book:
            assert [special.seconds for special in all_exceptions(book).values()] == [2 * 86400]


class TestSnapshots:
    """Before each writing command, and back."""

    def test_what_was_lost_comes_back(self, on_both: Maker) -> None:
        """nbgrader's marks and ours, on both databases; new ones can be entered afterwards."""
        course = on_both(preset="pairs-and-seminar")
        course.assignment("hw1")
        course.submit("hw1", "ada", 8)
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            set_team(book, "seminar", "g3", ["ada", "bob"])
            set_exception(book, "hw1", "ada", 3600.0, "ill")
            enter_marks(book, rubric, "g3", "kay", {"talk": 8, "report": 4})
        before = course_grades(course.folder)
        taken = take_snapshot(course.folder, "test")
        assert taken is not None
        with course.open() as book:
            set_team(book, "seminar", "g3", [])
            enter_marks(book, rubric, "ada", "kay", {"talk": 0, "report": 0}, of_team=False)
            book.remove_student("bob")
        assert course_grades(course.folder) != before
        restore_snapshot(course.folder, taken.name)
        assert course_grades(course.folder) == before
        with course.open() as book:
            enter_marks(book, rubric, "g3", "lee", {"talk": 6})
            assert len(history(book, "seminar")) == 3

    def test_a_restore_can_be_undone(self, small: Maker) -> None:
        """It takes a snapshot of what it replaces."""
        course = small()
        first = take_snapshot(course.folder, "first")
        with course.open() as book:
            book.add_student("eve")
        assert first is not None
        replaced = restore_snapshot(course.folder, first.name)
        with course.open() as book:
            assert "eve" not in {student.id for student in book.students}
        restore_snapshot(course.folder, replaced.name)
        with course.open() as book:
            assert "eve" in {student.id for student in book.students}

    def test_writing_commands_take_one(self, small: Maker) -> None:
        """Named after the command; readable by its owner only."""
        course = seminar(small)
        run(course, "teams", "pair", "p1", "ada")
        run(course, "extend", "oral", "ada", "--days", "1")
        run(course, "mark", "seminar", "--group", "g3", "--points", "talk=1")
        run(course, "teams", "pair")
        found = snapshots(course.folder)
        assert [path.stem.split("Z-")[1] for path in found] == [
            "teams-pair",
            "extend-oral",
            "mark-seminar",
        ]
        assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}

    def test_the_oldest_go(self, small: Maker) -> None:
        """So many are kept."""
        course = small()
        first = take_snapshot(course.folder, "x")
        for _ in range(KEEP):
            take_snapshot(course.folder, "x")
        assert len(snapshots(course.folder)) == KEEP and first not in snapshots(course.folder)

    def test_an_unknown_one_is_refused(self, small: Maker) -> None:
        """And nothing is written."""
        with pytest.raises(CourseError, match="got 0 for 'nope'"):
            restore_snapshot(small().folder, "nope")


def test_nothing_of_a_forgotten_student_is_left(on_both: Maker) -> None:
    """Neither in the database, nor in a folder, nor in a snapshot; others keep everything."""
    course = on_both(preset="pairs-and-seminar")
    course.assignment("hw1")
    for student in ("ada", "bob"):
        course.submit("hw1", student, 8)
        for step in ("submitted", "autograded", "feedback"):
            (course.root / step / student / "hw1").mkdir(parents=True)
    rubric = read_rubrics(course.root / "rubrics")["seminar"]
    with course.open() as book:
        set_team(book, "seminar", "g3", ["ada", "bob"])
        set_team(book, "pair:hw1", "ada+bob", ["ada", "bob"])  # as submissions name teams
        set_exception(book, "hw1", "ada", None)
        enter_marks(book, rubric, "ada", "kay", {"talk": 8}, of_team=False)
    log = audit_log(course.folder, "hw1")
    for student in ("ada", "bob", "ada", "cem"):
        log.append({"student": student, "team": "ada+bob" if student == "bob" else ""})
    times = [entry["time"] for entry in log.entries() if entry["student"] != "ada"]
    take_snapshot(course.folder, "x")
    forget_student(course.folder, "ada")
    assert [entry["student"] for entry in log.entries()] == ["bob", "cem"]
    assert [entry["time"] for entry in log.entries()] == times
    assert snapshots(course.folder) == [] and b"ada" not in log.path.read_bytes()
    assert [p for p in course.root.rglob("*") if p.name == "ada"] == []
    with course.open() as book:
        assert teams(book, "seminar") == {"g3": ("bob",)} and teams(book, "pair:hw1") == {}
        assert history(book, "seminar") == [] and all_exceptions(book) == {}
    assert [row.person.id for row in course_grades(course.folder).rows] == ["bob", "cem", "dora"]
    assert (course.root / "submitted" / "bob" / "hw1").is_dir()
    with pytest.raises(CourseError, match="'ada'"):
        forget_student(course.folder, "ada")
