"""Time to grade a class: `tdl grade`, plain `nbgrader autograde` and `otter run` on one folder.

    python benchmarks/grading.py [--submissions 200] [--full] [--sample 5] [--json FILE]
    python benchmarks/grading.py --scaling 100 1000 5000 [--json FILE]

Makes a class that answers one fixed homework (imports torch and numpy, about 30 ms of its own
compute a submission), grades it with each tool in the same run, and prints CPU and wall seconds a
submission, ratios, private memory of a live child, and whether all scores agree. CPU time is that
of the tool and all its children, from the kernel's accounting. With --scaling only `tdl grade`, on
classes of these sizes: what a submission costs without start-up should not depend on the class.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import nbformat

HOMEWORK = "bench"
SETUP = "import numpy as np\nimport torch\n"
ANSWER = '''def fit(x, y, steps):
    """Weights of a linear model after gradient descent on the mean squared error."""
    ### BEGIN SOLUTION
    w = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((torch.as_tensor(x) @ w - torch.as_tensor(y)) ** 2).mean()
        loss.backward()
        optimizer.step()
    return w.detach().numpy()
    ### END SOLUTION
'''
# The columns of x are orthogonal, so that the right answer converges for every draw.
WORK = "w = fit(np.eye(4), np.arange(4.0), 50)\nprint(w.round(3))\n"
TEST = """rng = np.random.default_rng(0)
x = np.linalg.qr(rng.normal(size=(20, 3)))[0] * 20**0.5
w = fit(x, x @ np.array([1.0, -2.0, 3.0]), 80)
assert np.allclose(w, [1, -2, 3], atol=1e-3)
"""
CHECKS = '''import numpy as np
import pytest
from autograder.testing import assert_close


@pytest.mark.question("q1", weight=1)
def test_fit(student, rng):
    """The fitted weights are the true ones."""
    x = np.linalg.qr(rng.normal(size=(20, 3)))[0] * 20**0.5
    assert_close(student.fit(x, x @ np.array([1.0, -2.0, 3.0]), 80), [1, -2, 3], rtol=1e-3)
'''
OTTER = """from otter.test_files import test_case
OK_FORMAT = False
name = "q1"
points = 10

@test_case(points=10, hidden=False)
def test_fit(fit):
    import numpy as np
    rng = np.random.default_rng(0)
    x = np.linalg.qr(rng.normal(size=(20, 3)))[0] * 20**0.5
    w = fit(x, x @ np.array([1.0, -2.0, 3.0]), 80)
    assert np.allclose(w, [1, -2, 3], atol=1e-3)
"""
WRONG = ANSWER.replace("lr=0.1", "lr=0.0001")


@dataclass
class Timing:
    """What grading some submissions cost, in seconds of CPU and wall, children included."""

    count: int
    cpu: float
    wall: float

    @property
    def cpu_each(self) -> float:
        return self.cpu / self.count


def cell(kind: str, source: str, **marks: Any) -> Any:
    """A notebook cell, with nbgrader's metadata if given."""
    made = (
        nbformat.v4.new_code_cell(source)
        if kind == "code"
        else nbformat.v4.new_markdown_cell(source)
    )
    if marks:
        plain = {"grade": False, "solution": False, "locked": False, "task": False}
        made.metadata["nbgrader"] = {"schema_version": 3, **plain, **marks}
    return made


def make_course(root: Path) -> None:
    """The course folder with the benchmark's homework, released into the gradebook."""
    source = root / "source" / HOMEWORK
    source.mkdir(parents=True)
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    notebook.cells = [
        cell("code", SETUP, grade_id="setup", locked=True),
        cell("code", ANSWER, grade_id="q1-answer", solution=True),
        cell("code", WORK, grade_id="q1-work", locked=True),
        cell("code", TEST, grade_id="q1", grade=True, locked=True, points=10),
    ]
    nbformat.write(notebook, source / f"{HOMEWORK}.ipynb")
    checks = root / "checks" / HOMEWORK
    checks.mkdir(parents=True)
    (checks / "test_q1.py").write_text(CHECKS)
    here = Path(__file__).resolve().parent.parent
    (root / "nbgrader_config.py").write_text(
        f"import sys\nsys.path.insert(0, {str(here)!r})\n"
        "from autograder.targets.nbgrader import install\nc = get_config()\n"
        "c.CourseDirectory.course_id = 'bench'\nc.Course.checks = 'checks'\n"
        "c.Sandbox.preload = ['numpy', 'torch']\n"
        "import os\nc.Grading.use_judge = not os.environ.get('PLAIN_NBGRADER')\ninstall(c)\n"
    )
    run([sys.executable, "-m", "nbgrader", "generate_assignment", HOMEWORK], root)


