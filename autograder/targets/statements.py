"""What a released notebook says of the use of AI tools, assignment by assignment.

`c.Course.ai_use = {"hw1": "disclosed", "*": "forbidden"}`: one of the texts below, or a text of the
course's own. Without it nothing is added.
"""

from __future__ import annotations

from typing import Any

from nbformat import v4
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.errors import CourseError, shown
from autograder.settings import Course

CELL = "ai-use"
new_markdown_cell: Any = v4.new_markdown_cell  # its module has no types
STATEMENTS = {
    "forbidden": (
        "Do not use AI tools for this assignment, neither for code nor for proofs: what is asked "
        "for is what you can do yourself. Looking things up in books, in the lecture's notes and "
        "in the documentation of libraries is allowed."
    ),
    "disclosed": (
        "You may use AI tools, if you say so: in a cell of your own at the end, name the tool, "
        "what you asked it for, and which answers rest on it. You answer for every line, and you "
        "must be able to explain it without the tool."
    ),
    "free": (
        "You may use AI tools without saying so. You answer for every line that you hand in, and "
        "you must be able to explain it without the tool."
    ),
}


def statement_for(ai_use: dict[str, str], assignment: str) -> str:
    """The text for an assignment; "" if the course says nothing of it.

    Raises:
        CourseError: it is neither a known word nor a sentence.
    """
    text = str(ai_use.get(assignment, ai_use.get("*", "")))
    if text in STATEMENTS or not text:
        return STATEMENTS.get(text, "")
    if " " not in text.strip():
        known = ", ".join(STATEMENTS)
        raise CourseError(f"Course.ai_use must be {known} or a sentence, got {shown(text)}")
    return text.strip()


class AiUseStatement(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the statement behind a notebook's first cell, as a cell that students can't edit."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        assignment = resources["nbgrader"]["assignment"]
        text = statement_for(dict(Course(config=self.config).ai_use), assignment)
        names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
        if text and CELL not in names:
            cell = new_markdown_cell(f"**Use of AI tools.** {text}", id=CELL)
            marks = {"grade": False, "solution": False, "locked": True, "task": False}
            cell.metadata["nbgrader"] = {**marks, "grade_id": CELL, "schema_version": 3}
            nb.cells.insert(min(1, len(nb.cells)), cell)
        return nb, resources
