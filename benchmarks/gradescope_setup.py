"""The real setup.sh in a bare root file system, then the real run_autograder on a model solution.

    debootstrap --variant=minbase bookworm ROOT
    python benchmarks/gradescope_setup.py ROOT hw1

Needs root, bwrap and a package registry; pip's own variables are handed on, and files that they
name are shown. ROOT is changed: it is the container's image. Prints the seconds of both steps, the
Python that setup.sh chose, and the points. Exit code 1 if a step fails or a point is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.corpus import build, read_corpus  # noqa: E402
from autograder.targets.gradescope.building import build_zip  # noqa: E402
from autograder.verdicts import scratch_course  # noqa: E402
from tests.autograder.targets.container import DOCKER, METADATA, Container  # noqa: E402

PASSED_ON = ("PIP_", "TORCH_INDEX_URL", "TDL_")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("image", type=Path)
    parser.add_argument("assignment")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tdl-setup-") as folder:
        tree = prepared(Path(folder), options.assignment)
        started = time.perf_counter()
        setup = [*entered(options.image, tree), *outside(), "bash", "/autograder/source/setup.sh"]
        if subprocess.run(setup).returncode:
            print("setup.sh failed")
            return 1
        print(f"setup.sh: {time.perf_counter() - started:.0f} s")
        python = "/opt/tdl/venv/bin/python"
        subprocess.run([*entered(options.image, tree), python, "-VV"], check=True)
        started = time.perf_counter()
        confined = ["--unshare-net", "--cap-drop", "ALL"]
        confined += [part for name in DOCKER for part in ("--cap-add", f"CAP_{name}")]
        subprocess.run([*entered(options.image, tree, *confined), "/autograder/run_autograder"])
        print(f"run_autograder: {time.perf_counter() - started:.0f} s")
        results = json.loads((tree / "results" / "results.json").read_text("utf-8"))
        most = sum(test.get("max_score", 0.0) for test in results["tests"])
        print(f"{results['score']:g} of {most:g} points; {results['output']}")
        return 0 if most and results["score"] == most else 1


def prepared(folder: Path, assignment: str) -> Path:
    """/autograder with the assignment's zip and its model solution as the upload."""
    course = scratch_course(ROOT, folder / "course", assignment)
    build_zip(course, assignment, folder / "zip.zip")
    tree = Container(folder / "autograder", folder / "zip.zip").root
    model = next(e for e in read_corpus(ROOT, assignment) if e.name == "correct/model_solution")
    build(course.root, assignment, model, tree / "submission")
    (tree / "submission_metadata.json").write_text(json.dumps(METADATA), "utf-8")
    return tree


def entered(image: Path, tree: Path, *more: str) -> list[str]:
    """The command line that runs what follows it in the image, as root."""
    arguments = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    arguments += ["--bind", str(image), "/", "--bind", str(tree), "/autograder"]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    arguments += ["--perms", "1777", "--tmpfs", "/dev/shm", "--clearenv", "--chdir", "/autograder"]
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return [*arguments, "--setenv", "PATH", path, *more, *_shown_files(), "--"]


def outside() -> list[str]:
    """`env` with this environment's settings of pip."""
    kept = {k: v for k, v in os.environ.items() if k.startswith(PASSED_ON)}
    if "PIP_CERT" in kept:
        kept["SSL_CERT_FILE"] = kept["PIP_CERT"]
    return ["/usr/bin/env", *(f"{name}={value}" for name, value in kept.items())]


def _shown_files() -> list[str]:
    """Files and folders that pip's settings name, and how to resolve names."""
    named = {"/etc/resolv.conf", "/etc/hosts"}
    named |= {value for name, value in os.environ.items() if name.startswith("PIP_")}
    return [part for p in sorted(named) if Path(p).exists() for part in ("--ro-bind", p, p)]


if __name__ == "__main__":
    sys.exit(main())
