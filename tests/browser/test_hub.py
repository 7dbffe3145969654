"""A homework's whole life on a JupyterHub: real accounts, exchange, proxy and browsers."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from autograder import corpus
from tests.browser.conftest import PATIENCE, execute, open_page, scroll_to, wait_for_kernel
from tests.browser.hub import GRADER, INSTRUCTOR, STUDENTS, Hub, missing_for_hub, running_hub
from tests.courses import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ADA, GRACE = STUDENTS
PROOF = "Let $w_k$ be the weights after mistake $k$. By induction"
COMMENT = "The second half is missing: bound the squared norm."
SET_SOURCES = """sources => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  let count = 0;
  for (const cell of notebook.model.cells) {
    const marks = cell.getMetadata('nbgrader') || {};
    if (marks.grade_id in sources) {
      cell.sharedModel.setSource(sources[marks.grade_id]);
      count += 1;
    }
  }
  return count;
}"""
Shoot = Callable[[Page, str], None]
Open = Callable[[str], Page]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    missing = missing_for_hub()
    if missing:
        leave_out = pytest.fail if os.environ.get("CI") else pytest.skip
        leave_out(f"the test of deploy/jupyterhub can't run here: {missing}")
    with running_hub() as running:
        yield running


@pytest.fixture
def log_in(hub: Hub, browser: Browser) -> Iterator[Open]:
    """Opens a browser of their own for somebody, logged in."""
    pages: list[Page] = []

    def opened(name: str) -> Page:
        pages.append(open_page(browser))
        log_in_as(hub, pages[-1], name)
        return pages[-1]

    yield opened
    for page in pages:
        page.context.close()


def log_in_as(hub: Hub, page: Page, name: str) -> None:
    # Staff have no need of a JupyterLab of their own.
    start = "/services/tdl/lab" if name in (INSTRUCTOR, GRADER) else ""
    page.goto(f"{hub.address}/hub/login?next={start}")
    page.locator("#username_input").fill(name)
    page.locator("#password_input").fill(hub.password)
    page.locator("#login_submit").click()
    inside = rf"^{re.escape(hub.address)}/(user|hub/home|hub/spawn|services)"
    page.wait_for_url(re.compile(inside), wait_until="commit")


def test_a_homework_on_a_hub(hub: Hub, log_in: Open, shoot: Shoot, tmp_path: Path) -> None:
    """Release, fetch, solve, validate, submit, late too, collect, grade, mark, return, export."""
    teacher = log_in(INSTRUCTOR)
    release(hub, teacher, shoot)

    ada, grace = (log_in(student) for student in STUDENTS)
    fetch(hub, ada, ADA)
    solve(hub, ada, ADA, sources_of(tmp_path, "wrong/q2_strict_inequality"), shoot)
    submit(hub, ada, ADA, 1)
    typed = Typist(hub, grace, GRACE)
    typed.fetch()
    solve(hub, grace, GRACE, sources_of(tmp_path, "wrong/q3_log1p_overflow"), shoot)
    typed.submit(shoot)
    response = grace.goto(f"{hub.address}/services/tdl/lab")
    assert response is not None and response.status == 403
    for closed in ("course", "package", "hub/staff", "exchange/tdl/inbound", f"home/{ADA}"):
        assert not may_list(GRACE, hub.course.root.parent / closed)

    set_deadline(hub, datetime.datetime.now(datetime.UTC))
    open_notebook(hub, ada, ADA)
    edit(ada, sources_of(tmp_path, "correct/model_solution"))
    submit(hub, ada, ADA, 2)
    shoot(ada, "hub_submitted")

    collect_and_grade(hub, teacher, shoot)
    mark_the_proofs(hub, log_in(GRADER), shoot)
    return_feedback(hub, teacher)
    fetch_feedback(hub, ada, ADA, shoot)
    read_feedback(hub, ada, ADA, "q2: 12 of 12 points", shoot)
    typed.fetch_feedback()
    read_feedback(hub, grace, GRACE, "q3: 6 of 7 points", shoot)
    typed.ask_for_a_regrade()

    exported = export(hub)
    scores = {student: float(exported[student]["score"]) for student in STUDENTS}
    assert scores == {ADA: 4 + 9 + 12 + 4 + 7, GRACE: pytest.approx(4 + 9 + 12 + 4 + 6, abs=0.01)}
    assert late_by(exported[ADA]) > 0 >= late_by(exported[GRACE])


class Typist:
    """A student who types the commands of docs/students.md in JupyterLab's terminal."""

    PAGE = (ROOT / "docs" / "students.md").read_text("utf-8")

    def __init__(self, hub: Hub, page: Page, student: str) -> None:
        self._hub, self._page, self._student = hub, page, student

    def fetch(self) -> None:
        self._open()
        assert "hw1" in self._say("nbgrader list")
        self._say("nbgrader fetch_assignment hw1")
        (self._hub.homes / self._student / "hw1" / "tests" / "test_q3.py").unlink()
        self._say("nbgrader fetch_assignment hw1 --replace")

    def submit(self, shoot: Shoot) -> None:
        self._open()
        assert "10 passed" in self._say("pytest -k q2", "hw1")
        assert " passed" in self._say("pytest", "hw1")
        assert " passed" not in self._say("pytest --lf", "hw1").splitlines()[-1]
        assert "q3: 3 of 4" in self._say("nbgrader validate hw1.ipynb", "hw1")
        self._say("tdl team --alone", "hw1")
        receipt = self._say("tdl receipt", "hw1")
        assert "in time, left: 0 d 0 h" in receipt
        self._say("nbgrader submit hw1")
        shoot(self._page, "hub_terminal")
        assert self._say("nbgrader list --cached").count("hw1") == 1
        kept = (self._hub.homes / self._student / "hw1" / "receipt.txt").read_text()
        assert receipt.split()[1] in kept
        outbound = self._hub.course.root.parent / "exchange" / "tdl" / "outbound" / "hw1"
        assert "nothing to correct" in self._say(f"tdl update --from {outbound}", "hw1", "--from")

    def fetch_feedback(self) -> None:
        self._open()
        self._say("nbgrader fetch_feedback hw1")

    def ask_for_a_regrade(self) -> None:
        """Asked, answered by the staff, read."""
        self._open()
        reason = '--reason "Step 3 follows from the lemma in step 1."'
        assert "asked: hw1 q2" in self._say(f"tdl regrade ask hw1 q2 {reason}")
        assert GRACE in self._hub.as_course("autograder.cli", "regrade", "queue", code=1)
        self._hub.as_course("autograder.cli", "regrade", "close", "1", "--reply=It does.")
        assert "It does." in self._say("tdl regrade replies hw1")

    def _open(self) -> None:
        enter_lab(self._hub, self._page, self._student)
        execute(self._page, "terminal:create-new")
        # What is typed before the shell listens is lost.
        self._typed_until("touch ~/ready", "ready", again=True)

    def _say(self, command: str, folder: str = ".", documented: str = "") -> str:
        """What a command answers; it must stand in docs/students.md."""
        assert (documented or command) in self.PAGE
        line = f"(cd {folder}; {command}) 2>&1 | tee ~/said.part; mv ~/said.part ~/said.txt"
        return self._typed_until(line, "said.txt")

    def _typed_until(self, line: str, file: str, again: bool = False) -> str:
        """Type a line, again and again if need be; what is then in the file that it makes."""
        made = self._hub.homes / self._student / file
        made.unlink(missing_ok=True)
        deadline = time.monotonic() + PATIENCE / 1000
        typed = False
        while not made.exists():
            assert time.monotonic() < deadline, f"{line} must end"
            if again or not typed:
                self._page.locator(".jp-Terminal .xterm-helper-textarea").last.focus()
                self._page.keyboard.type(f"{line}\n")
                typed = True
            self._page.wait_for_timeout(300)
        return made.read_text("utf-8")


