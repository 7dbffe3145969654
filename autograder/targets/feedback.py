"""What leaves for students as feedback: no mark scheme, no hidden test, nothing that runs."""

from __future__ import annotations

import re
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grade.sanitize import without_tags

_HIDDEN = re.compile(
    r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE
)
_SCHEME = re.compile(
    r"^[^\n]*BEGIN MARK SCHEME.*?END MARK SCHEME[^\n]*\n?", re.DOTALL | re.MULTILINE
)


class CleanFeedback(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes mark schemes and inline hidden tests out of a graded notebook.

    A traceback of a graded cell quotes the lines that failed, so its frames go too; the kind of
    error and the student's own cells stay as they are. nbgrader's page cleans outputs but not
    markdown, so tags in what a student wrote become text.
    """

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        marks = cell.metadata.get("nbgrader", {})
        cell.source = _SCHEME.sub("", cell.source)
        if cell.cell_type != "code" and not marks.get("locked"):
            cell.source = without_tags(cell.source)
        if marks.get("grade") and not marks.get("solution") and cell.cell_type == "code":
            hidden = _HIDDEN.search(cell.source) is not None
            cell.source = _HIDDEN.sub("", cell.source)
            for output in cell.outputs if hidden else []:
                if output.output_type == "error":
                    output.evalue, output.traceback = "", [output.ename]
        return cell, resources