def make_class(root: Path, count: int) -> None:
    """`count` submissions; every fifth is wrong."""
    released = nbformat.read(root / "release" / HOMEWORK / f"{HOMEWORK}.ipynb", 4)
    for number in range(count):
        answer = WRONG if number % 5 == 4 else ANSWER
        for part in released.cells:
            if part.metadata.get("nbgrader", {}).get("grade_id") == "q1-answer":
                part.source = answer.replace("### BEGIN SOLUTION", "#").replace(
                    "### END SOLUTION", ""
                )
        folder = root / "submitted" / f"s{number:05d}" / HOMEWORK
        folder.mkdir(parents=True)
        nbformat.write(released, folder / f"{HOMEWORK}.ipynb")


def run(command: list[str], root: Path, **environment: str) -> str:
    """Run a tool; its output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PATH": path, "PYTHONWARNINGS": "ignore", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def timed(command: list[str], root: Path, count: int, **environment: str) -> Timing:
    """Cost of a command that grades `count` submissions."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run(command, root, **environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Timing(count, cpu, time.perf_counter() - started)


def grade_with_nbgrader(root: Path, students: list[str]) -> tuple[Timing, dict[str, float]]:
    """Plain `nbgrader autograde` on a sample, in a copy of the course."""
    copy = root.parent / "plain"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("submitted", "autograded", ".tdl"))
    for student in students:
        shutil.copytree(root / "submitted" / student, copy / "submitted" / student)
    command = [sys.executable, "-m", "nbgrader", "autograde", HOMEWORK]
    timing = timed(command, copy, len(students), PLAIN_NBGRADER="1")
    return timing, scores_in(copy)


def scores_in(root: Path) -> dict[str, float]:
    """Student -> score in a course's gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {s.student.id: float(s.score) for s in gradebook.assignment_submissions(HOMEWORK)}


def grade_with_otter(root: Path, students: list[str]) -> tuple[Timing, dict[str, float]]:
    """`otter run` on a sample, one after another as it works."""
    from otter.generate import main as generate

    folder = root.parent / "otter"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "q1.py").write_text(OTTER)
    archive = folder / "autograder.zip"
    generate(tests_dir=str(folder / "tests"), output_path=str(archive), no_environment=True)
    scores, total = {}, Timing(len(students), 0.0, 0.0)
    for student in students:
        out = folder / student
        out.mkdir()
        notebook = nbformat.read(root / "submitted" / student / HOMEWORK / f"{HOMEWORK}.ipynb", 4)
        notebook.metadata["otter"] = {"assignment_name": HOMEWORK}
        del notebook.cells[-1]  # nbgrader's own test cell
        nbformat.write(notebook, out / f"{HOMEWORK}.ipynb")
        command = [sys.executable, "-m", "otter", "run", f"{HOMEWORK}.ipynb", "-a", str(archive)]
        cost = timed([*command, "-o", str(out), "--no-logo"], out, 1)
        total = Timing(len(students), total.cpu + cost.cpu, total.wall + cost.wall)
        found = json.loads((out / "results.json").read_text())
        scores[student] = sum(test.get("score", 0.0) for test in found["tests"])
    return total, scores


def grade_with_tdl(root: Path, count: int) -> tuple[Timing, dict[str, Any]]:
    """`tdl grade` on the whole class."""
    result = root.parent / "run.json"
    command = [sys.executable, "-m", "autograder.cli", "grade", HOMEWORK, "--json", str(result)]
    timing = timed(command, root, count)
    return timing, json.loads(result.read_text())


def startup_cost(root: Path) -> Timing:
    """What `tdl grade` costs on a class of one: everything that is paid once."""
    copy = root.parent / "one"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("submitted", "autograded", ".tdl"))
    shutil.copytree(root / "submitted" / "s00000", copy / "submitted" / "s00000")
    return grade_with_tdl(copy, 1)[0]


def private_memory_mb() -> float:
    """Private memory of a live, idle child of a warm zygote, in MiB."""
    from autograder.judge.session import Launcher
    from autograder.judge.spawning import Zygote
    from autograder.sandbox.levels import choose
    from autograder.sandbox.limits import Limits

    zygote = Zygote(choose("auto", "limits"), [], ["numpy", "torch"])
    zygote.wait_ready()
    process = Launcher(zygote.orders, zygote.plan).launch(
        slot=0, seed=0, stage=None, limits=Limits()
    )
    process.run_cell("x = 1")
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    sizes = [int(kb) for kb in re.findall(r"^Private_(?:Clean|Dirty): +(\d+) kB", text, re.M)]
    process.close()
    zygote.close()
    return sum(sizes) / 1024


def own_compute_beside_others() -> float:
    """CPU-seconds of the homework's own cells with every core at work, as while grading."""
    command = [sys.executable, __file__, "--own"]
    cores = range(len(os.sched_getaffinity(0)))
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdout=pipe, text=True) for _ in cores]
    return sum(float(process.communicate()[0]) for process in running) / len(running)