def set_deadline(hub: Hub, due: datetime.datetime) -> None:
    """Move the deadline in the gradebook: what a week's wait would do."""
    due = due.replace(tzinfo=None)
    hub.as_course("nbgrader", "db", "assignment", "add", "hw1", f"--duedate={due} UTC")


def may_list(student: str, folder: Path) -> bool:
    """Whether a student's account can list a folder."""
    done = subprocess.run(
        ["ls", str(folder)], user=student, extra_groups=[], capture_output=True, check=False
    )
    return done.returncode == 0


def sources_of(folder: Path, name: str) -> dict[str, str]:
    """The first answers in code of a submission of the corpus: grade_id -> source."""
    found = next(e for e in corpus.read_corpus(ROOT, "hw1") if e.name == name)
    corpus.build(ROOT, "hw1", found, folder / name)
    cells = json.loads((folder / name / "hw1.ipynb").read_text("utf-8"))["cells"]
    marked = [(c["metadata"].get("nbgrader", {}), "".join(c["source"])) for c in cells]
    answers = {marks["grade_id"]: source for marks, source in marked if marks.get("solution")}
    return {key: answers[key] for key in answers if key.partition("-")[0] in ("q0", "q2", "q3")}


def release(hub: Hub, page: Page, shoot: Shoot) -> None:
    formgrader = open_formgrader(hub, page)
    press(page, formgrader, "assign", "Successfully created")
    press(page, formgrader, "release", "Successfully released")
    shoot(page, "hub_released")


