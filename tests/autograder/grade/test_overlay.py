"""A course whose private parts lie in a folder of their own: from source to marks."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from autograder import leaks
from autograder.corpus import read_corpus
from autograder.errors import CourseError
from autograder.grade.course import load_course, part_of
from autograder.grade.pipeline import grade_assignment
from autograder.releasing import assignments_of, check_fit, generate_trees, stale_trees
from autograder.scaffold import keep_private, new_homework
from tests.autograder.grade.conftest import NAME, SECRETS, TinyCourse, write_source
from tests.courses import ROOT

PARAMETERS = """
c = get_config()
c.Course.title = "From the overlay"
c.Course.term = "2031"
# Not run, so that what is generated is the same wherever it is.
names = ("IncludeHeaderFooter", "LockCells", "ClearOutput", "ClearMarkScheme")
c.GenerateSolution.preprocessors = [f"nbgrader.preprocessors.{name}" for name in names]
"""


@pytest.fixture
def split(tmp_path: Path, _paths: None) -> tuple[Path, Path]:
    """A public course folder with its configuration alone, and the private one."""
    public, private = tmp_path / "public", tmp_path / "private"
    public.mkdir()
    write_source(public)
    private.mkdir(mode=0o700)
    for part in ("source", "checks"):
        shutil.move(public / part, private / part)
    (private / "parameters.py").write_text(PARAMETERS)
    config = (public / "nbgrader_config.py").read_text()
    line = f"c.Course.private = {str(private)!r}\ninstall(c)"
    (public / "nbgrader_config.py").write_text(config.replace("install(c)", line))
    return public, private


def test_from_source_to_marks(split: tuple[Path, Path]) -> None:
    """Released, graded and marked; what the public folder holds for git has nothing private."""
    public, private = split
    assert assignments_of(public) == [NAME]
    assert list(generate_trees(public)) == [
        f"assignments/{NAME}",
        str(private / "solutions" / NAME),
    ]
    assert check_fit(public, NAME) == ["q1", "q4"]
    assert stale_trees(public) == []
    course = load_course(public)
    assert (course.title, course.course.term) == ("From the overlay", "2031")
    release = public / "assignments" / NAME / f"{NAME}.ipynb"
    tiny = TinyCourse(public, course, json.loads(release.read_text()))
    tiny.submit("ada", tiny.model())
    tiny.submit("bob", tiny.model(q1_answer="def double(x):\n    return 2 * abs(x)"))
    run = grade_assignment(course, NAME, jobs=2)
    assert {row["student"]: row["outcome"] for row in run["submissions"]} == {
        "ada": "finished",
        "bob": "finished",
    }
    assert (tiny.marks("ada")["q1"]["score"], tiny.marks("bob")["q1"]["score"]) == (4, 1)
    assert (private / "term_secret").is_file() and not (public / ".tdl" / "term_secret").exists()
    in_git = [public / "assignments", public / "nbgrader_config.py", public / "latepolicy.py"]
    texts = [data for path in in_git for _, data in leaks.contents(path)]
    words = (*SECRETS, "The model proof.", "return 2 * x", (private / "term_secret").read_text())
    assert not [word for word in words for data in texts if word.encode() in data]


def test_the_search_for_leaks_reads_the_private_folder(split: tuple[Path, Path]) -> None:
    """It finds what it looks for: a line of a hidden test put into the release is a leak."""
    public, private = split
    list(generate_trees(public))
    evidence = leaks.evidence(public, NAME)
    assert leaks.leaks(public / "assignments", evidence) == []
    shutil.copy(private / "checks" / NAME / "test_q1.py", public / "assignments" / "copied.py")
    assert leaks.leaks(public / "assignments", evidence)


def test_new_homeworks_and_their_corpus_are_private(split: tuple[Path, Path]) -> None:
    public, private = split
    files = new_homework(load_course(public), "hw5")
    assert all(path.is_relative_to(private) for path in files)
    assert part_of(public, "tests/submissions") == private / "tests" / "submissions"
    assert {each.name for each in read_corpus(public, "hw5")} >= {"correct/model_solution"}


def test_a_part_that_the_private_folder_lacks_stays_in_the_course(
    split: tuple[Path, Path],
) -> None:
    public, private = split
    shutil.move(private / "source", public / "source")
    assert assignments_of(public) == [NAME]
    assert part_of(public, "source") == public / "source"


def test_a_folder_that_others_can_enter_is_refused(split: tuple[Path, Path]) -> None:
    public, private = split
    private.chmod(0o755)
    with pytest.raises(CourseError, match="closed to other users; run chmod"):
        load_course(public)


def test_a_folder_that_is_not_there_is_named(split: tuple[Path, Path]) -> None:
    public, private = split
    shutil.rmtree(private)
    with pytest.raises(CourseError, match="must be a folder, got none at"):
        load_course(public)


def test_a_relative_folder_is_refused(split: tuple[Path, Path]) -> None:
    """It would mean another one for whoever starts elsewhere."""
    public, private = split
    config = public / "nbgrader_config.py"
    config.write_text(config.read_text().replace(repr(str(private)), "'../private'"))
    with pytest.raises(CourseError, match="must be an absolute path, got ../private"):
        load_course(public)


def test_git_of_the_public_folder_takes_in_nothing_private(split: tuple[Path, Path]) -> None:
    """With the ignored names of docs/instructors.md, after a whole run, nothing else is added."""
    public, _ = split
    list(generate_trees(public))
    docs = Path(__file__).parents[3] / "docs" / "instructors.md"
    ignored = docs.read_text("utf-8").split("```gitignore\n")[1].split("```")[0]
    (public / ".gitignore").write_text(ignored)
    for name in ("submitted", "autograded", "feedback", ".tdl"):
        (public / name).mkdir(exist_ok=True)
        (public / name / "secret").write_text("x")
    quiet = {"cwd": public, "check": True, "capture_output": True}
    subprocess.run(["git", "init", "-q"], **quiet)
    subprocess.run(["git", "add", "-A"], **quiet)
    listed = subprocess.run(["git", "ls-files"], text=True, **quiet).stdout.split()
    assert {name.split("/")[0] for name in listed} <= {
        ".gitignore", "assignments", "latepolicy.py", "nbgrader_config.py",
    }  # fmt: skip


def test_a_private_folder_that_would_be_half_used_is_refused(tmp_path: Path) -> None:
    """Set behind install(c), it came too late for sources and checks."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    text = f"{config}\nc.Course.private = {str(private)!r}\n"
    (tmp_path / "nbgrader_config.py").write_text(text, "utf-8")
    with pytest.raises(CourseError, match="must be set before install"):
        load_course(tmp_path)


def test_a_first_homework_is_made_in_an_empty_private_folder(tmp_path: Path) -> None:
    """Nothing of it lies in the course folder, which may be public."""
    public, private = tmp_path / "public", tmp_path / "private"
    public.mkdir()
    private.mkdir(mode=0o700)
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    setting = f"c.Course.private = {str(private)!r}\ninstall(c)"
    text = config.replace("install(c)", setting)
    (public / "nbgrader_config.py").write_text(text, "utf-8")
    assert keep_private(load_course(public))
    course = load_course(public)
    assert not keep_private(course)
    made = new_homework(course, "hw5")
    assert all(path.is_relative_to(private) for path in made)
    assert [path.name for path in public.iterdir()] == ["nbgrader_config.py"]
