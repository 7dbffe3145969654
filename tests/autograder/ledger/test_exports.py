"""Grades out and rosters in: files read back, in the platforms' own formats."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy.event import listen
from typer.testing import CliRunner, Result

from autograder.cli import app
from autograder.errors import CourseError, TdlError
from autograder.ledger.exceptions import set_exception
from autograder.ledger.gather import course_grades
from autograder.ledger.platforms import PLATFORMS, import_roster
from tests.autograder.ledger.conftest import STUDENTS, Maker, SmallCourse

HOMEWORKS = {"homeworks": {"weight": 1, "items": ["hw*"]}}
# Made up, in the form of each platform's own export.
SAMPLES = {
    "canvas": (
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Quiz (23),Current Score\n"
        "    Points Possible,,,,,10.00,(read only)\n"
        '"Smith, Ada",101,S1,ada,Sec 1,8.00,80\n"Smith, Bob",102,S2,bob,Sec 1,9.00,90\n'
        '"Smith, Cem",103,S3,cem,Sec 2,,\n"Smith, Dora",104,S4,dora,Sec 2,7,70\n'
        '"Student, Test",999,,x,Sec 1,,\n'
    ),
    "moodle": (
        '"First name","Last name","ID number",Institution,Department,"Email address",'
        '"Assignment: Warm-up (Real)","Course total (Real)","Last downloaded from this course"\n'
        "Ada,Smith,ada,Uni,Maths,ada@example.org,9.00,9.00,1790000000\n"
        "Bob,Smith,bob,Uni,,bob@example.org,-,-,1790000000\n"
        "Cem,Smith,cem,,,cem@example.org,5,5,1790000000\n"
        "Dora,Smith,dora,,,dora@example.org,5,5,1790000000\n"
    ),
    "gradescope": (
        "First Name,Last Name,SID,Email,Sections,hw0,hw0 - Max Points,hw0 - Submission Time,"
        "hw0 - Lateness (H:M:S),Total Lateness (H:M:S)\n"
        "Ada,Smith,ada,ada@example.org,A,9.0,10.0,2026-10-01 10:00:00 +0000,00:00:00,00:00:00\n"
        "Bob,Smith,bob,bob@example.org,A,,10.0,,,00:00:00\n"
        "Cem,Smith,cem,cem@example.org,B,,10.0,,,00:00:00\n"
        "Dora,Smith,dora,dora@example.org,B,,10.0,,,00:00:00\n"
    ),
}


def run(course: SmallCourse, *arguments: str) -> Result:
    done = CliRunner().invoke(app, [*arguments, "-C", str(course.root)])
    if done.exception and not isinstance(done.exception, TdlError | SystemExit):
        raise done.exception
    return done


def graded(make: Maker) -> SmallCourse:
    """ada 8 (late by a day and a bit), bob 4.8, cem waits, dora excused."""
    course = make(components=HOMEWORKS, letters={"P": 50, "F": 0})
    course.assignment("hw1")
    course.submit("hw1", "ada", 8, hours_late=25.5)
    course.submit("hw1", "bob", 1.6 * 3)
    course.submit("hw1", "cem", None)
    with course.open() as book:
        set_exception(book, "hw1", "dora", None)
    return course


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_platforms_file_goes_round(small: Maker, tmp_path: Path, name: str) -> None:
    """Its roster comes in, marks go out under its ids, and that file is a roster again."""
    course, sample, out = graded(small), tmp_path / "sample.csv", tmp_path / "out.csv"
    sample.write_text(SAMPLES[name], "utf-8")
    platform = PLATFORMS[name]
    assert run(course, "roster", str(sample), "--from", name).output == "4 known\n"
    done = run(course, "grades", "--to", name, "-o", str(out))
    assert done.exit_code == 0, done.output
    rows = rows_of(out)
    assert list(rows[0])[: len(platform.columns)] == list(platform.columns)
    if name == "canvas":
        possible = rows.pop(0)
        assert possible["Student"] == "    Points Possible" and possible["hw1"] == "10.0"
    before = {row[platform.key]: row for row in rows_of(sample)}
    for row in rows:
        assert {key: row[key] for key in platform.columns} == {
            key: before[row[platform.key]][key] for key in platform.columns
        }
    excused = "EX" if name == "canvas" else ""
    assert [row["hw1"] for row in rows] == ["8.0", "4.8", "", excused]
    with course.open() as book:
        change = import_roster(book, platform, out)
    assert (change.known, change.added, change.gone) == (4, [], [])


def test_a_first_roster_with_the_wrong_ids_can_be_undone(small: Maker, tmp_path: Path) -> None:
    """The import names the snapshot; after it, the same file gives other ids."""
    course, sample = small(components=HOMEWORKS), tmp_path / "sample.csv"
    text = "id,login,first_name\n7001,grace,Grace\n7002,alan,Alan\n"
    sample.write_text(text, "utf-8")
    said = run(course, "roster", str(sample)).output.splitlines()
    assert said[0] == "2 new: 7001, 7002" and "tdl snapshot --restore " in said[-1]
    done = run(course, "snapshot", "--restore", said[-1].rpartition(" ")[2])
    assert done.exit_code == 0, done.output
    assert run(course, "roster", str(sample), "--id", "login").output.startswith(
        "2 new: grace, alan"
    )
    with course.open() as book:
        assert {"grace", "alan"} <= {s.id for s in book.students}
        assert not {"7001", "7002"} & {s.id for s in book.students}


def test_gradescope_has_lateness(small: Maker, tmp_path: Path) -> None:
    """Hours beyond a day go on counting."""
    course, sample, out = graded(small), tmp_path / "sample.csv", tmp_path / "out.csv"
    sample.write_text(SAMPLES["gradescope"], "utf-8")
    run(course, "roster", str(sample), "--from", "gradescope")
    run(course, "grades", "--to", "gradescope", "-o", str(out))
    ada = rows_of(out)[0]
    assert ada["hw1 - Lateness (H:M:S)"] == "25:30:00" == ada["Total Lateness (H:M:S)"]
    assert ada["hw1 - Max Points"] == "10.0"


def test_columns_can_be_named(small: Maker, tmp_path: Path) -> None:
    """Canvas knows its assignments by name and number."""
    course = small(components=HOMEWORKS, columns={"hw1": "Homework 1 (4711)"})
    course.assignment("hw1")
    sample, out = tmp_path / "sample.csv", tmp_path / "out.csv"
    sample.write_text(SAMPLES["canvas"], "utf-8")
    run(course, "roster", str(sample), "--from", "canvas")
    assert run(course, "grades", "--to", "canvas", "-o", str(out)).exit_code == 0
    assert "Homework 1 (4711)" in rows_of(out)[0]


class TestRoster:
    """Who is in the class."""

    def test_new_changed_dropped_and_back(self, on_both: Maker, tmp_path: Path) -> None:
        """A new login keeps the old id; who dropped is in no export, and may come back."""
        course, sample = on_both(components=HOMEWORKS), tmp_path / "sample.csv"
        course.assignment("hw1")
        canvas = PLATFORMS["canvas"]
        text = SAMPLES["canvas"]
        sample.write_text(text + '"Jones, Eve",105,S5,eve,Sec 1,,\n')
        with course.open() as book:
            assert import_roster(book, canvas, sample).added == ["eve"]
            assert book.find_student("eve").last_name == "Jones"
            assert book.find_student("eve").lms_user_id == "105"
            sample.write_text(text.replace(",ada,", ",ada.smith,"))
            change = import_roster(book, canvas, sample, drop=True)
        assert change.gone == ["eve"] and change.added == []
        assert [row.person.id for row in course_grades(course.folder).rows] == list(STUDENTS)
        sample.write_text(text + '"Jones, Eve",105,S5,eve,Sec 1,,\n')
        with course.open() as book:
            assert import_roster(book, canvas, sample).back == ["eve"]
        assert len(course_grades(course.folder).rows) == 5

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("id,first_name\na,Ada\na,Bob", "csv:3: 'a' must be once, see line 2"),
            ("name\nAda", "must have column 'id'"),
            ("id,id\na,b", "must have each column once, got 'id' twice"),
            ("id\n../ada", "csv:2: ids must have at most 128 characters, no slash"),
            ("id\n" + "x" * 129, "csv:2: ids must have at most 128 characters"),
            ("id;first_name\na;Ada", "must have column 'id'"),
            ('id\n"a', "must be CSV"),
            ("id\n", "must list students"),
        ],
    )
    def test_a_wrong_file_is_refused(
        self, small: Maker, tmp_path: Path, text: str, says: str
    ) -> None:
        """By line; the class stays as it was."""
        course, path = small(), tmp_path / "roster.csv"
        path.write_text(text)
        with course.open() as book:
            with pytest.raises(CourseError, match=says):
                import_roster(book, PLATFORMS["csv"], path)
            assert {student.id for student in book.students} == set(STUDENTS)

    def test_a_roster_is_written_as_a_whole(self, small: Maker, tmp_path: Path) -> None:
        """One transaction: a thousand students wait for one write, not for a thousand."""
        path = tmp_path / "roster.csv"
        path.write_text("id\n" + "".join(f"s{i}\n" for i in range(1000)))
        with small().open() as book:
            commits: list[object] = []
            listen(book.engine, "commit", commits.append)
            assert len(import_roster(book, PLATFORMS["csv"], path).added) == 1000
            assert len(book.students) == 1004 and len(commits) < 5

    def test_two_students_of_one_platform_id_are_refused(
        self, small: Maker, tmp_path: Path
    ) -> None:
        """Else the second would quietly replace the first."""
        path = tmp_path / "roster.csv"
        path.write_text(SAMPLES["canvas"] + '"Jones, Eve",101,S5,eve,Sec 1,,\n')
        with small().open() as book:
            with pytest.raises(CourseError, match="'101' must be once"):
                import_roster(book, PLATFORMS["canvas"], path)

    def test_a_name_that_was_guarded_comes_back_as_it_was(
        self, small: Maker, tmp_path: Path
    ) -> None:
        """An export guards '=1+1' against spreadsheets; the next roster is such an export."""
        path = tmp_path / "roster.csv"
        path.write_text("id,last_name\nada,'=1+1\nbob,'t Hooft\n")
        with small().open() as book:
            import_roster(book, PLATFORMS["csv"], path)
            assert book.find_student("ada").last_name == "=1+1"
            assert book.find_student("bob").last_name == "'t Hooft"

    def test_an_export_for_strangers_is_refused(self, small: Maker, tmp_path: Path) -> None:
        """A student whom the platform does not know would get lost there."""
        out = tmp_path / "out.csv"
        done = run(graded(small), "grades", "--to", "canvas", "-o", str(out))
        assert done.exit_code != 0 and "tdl roster" in str(done.exception)
        assert not out.exists()


class TestFiles:
    """CSV, JSON, spreadsheet, without names, on the screen."""

    def test_csv_and_json_and_xlsx_agree(self, small: Maker, tmp_path: Path) -> None:
        """The same marks; blank while waited for; numbers are numbers."""
        course = graded(small)
        for suffix in ("csv", "json", "xlsx"):
            done = run(course, "grades", "-o", str(tmp_path / f"grades.{suffix}"))
            assert done.exit_code == 0, done.output
        rows = {row["student"]: row for row in rows_of(tmp_path / "grades.csv")}
        assert rows["ada"]["hw1"] == "8.0" and rows["ada"]["letter"] == "P"
        assert rows["bob"]["total %"] == "48.0" and rows["bob"]["passed"] == "no"
        assert rows["cem"]["hw1"] == "" and rows["cem"]["waiting"] == "hw1"
        assert rows["dora"]["hw1"] == "excused"
        plain = json.loads((tmp_path / "grades.json").read_text())
        assert [row["total"] for row in plain["students"]] == [80, 48, 0, 0]
        assert plain["students"][2]["components"]["homeworks"]["items"]["hw1"]["points"] is None
        sheet = load_workbook(tmp_path / "grades.xlsx").active
        values = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert values[0][:4] == ["student", "first name", "last name", "hw1"]
        assert values[1][3] == 8 and values[2][3] == 4.8 and values[3][3] is None

    def test_no_name_is_a_formula(self, small: Maker, tmp_path: Path) -> None:
        """Neither in CSV nor in a spreadsheet."""
        course = graded(small)
        with course.open() as book:
            book.update_or_create_student("ada", first_name='=HYPERLINK("x")')
        for suffix in ("csv", "xlsx"):
            run(course, "grades", "-o", str(tmp_path / f"grades.{suffix}"))
        assert rows_of(tmp_path / "grades.csv")[0]["first name"].startswith("'=")
        cell = load_workbook(tmp_path / "grades.xlsx").active["B2"]
        assert cell.data_type == "s" and cell.value.startswith("=HYPERLINK")

    def test_research_gets_no_names(self, small: Maker, tmp_path: Path) -> None:
        """Pseudonyms, the same each time, not in the order of names."""
        course, out = graded(small), tmp_path / "research.csv"
        run(course, "grades", "--anonymous", "-o", str(out))
        text = out.read_text()
        assert not [s for s in (*STUDENTS, "Ada", "Smith") if s in text]
        first = [row["pseudonym"] for row in rows_of(out)]
        run(course, "grades", "--anonymous", "-o", str(out))
        assert first == sorted(first) == [row["pseudonym"] for row in rows_of(out)]

    def test_a_narrow_screen_cuts_no_id(
        self, small: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "60")
        course = small(preset="pairs-and-seminar")
        with course.open() as book:
            book.add_student("a very long name with spaces in it")
        shown = CliRunner().invoke(app, ["grades", "-C", str(course.root)]).output
        assert "…" not in shown and "very long" in shown

    def test_the_screen_shows_everybody_and_why_marks_wait(self, small: Maker) -> None:
        """Also while no file may be written."""
        course = graded(small)
        (course.root / "submitted" / "bob" / "hw1").mkdir(parents=True)
        shown = run(course, "grades").output
        assert all(student in shown for student in STUDENTS)
        assert "waits for hand marks" in shown and "1 marks: not marked" in shown

    def test_files_are_refused_while_a_submission_is_not_marked(
        self, small: Maker, tmp_path: Path
    ) -> None:
        """With the names, until told otherwise; then the mark is blank, not zero."""
        course, out = graded(small), tmp_path / "grades.csv"
        (course.root / "submitted" / "bob" / "hw1").mkdir(parents=True)
        done = run(course, "grades", "-o", str(out))
        assert done.exit_code != 0 and "bob" in str(done.exception) and not out.exists()
        assert "--not-marked-too" in str(done.exception)
        run(course, "grades", "-o", str(out), "--not-marked-too")
        assert rows_of(out)[1]["hw1"] == ""

    def test_who_is_not_enrolled_yet_is_not_passed_over(self, small: Maker, tmp_path: Path) -> None:
        """Grading enrols them; until then their submission would be missing from the file."""
        course, out = graded(small), tmp_path / "grades.csv"
        (course.root / "submitted" / "newcomer" / "hw1").mkdir(parents=True)
        done = run(course, "grades", "-o", str(out))
        assert "newcomer (collected, not graded)" in str(done.exception) and not out.exists()
