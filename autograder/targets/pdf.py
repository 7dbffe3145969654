"""The proofs of a submission as a PDF, each question on pages of its own, for marking elsewhere.

Statements come from the release, without mark schemes; answers are rebuilt from the submission as
for grading, and become HTML that can't act, with formulas as MathML. Chromium prints it with
scripts switched off and no network.
"""

from __future__ import annotations

import html
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, SandboxError, shown
from autograder.grade import gradebook as book
from autograder.grade import sanitize
from autograder.grade.course import CourseFolder
from autograder.grade.pipeline import read_notebooks
from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.grade.submission import find_notebook

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MARGIN: Any = dict.fromkeys(("top", "right", "bottom", "left"), "18mm")
STYLE = """
body { font: 11pt/1.45 serif; margin: 0; overflow-wrap: anywhere }
section { break-before: page }
section:first-child { break-before: auto }
header { font: 9pt sans-serif; border-bottom: 1px solid #888; padding-bottom: 4px }
.statement { border-left: 3px solid #888; padding-left: 10px; color: #333 }
pre { white-space: pre-wrap }
img { max-width: 100% }
table { border-collapse: collapse } td, th { border: 1px solid #888; padding: 2px 6px }
"""


def write_pdf(course: CourseFolder, assignment: str, student: str, output: Path) -> int:
    """Write the hand-marked questions of a submission as a PDF; how many there are.

    Raises:
        CourseError: unknown assignment, nothing submitted, or nothing to mark by hand.
        SubmissionError: the submitted notebook can't be read.
        SandboxError: there is no Chromium, or it fails.
    """
    folder = course.folder("submitted", student, assignment)
    if not folder.is_dir():
        raise CourseError(f"student must have a submission, got none of {shown(student)}")
    with book.open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        notebooks = read_notebooks(course, assignment, gradebook)
    sections = []
    for release in notebooks:
        path = find_notebook(folder, release.name, len(notebooks), [])
        rebuilt = sanitize.rebuild(sanitize.read_submitted(path), release)
        sections += question_pages(release, rebuilt.cells, f"{assignment} · {student}")
    if not sections:
        raise CourseError(f"{assignment} must have questions marked by hand, got none")
    print_page(page_of(sections), output)
    return len(sections)


def question_pages(release: ReleasedNotebook, cells: list[sanitize.Cell], head: str) -> list[str]:
    """HTML of each question that is marked by hand, in the notebook's order."""
    tasks = [cell for cell in release.cells if cell.worth and _by_hand(cell)]
    questions = list(dict.fromkeys(cell.question for cell in tasks))
    return [_question(name, tasks, cells, head) for name in questions]


def _question(name: str, tasks: list[ReleasedCell], cells: list[sanitize.Cell], head: str) -> str:
    own = [task for task in tasks if task.question == name]
    points = sum(task.points for task in own)
    title = f"{head} · {name} · {points:g} points"
    parts = [f"<section><header>{html.escape(title)}</header>"]
    for task in own:
        if not task.solution:
            parts.append(f'<div class="statement">{_rendered(task.released, {})}</div>')
        for cell in cells:
            if cell.grade_id in (task.grade_id, f"{task.grade_id}-answer") and _is_answer(cell):
                parts.append(_answer(cell))
    return "".join([*parts, "</section>"])


def _answer(cell: sanitize.Cell) -> str:
    if cell.cell_type == "code":
        return f"<pre>{html.escape(cell.source)}</pre>"
    return f"<div>{_rendered(cell.source, cell.attachments or {})}</div>"


def _is_answer(cell: sanitize.Cell) -> bool:
    return cell.released is not None and cell.released.solution


def _by_hand(cell: ReleasedCell) -> bool:
    return cell.task or cell.solution or cell.cell_type != "code"


def _rendered(text: str, attachments: dict[str, Any]) -> str:
    from autograder.report.safe_html import safe_markdown

    context: Any = {"cell": {"attachments": attachments}}
    return safe_markdown(context, text)


def page_of(sections: list[str]) -> str:
    """The whole HTML page."""
    head = f'<meta charset="utf-8"><style>{STYLE}</style>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(sections)}</body></html>"


def print_page(page: str, output: Path) -> None:
    """Print an HTML page to a PDF file, whole or not at all.

    Raises:
        SandboxError: no Chromium or no playwright here, or printing fails.
    """
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        raise SandboxError(
            "a PDF needs Chromium on PATH (Debian: apt-get install chromium), got none"
        )
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise SandboxError("a PDF needs playwright (pip install playwright), got none") from None
    part = output.with_name(output.name + ".part")
    arguments = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's own needs another user; no script runs

    def print_it() -> None:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program, args=arguments)
            context = browser.new_context(java_script_enabled=False, offline=True)
            tab = context.new_page()
            tab.set_content(page, wait_until="load")
            tab.pdf(path=str(part), format="A4", margin=MARGIN)
            browser.close()

    try:
        # In a thread of its own: playwright refuses to run beside an event loop, as in a notebook.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(print_it).result()
    except Error as error:
        raise SandboxError(f"Chromium must print the page, got {shown(error, 300)}") from None
    part.replace(output)
