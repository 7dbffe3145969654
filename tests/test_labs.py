"""What labs promise: public tests that no seed turns against a right answer, and one thread."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]


def cells(lab: str) -> dict[str, str]:
    content = json.loads((ROOT / "source" / lab / f"{lab}.ipynb").read_text("utf-8"))
    found = {}
    for cell in content["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        found[name] = "".join(cell["source"])
    return found


def public_tests(lab: str, question: str) -> ModuleType:
    path = ROOT / "source" / lab / "tests" / f"test_{question}.py"
    spec = importlib.util.spec_from_file_location(f"{lab}_{question}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_engine_s_loss_falls_whatever_the_seed() -> None:
    """With labels drawn by lot it did not fall enough in one seed of sixty."""
    threads = torch.get_num_threads()
    names: dict[str, Any] = {}
    found = cells("lab1")
    exec(found["setup"] + "\n" + found["q3-answer"], names)  # noqa: S102 - our own notebook
    student = SimpleNamespace(start=names["start"], advance=names["advance"])
    test = public_tests("lab1", "q3").test_the_loss_falls
    try:
        for seed in [*range(12), 14213697179034952490]:
            test(student, np.random.default_rng(seed))
        student.advance = lambda state, *_, **__: state  # and the test can fail
        with pytest.raises(AssertionError, match="does not fall"):
            test(student, np.random.default_rng(0))
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("lab", ["lab1", "lab2"])
def test_labs_run_on_one_thread_and_move_by_one_switch(lab: str) -> None:
    """Two threads on two busy cores took six times the CPU time of one."""
    setup = cells(lab)["setup"]
    assert "torch.set_num_threads(1)" in setup and setup.count('DEVICE = "cpu"') == 1
    others = "\n".join(text for name, text in cells(lab).items() if name != "setup")
    assert ".cuda(" not in others.replace("never `.cuda()`", "")
