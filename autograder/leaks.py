"""Searches what students get for what they must not: hidden tests, solutions, embargoed code.

A line is evidence if it is long enough to be nobody's by chance and stands in the private text but
in nothing that students are meant to have. The search is by lines and ignores how they are
indented, escaped in JSON or packed in archives.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autograder.grade.course import load_course
from autograder.judge.spawning import PACKAGE, reference_folder

SHORTEST = 25  # characters of a line that counts as evidence
SECRETS = ("BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME", "BEGIN SOLUTION", "term_secret")
ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz")
_SOLUTION = re.compile(r"BEGIN SOLUTION(.*?)END SOLUTION", re.DOTALL)
_SCHEME = re.compile(r"BEGIN MARK SCHEME(.*?)END MARK SCHEME", re.DOTALL)


def evidence(root: Path, assignment: str, embargo: Iterable[str] = ()) -> dict[str, str]:
    """Line -> where it comes from: the private lines of an assignment.

    Args:
        root: the course folder; the packages may lie elsewhere.
        assignment: its name.
        embargo: modules of tdlcourse that students don't have.
    """
    private: dict[str, str] = {}
    course = load_course(root)
    for path in sorted((root / course.course.checks).rglob("*.py")):
        private |= dict.fromkeys(_lines(path.read_text("utf-8")), f"hidden tests, {path.name}")
    source = course.folder("source", ".", assignment)
    for path in sorted(source.glob("*.ipynb")):
        for text in _cells(path):
            for kind, pattern in (("solution", _SOLUTION), ("mark scheme", _SCHEME)):
                for found in pattern.findall(text):
                    private |= dict.fromkeys(_lines(found), f"{kind}, {path.name}")
    for module in embargo:
        for path in _module_files(module):
            private |= dict.fromkeys(_lines(path.read_text("utf-8")), f"{module}, embargoed")
    for line in _public_lines(source):
        private.pop(line, None)
    return private


def leaks(
    artefact: Path, private: Mapping[str, str], secrets: Iterable[str] = SECRETS
) -> list[str]:
    """What a file, folder or archive holds of the private lines, a sentence each."""
    found = []
    for name, data in contents(artefact):
        text = data.decode("utf-8", "replace")
        if name.endswith(".ipynb"):
            text = "\n".join(_texts_of_json(text))
        found += [f"{name} holds {s!r}" for s in secrets if s in text]
        hits = {private[line] for line in _lines(text) if line in private}
        found += [f"{name} holds a line of: {where}" for where in sorted(hits)]
        if "autograder/checks/" in f"/{name}" or "/solutions/" in f"/{name}":
            found.append(f"{name} must not be there")
    return found


def contents(artefact: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file, archives within archives unpacked."""
    if artefact.is_dir():
        for path in sorted(artefact.rglob("*")):
            if path.is_file():
                yield from _unpacked(path.relative_to(artefact).as_posix(), path.read_bytes())
    else:
        yield from _unpacked(artefact.name, artefact.read_bytes())


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if not name.endswith(ARCHIVES):
        yield name, data
    elif name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _unpacked(member, archive.read(member))
    else:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for info in tar:
                file = tar.extractfile(info)
                if file is not None:
                    yield from _unpacked(info.name, file.read())


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        plain = " ".join(line.split())
        if len(plain) >= SHORTEST:
            yield plain


def _cells(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = cell["source"]
        yield source if isinstance(source, str) else "".join(source)


def _texts_of_json(text: str) -> list[str]:
    """Every string in a JSON document; the text itself if it is none."""
    try:
        document = json.loads(text)
    except ValueError:
        return [text]
    found: list[str] = []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            if one and all(isinstance(part, str) for part in one):
                found.append("".join(one))
            else:
                waiting += one
    return found


def _module_files(module: str) -> list[Path]:
    """The files of a module of tdlcourse, from where kits are made."""
    package = reference_folder()
    if package is None:
        return []
    base = package.joinpath(*module.split(".")[1:])
    if base.is_dir():
        return sorted(base.rglob("*.py"))
    return [base.with_suffix(".py")] if base.with_suffix(".py").is_file() else []


def _public_lines(source: Path) -> Iterator[str]:
    """Lines that students have by design: statements, stubs, public tests, the kit itself."""
    for path in sorted(source.rglob("*.py")):
        yield from _lines(path.read_text("utf-8"))
    for path in sorted(source.glob("*.ipynb")):
        for text in _cells(path):
            yield from _lines(_SCHEME.sub("", _SOLUTION.sub("", text)))
    for path in sorted(PACKAGE.rglob("*.py")):
        if "checks" not in path.relative_to(PACKAGE).parts:
            yield from _lines(path.read_text("utf-8"))
