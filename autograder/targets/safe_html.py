"""What students wrote, as HTML that can't act: for formgrader's pages and for feedback.

nbconvert's own `sanitize_html` does not reach the markdown cells of nbgrader's pages, since their
templates render markdown themselves, and it cuts table headings, paragraphs and images. These two
take the places of its filters `markdown2html` and `clean_html`.
"""

from __future__ import annotations

from typing import Any

import bleach  # type: ignore[import-untyped]
from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]
from jinja2 import pass_context
from nbconvert.exporters.html import HTMLExporter

TAGS = frozenset(bleach.ALLOWED_TAGS) | set(
    "div span p br hr pre h1 h2 h3 h4 h5 h6 details summary img sub sup del s u small dl dt dd "
    "table caption colgroup col thead tbody tfoot tr th td".split()
)
STYLES = (
    "color background-color font-weight font-style font-family text-align vertical-align "
    "white-space padding border border-collapse border-bottom overflow-wrap margin"
).split()
IMAGES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif"))
PLAIN = {"title", "alt", "align", "colspan", "rowspan", "style", "width", "height", "open"}


def _allowed(tag: str, name: str, value: str) -> bool:
    if name == "href":
        return tag == "a" and not value.lower().lstrip().startswith("data:")
    if name == "src":
        return tag == "img" and value.startswith(IMAGES)
    if name == "class":  # of highlighted code; others could pass for a part of formgrader's page
        return tag in ("span", "code", "pre") or value in ("highlight", "anchor-link")
    return name in PLAIN


_CLEANER = bleach.Cleaner(
    tags=TAGS,
    attributes=_allowed,
    protocols=frozenset(bleach.ALLOWED_PROTOCOLS) | {"data"},
    css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
    strip_comments=True,
)
_MARKDOWN: Any = HTMLExporter(embed_images=False)  # type: ignore[no-untyped-call]


def safe_html(element: str | bytes) -> str:
    """The element without what can run, load or post; text and tables, plots and colours stay."""
    text = element.decode("utf-8", "replace") if isinstance(element, bytes) else str(element)
    cleaned: str = _CLEANER.clean(text)
    return cleaned


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """Markdown as safe HTML; formulas are left for MathJax."""
    return safe_html(_MARKDOWN.markdown2html(context, source))
