"""Imports point one way, and nothing of the staff's is in what students get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.judge.spawning import KIT_MODULES, SANDBOX_MODULES, remove_module, stage_kit

ROOT = Path(__file__).resolve().parent.parent
# Rooms from the innermost outwards: a room may import itself and rooms of lower rank.
RANKS = {
    "errors": 0,
    "lean_nbgrader": 0,
    "protocol": 1,
    "wire": 2,
    "weights": 2,
    "sandbox": 3,
    "student": 4,
    "changes": 2,
    "proxy": 5,
    "cases": 6,
    "scopes": 5,
    "definitions": 6,
    "fixtures": 7,
    "policy": 7,
    "testing": 7,
    "formula_syntax": 5,
    "derivations": 6,
    "selfcheck": 8,
    "judge": 9,
    "settings": 9,
    "overlay": 9,
    "report": 9,
    "grade": 10,
    "ledger": 11,
    "similar": 11,
    "defend": 12,
    "targets": 13,
    "corpus": 11,
    "corpus_edits": 10,
    "packing": 12,
    "releasing": 12,
    "scaffold": 12,
    "homework": 12,
    "inspecting": 13,
    "planning": 14,
    "rehearsing": 15,
    "verdicts": 13,
    "mutation": 12,
    "demo": 13,
    "doctor": 12,
    "kits": 12,
    "leaks": 11,
    "pairing": 12,
    "lab": 13,
    "showing": 14,
    "commands": 16,
    "cli": 17,
}
# What an inner room may import of an outer one, and why.
EXCEPTIONS: dict[tuple[str, str], str] = {}
OUTSIDE_OF_REFERENCE = {
    "autograder",
    "nbgrader",
    "otter",
    "IPython",
    "jupyter",
    "jupyterlab",
    "ipykernel",
    "nbformat",
    "nbconvert",
    "traitlets",
    "pytest",
}
STUDENT_ROOM = {"numpy", "torch", "IPython", "traitlets", "matplotlib", "matplotlib_inline"}
SANDBOX_ROOM = {"pyseccomp", "seccomp"}
SELFCHECK_ROOM = STUDENT_ROOM | {"pytest", "jupyter_core"}  # the last only where nbgrader is


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Dotted names that a file imports, anywhere in it, with their lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield f"{'.' * node.level}{node.module}.{alias.name}", node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + alias.name, node.lineno) for alias in node.names)


def files(package: Path) -> list[Path]:
    return [p for p in sorted(package.rglob("*.py")) if "checks" not in p.parts]


def room(dotted: str) -> str | None:
    """The room that a dotted name of autograder lies in."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "autograder" and len(parts) > 1 and parts[1] else None


def wrong_imports(package: Path) -> list[str]:
    """Imports within autograder that point outwards, and relative ones."""
    found = []
    for path in files(package):
        own = path.relative_to(package).parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for dotted, line in imports(path):
            where = f"{path.relative_to(package)}:{line} imports {dotted}"
            other = room(dotted)
            if dotted.startswith("."):
                found.append(f"{where}: relative")
            elif other is None or other == own or (own, other) in EXCEPTIONS:
                continue
            elif other not in RANKS or own not in RANKS:
                found.append(f"{where}: no rank")
            elif RANKS[other] > RANKS[own] or (RANKS[other] == RANKS[own]):
                found.append(f"{where}: outwards")
    return found


def foreign_imports(paths: list[Path], allowed: set[str]) -> list[str]:
    """Imports of third-party packages that are not allowed."""
    own = {"autograder", "tdlcourse", "__future__", "__main__"}
    found = []
    for path in paths:
        for dotted, line in imports(path):
            first = dotted.partition(".")[0]
            if first not in allowed | own and first not in sys.stdlib_module_names:
                found.append(f"{path.name}:{line} imports {dotted}")
    return found


class TestDirection:
    """Each room imports inwards only."""

    def test_imports_point_one_way(self) -> None:
        """protocol <- student, selfcheck, judge <- grade <- targets, report <- cli."""
        assert wrong_imports(ROOT / "autograder") == []

    def test_the_checker_can_fail(self, tmp_path: Path) -> None:
        """It finds an outward, a relative, a hidden and an unranked import."""
        (tmp_path / "student").mkdir()
        (tmp_path / "student" / "a.py").write_text("from autograder.judge import session\n")
        (tmp_path / "protocol.py").write_text("def f():\n    import autograder.student.kit\n")
        (tmp_path / "wire.py").write_text("from . import protocol\nfrom .grade import x\n")
        (tmp_path / "judge.py").write_text("import autograder.newroom.x\n")
        (tmp_path / "grade.py").write_text("from autograder.judge import session\n")
        found = wrong_imports(tmp_path)
        assert len(found) == 5, found
        assert not any(line.startswith("grade") for line in found)

    def test_every_room_has_a_rank(self) -> None:
        """A new file at the top of autograder needs a place in the order."""
        tops = {p.relative_to(ROOT / "autograder").parts[0] for p in files(ROOT / "autograder")}
        names = {name.removesuffix(".py") for name in tops} - {"__init__"}
        assert names <= set(RANKS), names - set(RANKS)


class TestReference:
    """tdlcourse stands alone."""

    def test_it_imports_neither_grader_nor_notebook_tools(self) -> None:
        """Anyone can use it in a script."""
        found = [
            f"{path.name}:{line} imports {dotted}"
            for path in files(ROOT / "tdlcourse")
            for dotted, line in imports(path)
            if dotted.partition(".")[0].lstrip(".") in OUTSIDE_OF_REFERENCE
        ]
        assert found == []

    def test_this_can_fail(self, tmp_path: Path) -> None:
        """The same reading finds a forbidden import."""
        (tmp_path / "bad.py").write_text("def f():\n    from nbgrader.api import Gradebook\n")
        assert [d for p in files(tmp_path) for d, _ in imports(p)] == ["nbgrader.api.Gradebook"]


