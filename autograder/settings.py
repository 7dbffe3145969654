"""Configuration of the grader: traitlets in nbgrader_config.py, beside nbgrader's own."""

from __future__ import annotations

from traitlets import Bool, Dict, Enum, Float, Integer, List, Unicode
from traitlets.config import Configurable

from autograder.errors import CourseError
from autograder.sandbox.limits import Limits


class Course(Configurable):
    """What the course is: `c.Course.*`."""

    term = Unicode("", help="Name of the term; part of every seed of hidden inputs.").tag(
        config=True
    )
    embargo = Dict(
        help="Assignment -> modules of tdlcourse that students don't have while it is open."
    ).tag(config=True)
    checks = Unicode(
        "autograder/checks",
        help="Folder of hidden tests, one folder per assignment, relative to the course.",
    ).tag(config=True)
    private = Unicode(
        "", help="Folder of the private parts, absolute; see autograder/overlay.py."
    ).tag(config=True)
    title = Unicode("", help="Title on reports; the course id if empty.").tag(config=True)
    plan = Dict(
        help="Assignment -> release and due (ISO dates), hours of work; for `tdl doctor`."
    ).tag(config=True)
    ai_use = Dict(
        help="Assignment, or *, -> forbidden, disclosed, free or a text: what the released "
        "notebook says of AI tools."
    ).tag(config=True)
    weekly_hours = Float(10.0, help="Most hours of homework a week.").tag(config=True)


class Judge(Configurable):
    """How marks are computed: `c.Judge.*`."""

    state = Unicode(
        ".tdl", help="Folder for the term's secret and records of gradings, relative to the course."
    ).tag(config=True)
    secret_file = Unicode(
        "", help="File with the term's secret; <state>/term_secret if empty, made at first use."
    ).tag(config=True)
    common_seeds = Bool(
        False,
        help="Draw the same hidden inputs for everybody, so that equal answers get equal marks.",
    ).tag(config=True)


BOUNDS = (
    "cpu_seconds",
    "cell_seconds",
    "memory_mb",
    "file_mb",
    "disk_mb",
    "processes",
    "wall_factor",
    "wall_slack",
)


class Sandbox(Configurable):
    """How student code is confined and bounded: `c.Sandbox.*`."""

    level = Enum(
        ("auto", "namespaces", "user", "limits"), "auto", help="Level of confinement."
    ).tag(config=True)
    minimum = Enum(
        ("namespaces", "user", "limits"), "user", help="Refuse to grade below this level."
    ).tag(config=True)
    cpu_seconds = Float(Limits.cpu_seconds, help="CPU-seconds per submission.").tag(config=True)
    cell_seconds = Float(Limits.cell_seconds, help="CPU-seconds per cell.").tag(config=True)
    memory_mb = Integer(Limits.memory_mb, help="Memory per process, in MiB.").tag(config=True)
    file_mb = Integer(Limits.file_mb, help="Size of any one file, in MiB.").tag(config=True)
    disk_mb = Integer(Limits.disk_mb, help="Size of the private /tmp, in MiB.").tag(config=True)
    processes = Integer(Limits.processes, help="Processes and threads.").tag(config=True)
    wall_factor = Float(Limits.wall_factor, help="Wall clock per CPU-second.").tag(config=True)
    wall_slack = Float(Limits.wall_slack, help="Seconds added to wall clocks.").tag(config=True)
    shell = Bool(
        True, help="Whether `!command` runs in notebooks; a courtesy to authors, no protection."
    ).tag(config=True)
    preload = List(
        Unicode(),
        default_value=["numpy", "torch", "matplotlib.pyplot"],
        help="Modules imported once, before submissions are run.",
    ).tag(config=True)

    by_assignment = Dict(
        help="Assignment -> other values of the bounds above for it, e.g. for a lab that trains: "
        "{'lab1': {'cell_seconds': 120, 'cpu_seconds': 600}}."
    ).tag(config=True)

    def limits(self, assignment: str) -> Limits:
        """The bounds of an assignment.

        Raises:
            CourseError: `by_assignment` has a bound that is none, or a value that is no positive
                number.
        """
        bounds = {name: getattr(self, name) for name in BOUNDS}
        for name, value in self.by_assignment.get(assignment, {}).items():
            where = f"c.Sandbox.by_assignment[{assignment!r}]"
            if name not in BOUNDS:
                raise CourseError(f"{where} must hold {', '.join(BOUNDS)}, got {name!r}")
            whole = type(bounds[name]) is int
            fits = type(value) is int or (type(value) is float and not whole)
            if not fits or not 0 < value < float("inf"):
                kind = "integer" if whole else "number"
                raise CourseError(f"{where}[{name!r}] must be a positive {kind}, got {value!r}")
            bounds[name] = value
        bounds["cell_seconds"] = min(bounds["cell_seconds"], bounds["cpu_seconds"])
        return Limits(**bounds)


class Grading(Configurable):
    """How a class is graded: `c.Grading.*`."""

    jobs = Integer(0, help="Submissions at once; 0: cores + 1.").tag(config=True)
    use_judge = Bool(True, help="Whether `nbgrader autograde` goes through the judge.").tag(
        config=True
    )
    teams = Bool(
        True, help="Whether students who name each other (`tdl team`) hand in together."
    ).tag(config=True)
    allow_not_marked = Bool(
        False, help="Let feedback and exports go out while submissions are not marked."
    ).tag(config=True)
    failing_inputs = Enum(
        ("never", "after_due"),
        "never",
        help="Whether feedback shows the seeded inputs of failed hidden tests after the last "
        "deadline of anybody.",
    ).tag(config=True)
    preset = Unicode(
        "", help="A grading scheme to start from; see autograder/ledger/presets.py."
    ).tag(config=True)
    components = Dict(
        help="Component -> weight, items, and what else docs/instructors.md lists."
    ).tag(config=True)
    pass_mark = Float(-1.0, help="Percent to pass; below 0: the preset's, or 50.").tag(config=True)
    letters = Dict(help="Letter -> least percent; the last one for who did not pass.").tag(
        config=True
    )
    cap = Float(100.0, help="Most percent of the whole, extra credit included.").tag(config=True)
    decimals = Integer(2, help="Decimals of the total; it is rounded half up.").tag(config=True)
    late = Dict(
        help="grace_minutes, penalty_per_day, penalty_of, budget_days, hard_days; "
        "empty: nbgrader's own penalties count."
    ).tag(config=True)
    rubrics = Unicode(
        "rubrics", help="Folder of rubrics, one YAML file an item, relative to the course."
    ).tag(config=True)
    columns = Dict(help="Item -> the name of its column in a learning platform.").tag(config=True)

    @property
    def is_set(self) -> bool:
        """Whether the course has a scheme of grades."""
        return bool(self.components or self.preset)
