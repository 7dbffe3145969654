"""Runs in Gradescope's container: grades every folder of uploads/, one after another, in a world of
canaries and listeners of the container's own, and writes down what came of it.

One judge for all uploads; run_autograder starts one for each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.grade.service import Service
from autograder.targets.bundle import read_bundle
from autograder.targets.gradescope import running
from autograder.targets.gradescope.metadata import metadata_of
from autograder.targets.gradescope.settings import Gradescope
from tests.attacks.world import World


def main(root: Path) -> None:
    source, uploads = root / "source", root / "uploads"
    (root / "results").mkdir()
    uploads.chmod(0o700)
    with World(source, source / "packages") as world:
        for path in (source / "checks").rglob("*.py"):
            path.write_text(path.read_text().replace("@HIDDEN@", world.canaries["hidden"]))
        running._close(root)
        found: dict[str, Any] = {}
        for folder in sorted(uploads.iterdir()):
            world.fill(folder)
        bundle = read_bundle(source)
        settings = Gradescope(config=bundle.course.config)
        running.fit_container(bundle, settings)
        service = Service(bundle.course, bundle.assignment, bundle.notebooks)
        real, seen = running.grade_folder, list[dict[str, Any]]()

        def listened(*arguments: Any) -> Any:
            result, level = real(*arguments)
            seen.append(result)
            return result, level

        running.grade_folder = listened
        for folder in sorted(uploads.iterdir()):
            seen.clear()
            metadata = metadata_of({"users": [{"email": folder.name + "@uni.example"}]})
            results = running.graded(bundle, settings, metadata, folder, 120.0, service)
            found[folder.name] = {"results": results, "result": seen[0] if seen else {}}
        service.close()
        told = {
            "found": found,
            "level": service.level,
            "canaries": world.canaries,
            "reached": [word.decode("utf-8", "replace") for word in world.reached],
            "damage": world.damage(),
        }
    (root / "results" / "told.json").write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(Path("/autograder"))
