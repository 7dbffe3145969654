"""Feedback pages in a real Chromium: what students wrote can't run, load or post anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jinja2.runtime import Context
from playwright.sync_api import Page

from autograder.report.safe_html import safe_html, safe_markdown
from autograder.targets.feedback import with_policy

pytestmark = [pytest.mark.browser]
# Each would set window.ran, or ask the listener @HERE@ for something.
HOSTILE = (
    "<script>window.ran = 1</script>",
    "<script src='@HERE@/script'></script>",
    "<img src=x onerror='window.ran = 2'>",
    "<img src='@HERE@/image'>",
    "<svg onload='window.ran = 3'><script>window.ran = 4</script></svg>",
    "<svg><image href='@HERE@/svg'/></svg>",
    "<iframe srcdoc='<script>parent.ran = 5</script>'></iframe>",
    "<iframe src='javascript:parent.ran = 6'></iframe>",
    "<object data='@HERE@/object'></object>",
    "<embed src='@HERE@/embed'>",
    "<link rel=stylesheet href='@HERE@/link'>",
    "<style>@import url('@HERE@/import'); body { background: url('@HERE@/css') }</style>",
    "<p style=\"background: url('@HERE@/style')\">p</p>",
    "<base href='@HERE@/base/'>",
    "<meta http-equiv=refresh content='9; url=@HERE@/refresh'>",
    "<a id=link href='javascript:window.ran = 7'>a</a>",
    "<form id=form action='@HERE@/form'><input name=x></form>",
    "<details open ontoggle='window.ran = 8'>d</details>",
    "<input autofocus onfocus='window.ran = 9'>",
    "<video src='@HERE@/video'></video><audio src='@HERE@/audio'></audio>",
    "<math href='javascript:window.ran = 10'><mi>x</mi></math>",
)
FORMULAS = (
    r"$\href{javascript:window.ran=11}{x}$",
    r"$\unicode{x3c}script>window.ran=12</script>$",
    r"$$\def\x{\href{javascript:window.ran=13}{y}}\x$$",
    r"$\require{html}\style{background:url(@HERE@/tex)}{x}$",
    r"$\text{<img src=x onerror='window.ran=14'>}$",
    r"\begin{equation}\class{x}{\cssId{y}{z}}<script>window.ran = 15</script>\end{equation}",
)
FRAME = "<!DOCTYPE html><html><head><title>t</title></head><body>{}</body></html>"


class Listener:
    """A server on loopback that notes what it is asked for."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.asked = asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    running = Listener()
    yield running
    running.server.shutdown()
    running.server.server_close()


def opened(page: Page, text: str, listener: Listener, folder: Path) -> object:
    """What ran in a page made of this text, after a click on its link and its form."""
    path = folder / "page.html"
    path.write_text(text.replace("@HERE@", listener.address), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    for script in ("document.querySelector('#link')?.click()",):
        page.evaluate(script)
    page.wait_for_timeout(200)
    ran = page.evaluate("window.ran ?? null")
    page.evaluate("document.querySelector('#form')?.submit()")
    page.wait_for_timeout(300)
    return ran


def test_the_policy_alone_stops_everything(page: Page, listener: Listener, tmp_path: Path) -> None:
    """Even with nothing cleaned: no script, no handler, no script link, no request, no form."""
    text = with_policy(FRAME.format("\n".join((*HOSTILE, *FORMULAS))))
    # A refresh navigates, which a policy of a page can't forbid; cleaning takes it out.
    text = text.replace("<meta http-equiv=refresh", "<meta x")
    assert opened(page, text, listener, tmp_path) is None
    assert listener.asked == []


def test_cleaning_alone_stops_everything(page: Page, listener: Listener, tmp_path: Path) -> None:
    """Even without a policy: HTML of outputs, and markdown with formulas."""
    context = Context.__new__(Context)
    context.vars, context.parent = {}, {}
    parts = [safe_html(text) for text in HOSTILE]
    parts += [safe_markdown(context, text) for text in (*HOSTILE, *FORMULAS)]
    assert opened(page, FRAME.format("\n".join(parts)), listener, tmp_path) is None
    assert listener.asked == []


def test_both_of_these_can_fail(page: Page, listener: Listener, tmp_path: Path) -> None:
    """With neither, scripts run and the listener is asked."""
    text = FRAME.format("\n".join(HOSTILE)).replace("<meta http-equiv=refresh", "<meta x")
    assert opened(page, text, listener, tmp_path) is not None
    assert {"/script", "/image", "/import"} <= {path.rstrip("?") for path in listener.asked}
