"""The class table that `tdl grade` prints: one row a student, at most 100 columns wide.

Nothing is said by colour alone: a letter or a word carries each meaning and the two colours in use,
cyan and magenta, stay apart for every kind of colour blindness on light and dark terminals.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from autograder.report.measures import final_score, outcome_counts, question_maxima, taken
from autograder.report.schema import Question, Run, Submission, validate_run
from autograder.report.wording import OUTCOME_WORDS, cut, points, short_flags, visible

WIDTH = 100
STUDENT_WIDTH = 24
QUESTION_WIDTH = 40
LEAST_FLAGS_WIDTH, ROOMY_FLAGS_WIDTH = 16, 24
ATTENTION, FULL, QUIET = "bold magenta", "cyan", "dim"

# A letter behind the points says why they are so few; a hand mark that is missing has no points.
_LETTERS = {"refused": "r", "crashed": "c", "timed_out": "t", "out_of_memory": "m", "unmarked": "…"}
_MEANINGS = {
    "r": "refused",
    "c": "crashed",
    "t": "timed out",
    "m": "out of memory",
    "…": "waits for a hand mark",
    "●": "full marks",
    "◐": "some",
    "○": "none",
}


def results_table(run: Run) -> Table:
    """A table of the class: student, outcome, points per question, total, flags.

    Too many questions for the width become one column of symbols (●◐○). The total is what
    remains after the late penalty.

    Args:
        run: what `tdl grade --json` wrote.

    Raises:
        ValueError: `run` is not a grading run.
    """
    validate_run(run)
    maxima = question_maxima(run)
    rows = sorted(run["submissions"], key=lambda submission: submission["student"])
    wide = [[_score(row["questions"].get(key)) for key in maxima] for row in rows]
    headers = [f"{visible(key)}\n/{points(most)}" for key, most in maxima.items()]
    if _flags_width(run, rows, headers, wide) >= LEAST_FLAGS_WIDTH:
        return _table(run, rows, headers, wide)
    strips = [[_strip(row, maxima)] for row in rows]
    return _table(run, rows, [_strip_header(maxima)], strips)


def _table(
    run: Run, rows: list[Submission], headers: list[str], questions: list[list[Text]]
) -> Table:
    gap = 2 if _flags_width(run, rows, headers, questions, gap=2) >= ROOMY_FLAGS_WIDTH else 1
    flags_width = max(LEAST_FLAGS_WIDTH, _flags_width(run, rows, headers, questions, gap))
    table = Table(
        title=Text(visible(f"{run['assignment']} · {run['course']}")),
        caption=Text(_summary(run, questions)),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, gap - 1, 0, 0),
    )
    table.add_column("student", max_width=STUDENT_WIDTH, overflow="fold")
    table.add_column("outcome", no_wrap=True)
    for header in headers:
        single = len(headers) == 1 and "\n" not in header
        table.add_column(
            Text(header),
            justify="left" if single else "right",
            max_width=QUESTION_WIDTH,
            overflow="fold",
        )
    table.add_column(Text(f"total\n/{points(run['max_score'])}"), justify="right", no_wrap=True)
    table.add_column("flags", max_width=flags_width)
    for row, cells in zip(rows, questions, strict=True):
        table.add_row(
            _student(row), _outcome(row), *cells, _total(row), Text(", ".join(short_flags(row)))
        )
    return table


def _student(row: Submission) -> Text:
    return Text(cut(visible(row["student"]), 3 * STUDENT_WIDTH))


def _outcome(row: Submission) -> Text:
    style = "" if row["outcome"] == "finished" else ATTENTION
    return Text(OUTCOME_WORDS[row["outcome"]], style)


def _total(row: Submission) -> Text:
    more = "+" if row["needs_manual"] and row["score"] is not None else ""
    return Text(points(final_score(row)) + more, "bold")


def _score(question: Question | None) -> Text:
    if question is None or question["verdict"] == "not_marked":
        return Text("")
    letter = _LETTERS.get(question["verdict"], "")
    return Text(points(question["score"]) + letter, _style(question))


def _style(question: Question) -> str:
    if question["verdict"] in ("refused", "crashed", "timed_out", "out_of_memory"):
        return ATTENTION
    return {"correct": FULL, "unmarked": QUIET}.get(question["verdict"], "")


def _strip(row: Submission, maxima: Mapping[str, float]) -> Text:
    strip = Text()
    for key in maxima:
        question = row["questions"].get(key)
        strip.append(_symbol(question), _style(question) if question else QUIET)
    return strip


def _symbol(question: Question | None) -> str:
    if question is None or question["verdict"] == "not_marked":
        return "·"
    plain = {"correct": "●", "partial": "◐", "wrong": "○"}
    return plain.get(question["verdict"]) or _LETTERS[question["verdict"]]


def _strip_header(maxima: Mapping[str, float]) -> str:
    names = [cut(visible(key), 16) for key in maxima]
    return f"{names[0]} to {names[-1]}"


def _flags_width(
    run: Run, rows: list[Submission], headers: list[str], questions: list[list[Text]], gap: int = 1
) -> int:
    """What the other columns leave of the width."""
    total = Text(f"/{points(run['max_score'])}")
    columns = zip(*questions, strict=True) if questions else [()] * len(headers)
    widths = [
        min(STUDENT_WIDTH, _widest("student", map(_student, rows))),
        _widest("outcome", map(_outcome, rows)),
        _widest("total", [total, *map(_total, rows)]),
        *(min(QUESTION_WIDTH, _widest(h, c)) for h, c in zip(headers, columns, strict=True)),
    ]
    return WIDTH - sum(width + gap for width in widths)


def _widest(header: str, cells: Iterable[Text]) -> int:
    lines = [cell_len(line) for line in header.split("\n")]
    return max([*lines, *(cell.cell_len for cell in cells)])


def _summary(run: Run, questions: list[list[Text]]) -> str:
    counts = outcome_counts(run)
    parts = [f"{n} {OUTCOME_WORDS[outcome]}" for outcome, n in counts.most_common()]
    totals = [score for row in taken(run) if (score := final_score(row)) is not None]
    if totals:
        parts.append(f"median {points(statistics.median(totals))} of {points(run['max_score'])}")
    if any(row["needs_manual"] for row in run["submissions"]):
        parts.append("+ hand marks to come")
    first = " · ".join([f"{len(run['submissions'])} in class", *parts])
    return "\n".join([first, " · ".join(_legend(questions))]).strip()


def _legend(questions: list[list[Text]]) -> list[str]:
    used: Counter[str] = Counter("".join(cell.plain for row in questions for cell in row))
    return [f"{mark} {meaning}" for mark, meaning in _MEANINGS.items() if used[mark]]