def own_compute() -> float:
    """CPU-seconds of the homework's own cells, measured warm in this process."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    names: dict[str, Any] = {"np": np, "torch": torch}
    exec(SETUP + ANSWER.replace("### BEGIN SOLUTION", "#"), names)  # noqa: S102
    exec(WORK.replace("print", "str"), names)  # noqa: S102 - once, to warm it
    started = time.process_time()
    for _ in range(20):
        exec(WORK.replace("print", "str"), names)  # noqa: S102
        exec(TEST, names)  # noqa: S102
    return (time.process_time() - started) / 20


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--full", action="store_true", help="1,000 submissions")
    parser.add_argument("--sample", type=int, default=5, help="submissions for the slow tools")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--own", action="store_true", help="only the homework's own compute")
    parser.add_argument("--scaling", type=int, nargs="+", help="classes for tdl grade alone")
    options = parser.parse_args()
    if options.own:
        print(own_compute())
        return
    count = 1000 if options.full else options.submissions
    with tempfile.TemporaryDirectory(prefix="tdl-bench-") as temporary:
        if options.scaling:
            figures = scaling(Path(temporary), options.scaling)
        else:
            root = course_with(Path(temporary) / "course", count)
            figures = measure(root, count, min(options.sample, count))
    for name, value in figures.items():
        print(f"{name:<28} {value:.4g}" if isinstance(value, float) else f"{name:<28} {value}")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def course_with(root: Path, count: int) -> Path:
    """A new course folder with a class of that size."""
    root.mkdir()
    make_course(root)
    make_class(root, count)
    return root


def scaling(folder: Path, counts: list[int]) -> dict[str, Any]:
    """What a submission costs with `tdl grade` in classes of these sizes."""
    figures: dict[str, Any] = {}
    for count in counts:
        root = course_with(folder / f"class{count}", count)
        start = startup_cost(root)
        ours, graded = grade_with_tdl(root, count)
        right = [row["auto_score"] == (0 if n % 5 == 4 else 10) for n, row in by_name(graded)]
        figures[f"cpu_ms_{count}"] = 1000 * (ours.cpu - start.cpu) / (count - 1)
        figures[f"wall_ms_{count}"] = 1000 * (ours.wall - start.wall) / (count - 1)
        figures[f"submissions_per_minute_{count}"] = 60 * count / ours.wall
        figures[f"all_marks_right_{count}"] = len(right) == count and all(right)
        shutil.rmtree(root)
        shutil.rmtree(folder / "one")
    return figures


def by_name(graded: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Rows of a run in the order of the students' names, numbered."""
    return list(enumerate(sorted(graded["submissions"], key=lambda row: str(row["student"]))))


def measure(root: Path, count: int, sample: int) -> dict[str, Any]:
    """All figures, tools in turn on the same folder."""
    students = [f"s{number:05d}" for number in range(sample)]
    nbgrader, nbgrader_scores = grade_with_nbgrader(root, students)
    otter, otter_scores = grade_with_otter(root, students)
    start = startup_cost(root)
    ours, graded = grade_with_tdl(root, count)
    rows = {row["student"]: row for row in graded["submissions"]}
    agree = all(
        abs(rows[s]["auto_score"] - other[s]) < 1e-9
        for other in (nbgrader_scores, otter_scores)
        for s in students
    )
    compute = own_compute_beside_others()
    worker = sum(row["cpu_seconds"] for row in rows.values()) / count
    each = (ours.cpu - start.cpu) / (count - 1) if count > 1 else ours.cpu
    return {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "level": graded["level"],
        "submissions": count,
        "own_compute_ms": 1000 * compute,
        "tdl_cpu_ms": 1000 * ours.cpu_each,
        "tdl_cpu_ms_without_startup": 1000 * each,
        "tdl_startup_cpu_s": start.cpu,
        "nbgrader_cpu_ms": 1000 * nbgrader.cpu_each,
        "otter_cpu_ms": 1000 * otter.cpu_each,
        "nbgrader_cpu_ratio": nbgrader.cpu_each / ours.cpu_each,
        "otter_cpu_ratio": otter.cpu_each / ours.cpu_each,
        "nbgrader_wall_ratio": (nbgrader.wall / nbgrader.count) / (ours.wall / count),
        "worker_overhead_ms": 1000 * (worker - compute),
        "judge_overhead_ms": 1000 * (each - worker),
        "submissions_per_minute": 60 * count / ours.wall,
        "private_mb": private_memory_mb(),
        "scores_agree": agree,
    }


if __name__ == "__main__":
    main()