def open_formgrader(hub: Hub, page: Page) -> FrameLocator:
    """The course's service, at the list of assignments."""
    page.goto(f"{hub.address}/services/tdl/lab?reset")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    execute(page, "nbgrader:open-formgrader")
    formgrader = page.frame_locator("#formgrader-iframe iframe")
    formgrader.locator("tr", has_text="hw1").wait_for()
    return formgrader


def press(page: Page, formgrader: FrameLocator, what: str, success: str) -> None:
    """Press a button in the row of hw1 and read what formgrader says."""
    formgrader.locator("tr", has_text="hw1").locator(f"td.{what} a").first.click()
    answer(page, formgrader, success)


def answer(page: Page, formgrader: FrameLocator, success: str) -> None:
    modal = formgrader.locator("#success-modal, #error-modal")
    modal.wait_for()
    assert success in modal.inner_text(), modal.inner_text()
    page.wait_for_timeout(500)  # it fades in, and can't be closed before
    modal.locator(".modal-footer button, button.close").last.click()
    formgrader.locator(".modal-backdrop").wait_for(state="detached")


def enter_lab(hub: Hub, page: Page, student: str) -> None:
    """The student's JupyterLab with nothing open; loaded once, since that takes seconds."""
    lab = f"{hub.address}/user/{student}/lab"
    if page.url.startswith(lab):
        execute(page, "docmanager:save-all")
        execute(page, "application:close-all")
    else:
        page.goto(f"{lab}?reset")
        page.locator("#jupyterlab-splash").wait_for(state="detached")


def open_assignments(hub: Hub, page: Page, student: str) -> None:
    enter_lab(hub, page, student)
    execute(page, "nbgrader:open-assignment-list")


def fetch(hub: Hub, page: Page, student: str) -> None:
    open_assignments(hub, page, student)
    page.locator("#released_assignments_list button", has_text="Fetch").click()
    page.locator("#fetched_assignments_list .list_item", has_text="hw1").first.wait_for()


def open_notebook(hub: Hub, page: Page, student: str) -> None:
    enter_lab(hub, page, student)
    execute(page, "docmanager:open", {"path": "hw1/hw1.ipynb"})
    wait_for_kernel(page)


def solve(hub: Hub, page: Page, student: str, sources: dict[str, str], shoot: Shoot) -> None:
    """Answer the first questions, type a proof, run them, save, validate."""
    open_notebook(hub, page, student)
    edit(page, sources)
    scroll_to(page, "q1-answer")
    execute(page, "notebook:enter-edit-mode")
    page.keyboard.press("Control+a")
    page.keyboard.type(PROOF)
    scroll_to(page, "q4-answer")
    execute(page, "notebook:run-all-above")
    execute(page, "docmanager:save")
    scroll_to(page, 'check("q2")')
    result = page.locator(".jp-OutputArea-output", has_text="q2: ").first
    expect(result).to_be_visible(timeout=PATIENCE)
    shoot(page, f"hub_checked_{student}")
    page.locator(".validate-button").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text(re.compile(r"q[23]: \d of \d public"))
    shoot(page, f"hub_validated_{student}")
    dialog.locator("button").last.click()


