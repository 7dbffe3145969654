"""The parts of the page that name students: the table of all, and who is late or missing."""

import re
from collections.abc import Sequence

from autograder.report.markup import Markup, join, table, tag
from autograder.report.measures import failures, final_score, question_maxima
from autograder.report.schema import Question, Run, Submission
from autograder.report.wording import (
    OUTCOME_WORDS,
    VERDICT_WORDS,
    cut,
    duration,
    flags,
    points,
    visible,
)

MESSAGE_LENGTH = 2000
MANY_QUESTIONS = 14  # more need smaller print to fit on a page
EXPLAINED = ("refused", "crashed", "timed_out", "out_of_memory", "unmarked", "not_marked")


def roster_section(run: Run) -> Markup:
    """Every student's row, with an anchor that the other parts link to."""
    maxima = question_maxima(run)
    rows = sorted(run["submissions"], key=lambda submission: submission["student"])
    penalised = any(row["late_penalty"] > 0 for row in rows)
    anchors = student_anchors(run)
    body = [_row(row, list(maxima), anchors[row["student"]], penalised) for row in rows]
    inner = tag(
        "table",
        tag("caption", "All students; blank means there is no mark yet"),
        tag("thead", tag("tr", *_head(maxima, penalised))),
        tag("tbody", *body),
    )
    class_ = "roster many" if len(maxima) > MANY_QUESTIONS else "roster"
    scroll = tag(
        "div", inner, class_="scroll", tabindex="0", role="region", aria_label="All students"
    )
    return tag("section", tag("h2", "Students"), scroll, id="students", class_=class_)


def student_anchors(run: Run) -> dict[str, str]:
    """Student -> the id of their row; the name itself wherever it can be one."""
    anchors = {}
    for position, submission in enumerate(run["submissions"]):
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", submission["student"])
        # The tilde is in no slug, so a changed name can't meet another one's id.
        unique = slug if slug == submission["student"] else f"{slug}~{position}"
        anchors[submission["student"]] = f"student-{unique}"
    return anchors


def late_section(run: Run) -> Markup:
    """Who was late and by how much, and who handed in nothing."""
    anchors = student_anchors(run)
    late = [each for each in run["submissions"] if each["late_seconds"] > 0]
    late.sort(key=lambda each: (-each["late_seconds"], each["student"]))
    missing = [each for each in run["submissions"] if each["outcome"] == "missing"]
    missing.sort(key=lambda each: each["student"])
    parts = [
        tag("h2", "Late and missing"),
        _late_table(late, anchors) if late else tag("p", "Nobody was late."),
    ]
    if missing:
        names = [_link(each["student"], anchors) for each in missing]
        listed = [part for name in names for part in (", ", name)][1:]
        parts.append(tag("p", tag("strong", f"Missing ({len(missing)}): "), *listed))
    else:
        parts.append(tag("p", "Nobody is missing."))
    return tag("section", *parts, id="late")


def _late_table(late: Sequence[Submission], anchors: dict[str, str]) -> Markup:
    rows = [
        (
            _link(each["student"], anchors),
            duration(each["late_seconds"]),
            points(each["late_penalty"]),
            points(final_score(each)),
        )
        for each in late
    ]
    return table("Late, latest first", ["student", "late by", "penalty", "final"], rows)


def _link(student: str, anchors: dict[str, str]) -> Markup:
    return tag("a", visible(student), href=f"#{anchors[student]}")


def _head(maxima: dict[str, float], penalised: bool) -> list[Markup]:
    questions = [
        tag(
            "th",
            visible(key),
            tag("span", f"/{points(most)}", class_="max"),
            scope="col",
            class_="n q",
        )
        for key, most in maxima.items()
    ]
    totals = ["total", "penalty", "final"] if penalised else ["total"]
    numbers = [tag("th", name, scope="col", class_="n") for name in [*totals, "seconds"]]
    texts = [tag("th", name, scope="col") for name in ("student", "outcome", "notes")]
    return [*texts[:2], *questions, *numbers, texts[2]]


def _row(submission: Submission, questions: list[str], anchor: str, penalised: bool) -> Markup:
    final = tag("td", points(final_score(submission)), class_="n strong")
    totals = [final]
    if penalised:
        total = tag("td", points(submission["score"]), class_="n")
        penalty = submission["late_penalty"]
        totals = [total, tag("td", points(penalty) if penalty else "", class_="n"), final]
    return tag(
        "tr",
        tag("th", visible(submission["student"]), scope="row"),
        tag("td", OUTCOME_WORDS[submission["outcome"]]),
        *(_score(submission["questions"].get(key)) for key in questions),
        *totals,
        tag("td", f"{submission['seconds']:.1f}", class_="n"),
        tag("td", *_notes(submission), class_="notes"),
        id=anchor,
    )


def _score(question: Question | None) -> Markup:
    if question is None:
        return tag("td", class_="n")
    verdict = question["verdict"]
    cell = [points(question["score"])]
    if verdict in EXPLAINED:
        word = "by hand" if verdict == "unmarked" else VERDICT_WORDS[verdict]
        cell.append(tag("span", word, class_="why"))
    return tag("td", *cell, class_="n strong" if verdict == "correct" else "n")


def _notes(submission: Submission) -> list[Markup]:
    failed, message = failures(submission), submission["message"]
    notes = [join([", ".join(flags(submission))])]
    if not failed and not message:
        return notes
    lines = [tag("li", f"{key}: {visible(text) or 'a hidden test'}") for key, text in failed]
    inside = [tag("ul", *lines)] if lines else []
    inside += [tag("pre", cut(visible(message, lines=True), MESSAGE_LENGTH))] if message else []
    title = f"{len(failed)} failed" if failed else "message"
    return [*notes, tag("details", tag("summary", title), *inside)]
