"""The process that marks mutants or seeds: started afresh, as the grader's judge is.

`python -m autograder.mutation.child ORDER` reads its order, a JSON file, and writes a JSON line per
result to the file that the order names. The first line of a run of mutants lists them all.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.corpus import Expected, build, read_corpus
from autograder.errors import CourseError, TdlError
from autograder.grade.course import CourseFolder, load_course
from autograder.judge.session import StudentProcess
from autograder.mutation.bench import SLOWER, Bench, run_cells
from autograder.mutation.hosting import with_bench
from autograder.mutation.mutants import Mutant, mutants_of
from autograder.mutation.relevance import free_names
from autograder.mutation.stages import Target, code_cells, targets_of

Write = Callable[[dict[str, Any]], None]
# A process is copied for so many mutants: what copies of copies leave behind counts as processes.
COPIES = 50


def main(order_file: str) -> int:
    """Do what the order says; the exit status of the process."""
    order = json.loads(Path(order_file).read_text("utf-8"))
    with open(order["result"], "w", encoding="utf-8") as file:

        def write(line: dict[str, Any]) -> None:
            file.write(json.dumps(line) + "\n")
            file.flush()

        try:
            course = load_course(Path(order["course"]))
            work = {"mutants": mark_mutants, "seeds": try_seeds}[order["work"]]
            with_bench(course, order["assignment"], lambda bench: work(course, bench, order, write))
        except TdlError as error:
            write({"failed": str(error), "kind": type(error).__name__})
            return 1
    return 0


def model_targets(course: CourseFolder, assignment: str, judged: set[str]) -> list[Target]:
    """The answers of the model solution."""
    notebook = course.folder("source", ".", assignment) / f"{assignment}.ipynb"
    return targets_of(code_cells(notebook), judged)


def mark_mutants(course: CourseFolder, bench: Bench, order: dict[str, Any], write: Write) -> None:
    """Mark this child's share of the mutants, question by question."""
    chosen = order["question"]
    targets = model_targets(course, order["assignment"], bench.judged)
    for target in targets:
        if not chosen or chosen in (target.question, target.part):
            _mark_target(bench, target, order, write)


def _mark_target(bench: Bench, target: Target, order: dict[str, Any], write: Write) -> None:
    with bench.prepared(target.before) as process:
        seconds, asked = bench.full_marks(process, target)
    later = (text for stage in target.stages for text in stage.sources)
    wanted = asked | {name for text in later for name in free_names(text)}
    mutants, displays = mutants_of(target.part, target.source, wanted)
    write({"part": target.part, "mutants": [m.plain() for m in mutants], "displays": displays})
    mine = sampled(mutants, order["sample"])[order["share"] :: order["shares"]]
    for start in range(0, len(mine), COPIES):
        with bench.prepared(target.before) as process:
            for mutant in mine[start : start + COPIES]:
                started = time.perf_counter()
                loss = bench.loss(process, target, mutant.text, 2 + SLOWER * seconds)
                line = {"part": target.part, "index": mutants.index(mutant)}
                line["loss"] = asdict(loss) if loss is not None else None
                write({**line, "seconds": time.perf_counter() - started})


def sampled(mutants: list[Mutant], count: int) -> list[Mutant]:
    """Some of the mutants, always the same ones; all for a count of 0."""
    if not count or count >= len(mutants):
        return mutants
    chosen = random.Random(0).sample(range(len(mutants)), count)  # noqa: S311 - no secret
    return [mutants[i] for i in sorted(chosen)]


def try_seeds(course: CourseFolder, bench: Bench, order: dict[str, Any], write: Write) -> None:
    """Mark right answers with one set of hidden inputs after another."""
    answers = [
        ("model solution", target)
        for target in model_targets(course, order["assignment"], bench.judged)
    ]
    for name, target in answers + _alternatives(course, order, bench.judged):
        if order["question"] in ("", target.question, target.part):
            with bench.prepared((*target.before, target.source)) as process:
                run_cells(process, target.stages[0].sources)
                _try_part(bench, name, target.part, process, order, write)


def _try_part(
    bench: Bench,
    name: str,
    part: str,
    process: StudentProcess,
    order: dict[str, Any],
    write: Write,
) -> None:
    """Try one answer with the seeds, until there is no more time for it.

    After the first seed only tests that draw inputs run: the others would see the same again.
    """
    started, tried, end = time.perf_counter(), 0, order["seconds"] or float("inf")
    drawn = bool(bench.drawing(part))
    count = order["seeds"] if drawn else min(order["seeds"], 1)
    for seed in range(order["first"], order["first"] + count):
        if time.perf_counter() - started > end:
            break
        chosen = bench.seeds(f"seed {seed}")
        if tried:
            results = bench.redrawn(part, process, chosen)
        else:
            results = bench.results(part, process, chosen, public=seed == 0)
        tried += 1
        for result in results:
            if result.verdict != "correct":
                lost = {"case": result.case.id, "verdict": result.verdict}
                write({"name": name, "part": part, "seed": seed, **lost, "said": result.message})
    seconds = time.perf_counter() - started
    write({"name": name, "part": part, "seeds": tried, "seconds": seconds, "drawn": drawn})


def _alternatives(
    course: CourseFolder, order: dict[str, Any], judged: set[str]
) -> list[tuple[str, Target]]:
    """Name and answer of every submission of alternative/, for the parts that it answers anew."""
    found = []
    for expected in read_corpus(course.root, order["assignment"]):
        if expected.name.startswith("alternative/"):
            found += [(expected.name, t) for t in _changed(course, order, judged, expected)]
    return found


def _changed(
    course: CourseFolder, order: dict[str, Any], judged: set[str], expected: Expected
) -> list[Target]:
    own = {path.stem for path in expected.folder.glob("*.py")}
    with tempfile.TemporaryDirectory() as folder:
        build(course.root, order["assignment"], expected, Path(folder))
        notebooks = list(Path(folder).glob("*.ipynb"))
        if len(notebooks) != 1:
            raise CourseError(f"{expected.name} must have one notebook, got {len(notebooks)}")
        targets = targets_of(code_cells(notebooks[0]), judged)
    return [target for target in targets if f"{target.part}-answer" in own]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
