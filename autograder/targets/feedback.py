"""What leaves for students as feedback: no mark scheme, no hidden test, nothing that runs."""

from __future__ import annotations

import re
from typing import Any

from nbconvert.exporters.html import HTMLExporter
from nbformat import v4
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.errors import CourseError, shown
from autograder.grade.course import CourseFolder
from autograder.grade.sanitize import without_tags
from autograder.targets.replays import replays

new_output: Any = v4.new_output  # its module has no types
# Nothing runs, nothing is fetched; style sheets and images that lie in the page itself are shown.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
_HEAD = re.compile(r"<head\b[^>]*>(.*?)</head\s*>", re.DOTALL | re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_CONTENTS = re.compile(r'<div id="toc">.*?</ol>', re.DOTALL)
_ENTRY = re.compile(
    r'<li><a href="#(comment-)?([^"<>]*)">[^<]*</a>( \(Score: [-\d.]+ / ([\d.]+)\))?</li>'
)
_NO_POINTS = re.compile(r'Score: 0\.0 / 0\.0 (?=<a href="#top">)')

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

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        told = resources["nbgrader"]
        course = CourseFolder(CourseDirectory(config=self.config), self.config)
        self._replays = replays(course, told["assignment"], told["student"])
        cleaned: tuple[Any, Any] = super().preprocess(nb, resources)
        return cleaned

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
            for text in self._replays.get(str(marks.get("grade_id")), ()):
                output = new_output("display_data", {"text/plain": text})
                cell.outputs = [*cell.outputs, output]
        return cell, resources


class FeedbackPage(HTMLExporter):
    """nbgrader's feedback page without its scripts, under a policy by which none can run.

    Formulas are MathML already (`safe_html`), so the page needs no script; what a student wrote is
    cleaned, and could not run or load anything if it were not.
    """

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        """The page and nbconvert's resources."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        return with_policy(with_names(str(page))), resources


def with_names(page: str) -> str:
    """A page whose list of marks names the questions; nbgrader's says "Test cell" of each.

    Answers without points of their own (a proof's stand in the task above it) show no 0 of 0.
    """
    page = _NO_POINTS.sub("", page)
    return _CONTENTS.sub(lambda found: _ENTRY.sub(_named_entry, found[0]), page, count=1)


def _named_entry(entry: re.Match[str]) -> str:
    comment, name, score, most = entry.groups()
    if comment:
        return f'<li><a href="#comment-{name}">{name}: comment</a></li>'
    return f'<li><a href="#{name}">{name}</a>{score}</li>' if float(most or 1) else ""


def with_policy(page: str) -> str:
    """A page whose head says first of all that nothing may run, and has no script of its own.

    Raises:
        CourseError: it has no head; a page without the policy must not go out.
    """
    head = _HEAD.search(page)
    if head is None:
        raise CourseError(f"feedback page must have a head, got {shown(page)}")
    inner = f"\n{_META}{_SCRIPT.sub('', head[1])}"
    return page[: head.start(1)] + inner + page[head.end(1) :]
