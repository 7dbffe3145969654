"""What a marker reads of an answer: the question with its mark scheme, then the student's words."""

from __future__ import annotations

from autograder.grade.autograded import read_autograded
from autograder.grade.course import CourseFolder
from autograder.grade.release import cell_text
from autograder.ledger.hand_marks import Answer

SCANS = (".pdf", ".png", ".jpg", ".jpeg")


def texts_of(course: CourseFolder, assignment: str, answer: Answer) -> list[tuple[str, str]]:
    """(title, text) of what belongs to an answer, as it was graded; no student's name in it."""
    folder = course.folder("autograded", answer.student, assignment)
    notebook = read_autograded(folder / f"{answer.notebook}.ipynb")
    titles = {answer.cell: "question", f"{answer.cell}-answer": "answer"}
    found = []
    for cell in notebook.get("cells", []):
        marks = cell.get("metadata", {}).get("nbgrader", {})
        id = marks.get("grade_id")
        if id in titles:
            title = "answer" if marks.get("solution") else titles[id]
            found.append((title, cell_text(cell)))
            if cell.get("attachments"):
                names = ", ".join(sorted(cell["attachments"]))
                found.append(("pictures", f"{names}: look at them in formgrader"))
    scans = sorted(
        path.name
        for path in (folder.glob(f"{answer.cell}*") if folder.is_dir() else ())
        if path.suffix.lower() in SCANS
    )
    if scans:
        found.append(("scans", f"{', '.join(scans)}: look at them in formgrader"))
    return found or [("answer", "(nothing graded yet: run tdl grade)")]
