"""What a course can set for Gradescope: `c.Gradescope.*`."""

from __future__ import annotations

from traitlets import Dict, Enum, Float, Integer, List, Unicode
from traitlets.config import Configurable

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")


class Gradescope(Configurable):
    """How an assignment is graded and shown on Gradescope."""

    submitter = Enum(
        ("account", "email", "id"),
        "account",
        help="What a student is called: the e-mail address up to the @ (the same hidden inputs as "
        "in a course whose student ids are these), all of it, or Gradescope's number.",
    ).tag(config=True)
    visibility = Dict(
        value_trait=Enum(VISIBILITIES),
        key_trait=Unicode(),
        help='Question -> when students see it; "*" for all others. One that is hidden also hides '
        "the total.",
    ).tag(config=True)
    seconds = Float(540.0, help="Stop grading after this long; Gradescope's limit is 600.").tag(
        config=True
    )
    memory_mb = Integer(
        256, help="Memory of each student process above the warm interpreter's, in MiB."
    ).tag(config=True)
    processes = Integer(24, help="Processes and threads of a submission.").tag(config=True)
    per_hour = Integer(0, help="Gradings an hour and submitter; 0: no limit.").tag(config=True)
    leaderboard = Unicode(
        "",
        help="Dotted name of a function: result of a grading -> leaderboard entries, each with "
        "name, value and, for ascending order, order='asc'.",
    ).tag(config=True)
    files = List(
        Unicode(), help="Files of the course to take along, e.g. the module of a late policy."
    ).tag(config=True)
    requirements = List(
        Unicode(), help="Packages that notebooks of this course need besides tdlcourse's own."
    ).tag(config=True)
    pip_conf = Unicode("", help="A pip.conf for the container: which index it installs from.").tag(
        config=True
    )
