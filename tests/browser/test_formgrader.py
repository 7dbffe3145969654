"""The main job as an instructor does it: the judge behind a button, proofs by hand, feedback."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from playwright.sync_api import FrameLocator, Page, expect
from typer.testing import CliRunner

from autograder import corpus
from autograder.cli import app
from autograder.grade import gradebook as book
from autograder.grade.course import CourseFolder
from tests.browser.conftest import execute, jupyter_lab, open_lab
from tests.courses import ROOT, make_course, nbgrader

STUDENT = "bitdiddle"
ATTACK = """from IPython.display import HTML, display
display(HTML("<script>window.stolen = 1</script><img src=x onerror='window.stolen = 2'>"
             "<table><tr><td>a table of mine</td></tr></table>"))
plt.plot([1, 2, 3])
plt.show()"""
PROOF = "Let $\\\\lVert w\\\\rVert$ grow. <script>window.stolen = 3</script> This was my proof."
COMMENT = "Step 2 is missing: bound the squared norm."
BANK = "Else all is well & clear."
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """hw1 with one submission: wrong in q3, and it tries to run scripts in its reader's browser."""
    course = make_course(tmp_path_factory.mktemp("formgrader") / "course")
    wrong = next(e for e in corpus.read_corpus(ROOT, "hw1") if e.name == "wrong/q3_log1p_overflow")
    edits = (f"append:{ATTACK}", "source:q1-answer=" + PROOF.replace("\\\\", "\\"))
    hostile = dataclasses.replace(wrong, edits=edits)
    folder = course.folder("submitted", STUDENT, "hw1")
    corpus.build(course.root, "hw1", hostile, folder)
    for name in ("q6-proof.png", "q7.pdf"):
        figure = Figure((6, 2))
        figure.text(0.1, 0.5, f"{name}: a proof on paper")
        figure.savefig(folder / name)
    return course


@pytest.fixture(scope="module")
def lab(course: CourseFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyter_lab(course.root, tmp_path_factory.mktemp("lab")) as address:
        yield address


def test_the_main_job_in_the_browser(
    course: CourseFolder, lab: str, page: Page, shoot: Callable[[Page, str], None]
) -> None:
    """Autograde by the button, mark a proof beside its scheme, return feedback that is safe."""
    open_lab(page, lab)
    execute(page, "nbgrader:open-formgrader")
    formgrader = page.frame_locator("#formgrader-iframe iframe")
    autograde(page, formgrader, shoot)
    scores = read_scores(course)
    assert scores["q2"][:2] == (12, 12)
    assert 0 < scores["q3"][0] < 7
    assert scores["q1"][0] is None
    records = list((course.root / ".tdl" / "records").rglob(f"{STUDENT}-*.json"))
    assert records, "grading by the judge leaves a record"

    done = CliRunner().invoke(
        app, ["marking", "comments", "hw1", "q1", "--add", f"well={BANK}", "-C", str(course.root)]
    )
    assert done.exit_code == 0, done.output
    mark_the_proof(page, lab, shoot)
    look_at_scans(page, shoot)
    assert read_scores(course)["q1"][1] == 9

    nbgrader(course.root, "generate_feedback", "hw1")
    feedback = course.root / "feedback" / STUDENT / "hw1" / "hw1.html"
    read_feedback(page, feedback, shoot)


def autograde(page: Page, formgrader: FrameLocator, shoot: Callable[[Page, str], None]) -> None:
    """Manage Assignments, the number of submissions, the flash of light."""
    formgrader.locator("tr", has_text="hw1").locator(".num-submissions a").click()
    row = formgrader.locator("tr", has_text=STUDENT)
    row.locator("td.autograde a").click()
    modal = formgrader.locator("#success-modal, #error-modal")
    modal.wait_for()
    shoot(page, "formgrader_autograded")
    assert "Successfully autograded" in modal.inner_text(), modal.inner_text()
    modal.locator(".modal-footer button, button.close").last.click()
    modal.wait_for(state="hidden")
    expect(row.locator("td.score")).to_have_text(re.compile(r"\d+(\.\d+)? / 100"))
    shoot(page, "formgrader_submissions")


def mark_the_proof(page: Page, lab: str, shoot: Callable[[Page, str], None]) -> None:
    """In the submission's page: mark scheme and answer are both there; a score and a comment."""
    page.goto(f"{lab}/formgrader/gradebook/hw1/hw1")
    page.locator("td.name a", has_text="Submission").first.click()
    task = page.locator(".nbgrader_cell", has=page.locator("input#q1"))
    expect(task).to_contain_text("MARK SCHEME")
    answer = page.locator(".nbgrader_cell", has_text="This was my proof.").last
    for cell in (task, answer):  # formulas are drawn, without a network
        assert cell.locator("math").first.bounding_box()["height"] > 10  # type: ignore[index]
        assert "\\lVert" not in cell.inner_text() and "$" not in cell.inner_text()
    assert page.evaluate("window.stolen === undefined"), "a student's script ran in formgrader"
    below = answer.bounding_box()["y"] - task.bounding_box()["y"]  # type: ignore[index]
    assert below > 0
    task.locator("input.score").scroll_into_view_if_needed()
    shoot(page, "formgrader_proof_scheme")
    with page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT"):
        task.locator("input.score").fill("9")
        task.locator("input.score").press("Tab")
    with page.expect_response(lambda r: "/api/comment/" in r.url and r.request.method == "PUT"):
        task.locator("textarea.comment").fill(f"{COMMENT} @well")
        task.locator("textarea.comment").press("Tab")
    expect(task.locator("textarea.comment")).to_have_value(f"{COMMENT} {BANK}")
    expect(page.locator("details", has_text="comment bank")).to_contain_text(BANK)
    answer.scroll_into_view_if_needed()
    shoot(page, "formgrader_proof_answer")
    page.locator(".nbgrader_cell", has=page.locator("input#q3")).scroll_into_view_if_needed()
    shoot(page, "formgrader_q3")


def look_at_scans(page: Page, shoot: Callable[[Page, str], None]) -> None:
    """Below their mark schemes: an image as it is, a PDF in the browser's viewer."""
    for question, scan in (("q6-proof", "img"), ("q7", "object[type='application/pdf']")):
        task = page.locator(".nbgrader_cell", has=page.locator(f"input#{question}"))
        expect(task).to_contain_text("MARK SCHEME")
        shown = page.locator(f".nbgrader_cell {scan}[src^='data:'], .nbgrader_cell {scan}[data]")
        width, height = (shown.bounding_box()[side] for side in ("width", "height"))  # type: ignore[index]
        assert width > 400 and height > 100, f"{question}: got {width} x {height}"
        shown.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)  # the viewer of PDFs starts
        shoot(page, f"formgrader_scan_{question}")