class TestStudentRoom:
    """What runs beside student code, and what students get."""

    def test_it_imports_little(self) -> None:
        """The student room needs the standard library, numpy, torch, IPython and no more."""
        assert foreign_imports(files(ROOT / "autograder" / "student"), STUDENT_ROOM) == []
        assert foreign_imports(files(ROOT / "autograder" / "sandbox"), SANDBOX_ROOM) == []
        paths = [ROOT / "autograder" / f"{name}.py" for name in ("protocol", "wire", "proxy")]
        assert foreign_imports(paths, STUDENT_ROOM) == []
        assert foreign_imports(files(ROOT / "autograder" / "selfcheck"), SELFCHECK_ROOM) == []

    def test_this_can_fail(self, tmp_path: Path) -> None:
        """An import of the gradebook is found."""
        (tmp_path / "bad.py").write_text("import sqlalchemy, numpy, os\n")
        assert foreign_imports([tmp_path / "bad.py"], STUDENT_ROOM) == [
            "bad.py:1 imports sqlalchemy"
        ]

    @pytest.mark.parametrize("modules", [KIT_MODULES, SANDBOX_MODULES], ids=["home", "sandbox"])
    def test_the_kit_holds_nothing_of_the_staffs(
        self, tmp_path: Path, modules: tuple[str, ...]
    ) -> None:
        """No checks, judge, grade, report, embargoed module, solution nor corpus."""
        stage_kit(tmp_path / "kit", ["tdlcourse.backprop", "tdlcourse.linear"], modules)
        names = {str(p.relative_to(tmp_path / "kit")) for p in (tmp_path / "kit").rglob("*.py")}
        rooms = {name.split("/")[1] for name in names if name.startswith("autograder/")}
        assert rooms == {name for name in modules if name != "py.typed"}
        assert not {"tdlcourse/backprop.py", "tdlcourse/linear.py"} & names
        assert "tdlcourse/__init__.py" in names
        text = "".join(p.read_text("utf-8") for p in (tmp_path / "kit").rglob("*.py"))
        assert "BEGIN SOLUTION" not in text
        assert "autograder.checks" not in text

    def test_the_kit_needs_no_other_room(self, tmp_path: Path) -> None:
        """Every module of the kit can be imported without the rest of the package."""
        kit = tmp_path / "kit"
        stage_kit(kit, [])
        program = f"""
import sys
sys.path[:] = [{str(kit)!r}] + [p for p in sys.path if "site-packages" in p or "lib/python" in p]
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in str(f).lower()]
import importlib
from pathlib import Path
for path in sorted(Path({str(kit)!r}, "autograder").rglob("*.py")):
    parts = path.relative_to({str(kit)!r}).with_suffix("").parts
    name = ".".join(parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    assert str(module.__file__).startswith({str(kit)!r}), module.__file__
print("all of", name)
"""
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr

    def test_an_embargoed_module_takes_its_parts_along(self, tmp_path: Path) -> None:
        """A package is removed whole; a misspelt name would embargo nothing, so it is an error."""
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "x.py").touch()
        (tmp_path / "one.py").touch()
        remove_module(tmp_path, "tdlcourse.sub")
        remove_module(tmp_path, "tdlcourse.one")
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(CourseError, match="tdlcourse.nothing"):
            remove_module(tmp_path, "tdlcourse.nothing")

    def test_what_is_embargoed_is_not_needed_by_what_is_left(self, tmp_path: Path) -> None:
        """No module of the kit imports an embargoed one when it is imported."""
        from autograder.grade.course import load_course

        embargo = load_course(ROOT).course.embargo
        for assignment, modules in embargo.items():
            kit = tmp_path / assignment
            stage_kit(kit, modules)
            for path in files(kit / "tdlcourse"):
                tree = ast.parse(path.read_text("utf-8"))
                for node in tree.body:  # at import time
                    if isinstance(node, ast.ImportFrom) and node.module:
                        wanted = {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
                        assert not wanted & set(modules), (assignment, path.name, wanted)


LAZY = """
import sys
{statement}
names = "torch numpy scipy nbgrader IPython matplotlib".split()
print([name for name in names if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import tdlcourse", []),
        ("import autograder", []),
        ("import autograder.errors", []),
        ("import autograder.cli", []),
        ("import autograder.protocol", ["numpy"]),
        ("import autograder.targets.nbgrader", []),
        ("from autograder.selfcheck import check", ["numpy"]),
    ],
)
def test_imports_are_lazy(statement: str, allowed: list[str]) -> None:
    """Nothing heavy is imported before it is needed."""
    done = subprocess.run(
        [sys.executable, "-c", LAZY.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = set(ast.literal_eval(done.stdout.strip().splitlines()[-1]))
    assert heavy <= set(allowed), heavy


def test_help_is_lazy() -> None:
    """`tdl --help` imports no torch."""
    program = "import sys; sys.argv = ['tdl', '--help']\nfrom autograder.cli import main\n"
    program += "try: main()\nexcept SystemExit: pass\n"
    program += "print('LOADED', [m for m in ('torch', 'numpy', 'nbgrader') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "LOADED []" in done.stdout, done.stdout[-500:] + done.stderr[-500:]
    assert "grade" in done.stdout
