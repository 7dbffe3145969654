"""JupyterLab servers and Chromium for the tests here.

Nothing outside this machine is asked for: requests that would leave it are refused, so that a test
sees what a reader without a network sees.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.conftest import INSTALL, find_chromium

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# Generous: these pages share the machine with whatever else tests are doing.
PATIENCE = 120_000  # milliseconds
APPUTILS = "@jupyterlab/apputils-extension"
Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.fail(f"tests marked browser need Chromium, got {INSTALL}")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = open_page(browser)
    yield opened
    opened.context.close()


def open_page(browser: Browser) -> Page:
    """A page with cookies of its own; close its context at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.route("**/*", _stay_here)
    return context.new_page()


def _stay_here(route: Route) -> None:
    here = ("http://127.0.0.1:", "http://localhost:", "file:", "data:", "blob:")
    here += ("chrome:", "chrome-extension:")  # the browser's own viewer of PDFs
    if route.request.url.startswith(here):
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """Keeps a screenshot, in $TDL_SCREENSHOTS or pytest's temporary folder."""
    chosen = os.environ.get("TDL_SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png")

    return take


@contextmanager
def jupyter_lab(
    folder: Path, private: Path, start: Sequence[str] = ("-m", "jupyterlab")
) -> Iterator[str]:
    """A JupyterLab on a folder; its address.

    Args:
        folder: its root, and where its nbgrader_config.py lies.
        private: for settings, run-time files and the log.
        start: Python's arguments; options of JupyterLab follow.
    """
    settings = private / "settings" / APPUTILS
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), "utf-8")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, *start, "--no-browser", "--allow-root"]
    command += [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
    beside = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]),
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
        "IPYTHONDIR": str(private / "ipython"),
    }
    log = private / "lab.log"
    with open(log, "wb") as output:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )
        try:
            _wait_for(f"{address}/api", server, log)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def free_port() -> int:
    """A port on loopback that nothing listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab must start, got:\n{log.read_text('utf-8')[-3000:]}")


def open_lab(page: Page, address: str, path: str = "") -> None:
    """JupyterLab in its page, ready."""
    page.goto(f"{address}/lab{'/tree/' + path if path else ''}?reset")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    page.locator("#jp-top-panel").wait_for()


def execute(
    page: Page, command: str, arguments: dict[str, object] | None = None, wait: bool = True
) -> None:
    """Run a command of JupyterLab, as soon as it is there, and wait for its end unless told not."""
    page.wait_for_function("name => window.jupyterapp?.commands.hasCommand(name)", arg=command)
    page.evaluate(
        "([name, args, wait]) => {"
        "  const done = window.jupyterapp.commands.execute(name, args).then(() => null);"
        "  return wait ? done : null;"
        "}",
        [command, arguments or {}, wait],
    )


def wait_for_kernel(page: Page) -> None:
    """Until the open notebook's kernel is there and idle."""
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.kernelDisplayStatus"
        " === 'idle'"
    )


def scroll_to(page: Page, wanted: str) -> None:
    """Bring the cell with this source or grade_id into view; JupyterLab draws what is near it."""
    found = page.evaluate(
        """async wanted => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          const index = notebook.widgets.findIndex(
            cell => cell.model.sharedModel.getSource().trim() === wanted
              || (cell.model.getMetadata('nbgrader') || {}).grade_id === wanted);
          notebook.activeCellIndex = index;
          await notebook.scrollToItem(index, 'start');
          return index;
        }""",
        wanted,
    )
    assert found >= 0, f"notebook must hold a cell {wanted}"