def edit(page: Page, sources: dict[str, str]) -> None:
    """Answer in the notebook that is open, and save it."""
    assert page.evaluate(SET_SOURCES, sources) == len(sources)
    execute(page, "docmanager:save")


def submit(hub: Hub, page: Page, student: str, times: int) -> None:
    """From the assignment list; the receipt then lies beside the notebook."""
    open_assignments(hub, page, student)
    fetched = page.locator("#fetched_assignments_list")
    fetched.locator("button", has_text="Submit").click()
    submitted = page.locator("#submitted_assignments_list .list_item")
    expect(submitted.get_by_text(re.compile(r"\d\d:\d\d:\d\d"))).to_have_count(times)
    receipts = (hub.homes / student / "hw1" / "receipt.txt").read_text("utf-8")
    assert receipts.count("receipt ") == times


def collect_and_grade(hub: Hub, page: Page, shoot: Shoot) -> None:
    formgrader = open_formgrader(hub, page)
    press(page, formgrader, "collect", "Successfully collected")
    formgrader.locator("tr", has_text="hw1").locator(".num-submissions a").click()
    for student in STUDENTS:
        row = formgrader.locator("tr", has_text=student)
        row.locator("td.autograde a").click()
        answer(page, formgrader, "Successfully autograded")
        expect(row.locator("td.score")).to_have_text(re.compile(r"\d+(\.\d+)? / 100"))
    shoot(page, "hub_autograded")


def mark_the_proofs(hub: Hub, page: Page, shoot: Shoot) -> None:
    """Each first proof, with its mark scheme in view: nine points and a comment."""
    for number in range(len(STUDENTS)):
        page.goto(f"{hub.address}/services/tdl/formgrader/gradebook/hw1/hw1")
        page.locator("td.name a", has_text="Submission").nth(number).click()
        task = page.locator(".nbgrader_cell", has=page.locator("input#q1"))
        expect(task).to_contain_text("MARK SCHEME")
        expect(page.locator(".nbgrader_cell", has_text="By induction")).to_be_visible()
        page.wait_for_load_state("networkidle")  # fields are listened to when marks are loaded
        for field, text in (("input.score", "9"), ("textarea.comment", COMMENT)):
            with page.expect_response(lambda r: "/api/" in r.url and r.request.method == "PUT"):
                task.locator(field).fill(text)
                task.locator(field).press("Tab")
        task.locator("textarea.comment").scroll_into_view_if_needed()
    shoot(page, "hub_marked")


def return_feedback(hub: Hub, page: Page) -> None:
    formgrader = open_formgrader(hub, page)
    press(page, formgrader, "generate-feedback", "Successfully generated")
    press(page, formgrader, "release-feedback", "Successfully released")


def fetch_feedback(hub: Hub, page: Page, student: str, shoot: Shoot) -> None:
    """From the assignment list."""
    open_assignments(hub, page, student)
    submitted = page.locator("#submitted_assignments_list")
    submitted.locator("button", has_text="Fetch Feedback").click()
    submitted.get_by_text("view feedback").first.wait_for()
    shoot(page, "hub_fetched_feedback")


def read_feedback(hub: Hub, page: Page, student: str, verdict: str, shoot: Shoot) -> None:
    """As JupyterLab serves it."""
    feedback = max((hub.homes / student / "hw1" / "feedback").glob("*/hw1.html"))
    path = feedback.relative_to(hub.homes / student).as_posix()
    page.goto(f"{hub.address}/user/{student}/files/{path}")
    body = page.locator("body")
    expect(body).to_contain_text(verdict)
    expect(body).to_contain_text(COMMENT)
    assert "MARK SCHEME" not in page.content()
    page.get_by_text(verdict).first.scroll_into_view_if_needed()
    shoot(page, f"hub_feedback_{student}")


def export(hub: Hub) -> dict[str, dict[str, str]]:
    """Student -> row of hw1 in what nbgrader exports."""
    hub.as_course("nbgrader", "export", "--to=grades.csv")
    text = (hub.course.root / "grades.csv").read_text("utf-8")
    return {row["student_id"]: row for row in csv.DictReader(io.StringIO(text))}


def late_by(row: dict[str, str]) -> float:
    stamp, due = (datetime.datetime.fromisoformat(row[key]) for key in ("timestamp", "duedate"))
    return (stamp - due).total_seconds()
