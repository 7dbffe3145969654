"""What a level does not promise to stop: tries each such attack there and says what came of it.

    python -m tests.attacks.unstopped limits

Prints the table of docs/security.md. Attacks are harmless if they succeed, as everywhere in the
corpus; files that they leave on the machine are the world's canaries.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from autograder.grade import gradebook as book
from autograder.grade.course import CourseFolder
from autograder.grade.pipeline import read_notebooks
from autograder.grade.service import Service, Submission
from autograder.sandbox import seccomp
from tests.attacks.homework import NAME, SECRET_WORDS, make_course
from tests.attacks.reading import Attack, attacks_at, read_attacks
from tests.attacks.submitting import write_submission
from tests.attacks.world import World
from tests.courses import ROOT

LINGER = 2.0  # what is left behind acts within this many seconds


def main(level: str) -> None:
    """Try them and print the table."""
    promised = {a.student for a in attacks_at(level, filtered=seccomp.missing() is None)}
    attacks = [attack for attack in read_attacks() if attack.student not in promised]
    with tempfile.TemporaryDirectory(prefix="tdl-unstopped-") as folder:
        course = make_course(Path(folder) / "course", "@HIDDEN@")
        course.sandbox.level = course.sandbox.minimum = level
        with book.open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
            service = Service(course, NAME, read_notebooks(course, NAME, gradebook))
        print("| family | goes for | tried |\n| --- | --- | --- |")
        for attack in attacks:
            with World(course.root, ROOT) as world:
                found = tried(course, world, service, attack)
            print(f"| {attack.family} | {attack.goal.rstrip('.')} | {found} |", flush=True)
        service.close()


def tried(course: CourseFolder, world: World, service: Service, attack: Attack) -> str:
    """What came of an attack in a world of its own."""
    release = course.release_folder(NAME) / f"{NAME}.ipynb"
    for student, each in (("a-honest", None), (attack.student, attack)):
        folder = course.folder("submitted", student, NAME)
        shutil.rmtree(folder, ignore_errors=True)
        write_submission(release, folder, each, world.private)
        world.fill(folder)
    ((_, result),) = service.grade([Submission(attack.student, folder)], 1)
    if "fork" in attack.code + attack.extra:
        time.sleep(LINGER)
    won = succeeded(result, world) or world.reached or world.damage()
    return "succeeded" if won else f"did not ({result['outcome']})"


def succeeded(result: dict[str, object], world: World) -> bool:
    """Whether it said so, or a canary or hidden word came back in what cells wrote."""
    notebooks = result.get("notebooks")
    outputs = [
        cell.get("outputs")
        for notebook in (notebooks.values() if isinstance(notebooks, dict) else [])
        for cell in notebook["notebook"]["cells"]
    ]
    text = json.dumps([outputs, result.get("message")])
    return any(word in text for word in ("BREACH", *world.canaries.values(), *SECRET_WORDS))


if __name__ == "__main__":
    main(sys.argv[1])
