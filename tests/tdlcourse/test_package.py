"""The package itself: lazy, quick to import, and honest about what is missing."""

import importlib.metadata
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import tdlcourse

ROOT = Path(tdlcourse.__file__).parents[1]


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_neither_torch_nor_numpy():
    heavy = "[m for m in ('torch', 'numpy', 'scipy', 'importlib.metadata') if m in sys.modules]"
    assert python(f"import sys, tdlcourse; print({heavy})").strip() == "[]"


def test_import_takes_at_most_sixty_milliseconds():
    code = """if True:
        import time
        start = time.process_time()
        import tdlcourse
        print(time.process_time() - start)"""
    # CPU time, best of five: other work on the machine is not the package's.
    assert min(float(python(code)) for _ in range(5)) <= 0.060


def test_linear_needs_no_torch():
    code = (
        "import sys, tdlcourse; tdlcourse.linear.cover_count(6, 2); print('torch' in sys.modules)"
    )
    assert python(code).strip() == "False"


def test_topics_are_loaded_when_used():
    assert tdlcourse.linear.cover_count(6, 2) == 32
    assert "losses" in dir(tdlcourse)


def test_every_module_is_listed():
    """A module that tdlcourse/__init__.py does not list is no attribute, or none to an editor."""
    package = Path(tdlcourse.__file__).parent
    found = {p.stem for p in package.iterdir() if p.name[0].isalpha()} - {"py"}
    assert found <= set(tdlcourse.__all__)
    for name in found:
        assert f"    import tdlcourse.{name} as {name}\n" in (package / "__init__.py").read_text()


def test_unknown_and_absent_topics_are_attribute_errors(tmp_path):
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = tdlcourse.nonsense
    kit = tmp_path / "tdlcourse"
    kit.mkdir()
    (kit / "__init__.py").write_text(Path(tdlcourse.__file__).read_text())
    code = f"""if True:
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import tdlcourse
        assert tdlcourse.__file__.startswith({str(tmp_path)!r})
        print(dir(tdlcourse).count("backprop"), hasattr(tdlcourse, "backprop"))
        tdlcourse.backprop"""
    # -S: an editable installation would otherwise find the module outside the kit
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["0", "False"]
    assert "AttributeError: module 'tdlcourse' comes without its topic 'backprop'" in done.stderr


def test_version_is_the_distributions():
    try:
        expected = importlib.metadata.version("tdlcourse")
    except importlib.metadata.PackageNotFoundError:
        expected = "0+unknown"
    assert tdlcourse.__version__ == expected


def test_the_table_of_ground_truths_has_its_generators_header():
    head = runpy.run_path(str(ROOT / "tests/tdlcourse/conftest.py"))["HEAD"]
    assert (ROOT / "docs/ground-truths.md").read_text(encoding="utf-8").startswith(head)
