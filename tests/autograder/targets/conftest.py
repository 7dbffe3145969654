"""The tiny course of the grade tests, and its autograder zip for Gradescope."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.autograder.grade.conftest import TinyCourse, _paths, make_tiny

__all__ = ["_paths", "make_tiny"]
SCHEMA = json.loads(Path(__file__).with_name("gradescope_schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def assert_valid(results: dict[str, Any]) -> None:
    """It is JSON in Gradescope's form; read back by a parser that takes no NaN."""

    def refuse(name: str) -> float:
        raise ValueError(name)

    text = json.dumps(results)
    text.encode("utf-8")
    VALIDATOR.validate(json.loads(text, parse_constant=refuse))


@pytest.fixture(scope="session")
def tiny(make_tiny: Callable[..., TinyCourse]) -> TinyCourse:
    """The tiny course, with settings for Gradescope."""
    return make_tiny(
        'c.Gradescope.visibility = {"q4": "after_published"}\n'
        'c.Gradescope.leaderboard = "board.entries"\n'
        'c.Gradescope.files = ["board.py", "latepolicy.py"]\n'
        "c.Gradescope.per_hour = 2\n"
    )


@pytest.fixture(scope="session")
def archive(tiny: TinyCourse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its zip, as `tdl gradescope` builds it."""
    from autograder.targets.gradescope.building import build_zip

    (tiny.folder / "board.py").write_text(
        "def entries(result):\n"
        "    parts = [p for n in result['notebooks'].values() for p in n['parts'].values()]\n"
        "    passed = sum(p['verdict'] == 'correct' for p in parts)\n"
        "    return [{'name': 'accuracy', 'value': passed / 4, 'order': 'desc'}, {'name': 3}]\n"
    )
    path = tmp_path_factory.mktemp("zip") / "tiny.zip"
    build_zip(tiny.course, "tiny", path)
    return path
