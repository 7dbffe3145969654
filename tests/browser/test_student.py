"""A student's afternoon: the released notebook in JupyterLab, its checks as tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from autograder import corpus
from autograder.lab import copy_released
from tests.browser.conftest import (
    PATIENCE,
    execute,
    jupyter_lab,
    open_lab,
    scroll_to,
    wait_for_kernel,
)
from tests.courses import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Relative luminance and contrast as WCAG 2 defines them, of each cell of a check's table.
CONTRASTS = """table => {
  const channels = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = channels(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  return [...table.querySelectorAll('td, th, td span')].map(cell => {
    const pair = [light(channels(getComputedStyle(cell).color)), light(behind(cell))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  });
}"""
ALIGNMENTS = """table => [...table.querySelectorAll('td, th')]
  .map(cell => getComputedStyle(cell).textAlign)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's copy of what is released, with an answer to q2 that is wrong."""
    folder = tmp_path_factory.mktemp("student") / "lab"
    list(copy_released(ROOT / "assignments", folder))
    wrong = next(
        e for e in corpus.read_corpus(ROOT, "hw1") if e.name == "wrong/q2_strict_inequality"
    )
    corpus.build(ROOT, "hw1", wrong, folder / "hw1")
    return folder


def test_checks_are_legible_in_both_themes(
    lab: Path, page: Page, shoot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    """After Run All the table of q2 says what fails and why, in the light and the dark theme."""
    start = ("-m", "autograder.cli", "lab", "--course", str(ROOT), "--folder", str(lab))
    with jupyter_lab(lab, tmp_path / "private", start) as address:
        open_lab(page, address, "hw1/hw1.ipynb")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.locator(".jp-MarkdownOutput mjx-container").first.wait_for()
        shoot(page, "student_opened")
        wait_for_kernel(page)
        execute(page, "notebook:run-all-cells")
        execute(page, "docmanager:save")
        for theme in ("Light", "Dark"):
            execute(page, "apputils:change-theme", {"theme": f"JupyterLab {theme}"})
            page.wait_for_timeout(1000)
            look_at_checks(page, theme.lower(), shoot)
        look_at_progress(page, shoot)
        submit(page, address, shoot)


def look_at_checks(page: Page, theme: str, shoot: Callable[[Page, str], None]) -> None:
    for question in ("q2", "q3"):
        scroll_to(page, f'check("{question}")')
        result = page.locator(".jp-OutputArea-output", has_text=f"{question}: ").first
        expect(result).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(500)
        shoot(page, f"student_{question}_{theme}")
        table = result.locator("table")
        contrasts = table.evaluate(CONTRASTS)
        assert min(contrasts) >= 4.5, f"text must stand out, got contrasts {contrasts}"
        alignments = set(table.evaluate(ALIGNMENTS))
        assert alignments <= {"left", "start"}, f"cells must be left-aligned, got {alignments}"
    scroll_to(page, "check_all()")
    page.wait_for_timeout(1500)
    shoot(page, f"student_all_{theme}")


def look_at_progress(page: Page, shoot: Callable[[Page, str], None]) -> None:
    """A check of more than two seconds shows a bar, which goes when the result comes."""
    slow = "import time\ndef losses(m):\n    time.sleep(2)\n    return {}"
    page.evaluate(
        """async source => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          const index = notebook.widgets.findIndex(
            cell => cell.model.sharedModel.getSource() === 'check("q3")');
          notebook.widgets[index - 1].model.sharedModel.setSource(source);
          notebook.activeCellIndex = index - 1;
          await notebook.scrollToItem(index, 'start');
        }""",
        slow,
    )
    for _ in range(2):
        execute(page, "notebook:run-cell-and-select-next", wait=False)
    bar = page.locator(".jp-OutputArea-output progress")
    expect(bar).to_be_visible()
    expect(bar.locator("xpath=..")).to_contain_text("of 4 tests")
    shoot(page, "student_progress")
    expect(page.get_by_text("q3: 0 of 4 public tests pass")).to_be_visible()
    expect(bar).to_have_count(0)


def submit(page: Page, address: str, shoot: Callable[[Page, str], None]) -> None:
    """The assignment list works, on an exchange of the copy's own."""
    open_lab(page, address)
    execute(page, "nbgrader:open-assignment-list")
    row = page.locator("#fetched_assignments_list .list_item", has_text="hw1")
    row.get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list .list_item").first).to_contain_text("hw1")
    shoot(page, "student_submitted")