def read_feedback(page: Page, feedback: Path, shoot: Callable[[Page, str], None]) -> None:
    """The page that the student gets."""
    page.goto(feedback.as_uri())
    body = page.locator("body")
    expect(body).to_contain_text("q3: ")
    expect(body).to_contain_text("tests with other inputs")
    expect(body).to_contain_text(COMMENT)
    expect(body).to_contain_text(BANK)
    expect(body).to_contain_text("The perceptron stops")  # the statement, without its scheme
    expect(page.get_by_role("cell", name="a table of mine")).to_be_visible()
    assert "MARK SCHEME" not in page.content()
    assert page.locator("math").count() > 50
    assert page.evaluate("window.stolen === undefined"), "a student's script ran in the feedback"
    plots = page.locator("img[src^='data:image/png']")
    widths = plots.evaluate_all("images => images.map(image => image.naturalWidth)")
    assert widths and min(widths) > 100, f"plots must show, got widths {widths}"
    shoot(page, "feedback_top")
    for name, text in (("comment", COMMENT), ("q3", "tests with other inputs")):
        page.get_by_text(text).first.scroll_into_view_if_needed()
        shoot(page, f"feedback_{name}")
    page.locator("table", has_text="FAIL").first.scroll_into_view_if_needed()
    shoot(page, "feedback_table")
    page.get_by_role("cell", name="a table of mine").scroll_into_view_if_needed()
    shoot(page, "feedback_plot")


def read_scores(course: CourseFolder) -> dict[str, tuple[float | None, float | None]]:
    """grade_id -> (automatic score, manual score or automatic one)."""
    scores = {}
    with book.open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        submission = gradebook.find_submission("hw1", STUDENT)
        for grade in submission.notebooks[0].grades:
            manual = grade.manual_score
            scores[grade.name] = (grade.auto_score, grade.auto_score if manual is None else manual)
    return scores
