"""The one configuration file of the course: nbgrader's settings and the grader's."""

import sys
from pathlib import Path

root = Path(__file__).parent if "__file__" in globals() else Path.cwd()
if str(root) not in sys.path:
    sys.path.insert(0, str(root))

from autograder.targets.nbgrader import install  # noqa: E402

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = "tdl"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.solution_directory = "solutions"
# Make nbgrader's output the same byte for byte, so that generated trees can be committed.
c.Execute.record_timing = False
# Solutions are committed without outputs; whoever wants to see them runs them.
c.GenerateSolution.preprocessors = [
    f"nbgrader.preprocessors.{name}"
    for name in ("IncludeHeaderFooter", "LockCells", "ClearOutput", "ClearMarkScheme")
]
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

c.Course.title = "Theoretical Deep Learning"
c.Course.term = "2026"
# What a homework asks for is not in the student kit while it is open.
c.Course.embargo = {f"hw{i}": ["tdlcourse"] for i in range(5)}
# A lab asks for what the package also has.
c.Course.embargo |= {"lab1": ["tdlcourse"], "lab2": ["tdlcourse"]}
# Imported once, before submissions are run, because homeworks use them.
c.Sandbox.preload = [
    "numpy",
    "torch",
    "matplotlib.pyplot",
    "scipy.linalg",
    "scipy.optimize",
    "sklearn.datasets",
]
# Training many networks for a figure takes longer than a homework's cell.
c.Sandbox.by_assignment = {"lab2": {"cell_seconds": 60, "cpu_seconds": 300}}

install(c)
