"""What students wrote, as HTML that can't act: for formgrader's pages and for feedback.

nbconvert's own `sanitize_html` does not reach the markdown cells of nbgrader's pages, since their
templates render markdown themselves, and it cuts table headings, paragraphs and images. These two
take the places of its filters `markdown2html` and `clean_html`. Formulas become MathML, so that
a page shows them without fetching a script from elsewhere.
"""

from __future__ import annotations

import re
import secrets
from html import escape
from typing import Any

import bleach  # type: ignore[import-untyped]
from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.report.mathml import STYLE, formula

TAGS = frozenset(bleach.ALLOWED_TAGS) | set(
    "div span p br hr pre h1 h2 h3 h4 h5 h6 details summary img sub sup del s u small dl dt dd "
    "table caption colgroup col thead tbody tfoot tr th td".split()
)
# nbgrader's pages take away the triangle that says that there is more.
# A scan may be much wider than the page, and formgrader's own style puts a red frame around images.
IMAGE = "max-width: 100%; border: 0"
SUMMARY = '<summary style="display: list-item; cursor: pointer">'
STYLES = (
    "color background-color font-weight font-style font-family text-align vertical-align "
    "white-space padding border border-collapse border-bottom overflow-wrap margin max-width"
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


def safe_html(element: str | bytes) -> str:
    """The element without what can run, load or post; text and tables, plots and colours stay."""
    text = element.decode("utf-8", "replace") if isinstance(element, bytes) else str(element)
    cleaned: str = _CLEANER.clean(text)
    return cleaned


_SCHEME_END = re.compile(r"^(=* *END MARK SCHEME)", re.MULTILINE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")


def _pdf(name: str, data: str) -> str:
    """A PDF as the browser's own viewer shows it, in its sandbox, and as a link to save it."""
    source = f"data:application/pdf;base64,{data}"
    link = f'<a href="{source}" download="{escape(name)}">{escape(name)}</a>'
    shape = 'style="width:100%;height:60em"'
    return f'{link}<object type="application/pdf" data="{source}" {shape}></object>'


class _Renderer(IPythonRenderer):
    """nbconvert's, with formulas kept aside while the rest is cleaned."""

    def __init__(self, attachments: dict[str, Any]) -> None:
        # Without links to headings: a formula in a heading would stand in an attribute of its link.
        super().__init__(escape=False, attachments=attachments, exclude_anchor_links=True)
        self._sign = f"formula{secrets.token_hex(8)}x"
        self._kept: list[str] = []

    def block_math(self, body: str) -> str:
        return self._keep(formula(body, block=True))

    def inline_math(self, body: str) -> str:
        return self._keep(formula(body))

    def latex_environment(self, name: str, body: str) -> str:
        tex = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._keep(formula(tex, block=True))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        name = url[len("attachment:") :]
        pdf = self.attachments.get(name, {}).get("application/pdf")
        if url.startswith("attachment:") and pdf and _BASE64.fullmatch(pdf):
            return self._keep(_pdf(name, pdf))
        words = re.sub(rf"{self._sign}\d+z", "", text)  # a formula is no part of an attribute
        if url.startswith("attachment:") and name not in self.attachments:
            return f"[no image {words}]"  # the page must not fail for it
        image = str(super().image(words, url, title))
        return image.replace("<img ", f'<img style="{IMAGE}" ', 1)

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """With some air: the pages' own style leaves none between columns."""
        tag, line = ("th", "; border-bottom: 1px solid #aaa") if head else ("td", "")
        return (
            f'<{tag} style="padding: 2px 8px; text-align: {align or "left"}{line}">{text}</{tag}>'
        )

    def _keep(self, made: str) -> str:
        self._kept.append(made)
        return f"{self._sign}{len(self._kept) - 1}z"

    def with_formulas(self, page: str) -> str:
        return re.sub(rf"{self._sign}(\d+)z", lambda found: self._kept[int(found[1])], page)


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """Markdown as safe HTML, formulas as MathML."""
    renderer = _Renderer(context.get("cell", {}).get("attachments", {}))
    page = MarkdownWithMath(renderer=renderer).render(_SCHEME_END.sub(r"\n\1", source))
    cleaned = safe_html(page).replace("<summary>", SUMMARY)
    return renderer.with_formulas(cleaned)


_STILL = bleach.Cleaner(tags=TAGS - {"a", "img"}, attributes={"th": ["colspan"], "td": ["colspan"]})


def still_markdown(source: str) -> str:
    """Markdown as HTML for a page whose policy allows no styles, links or pictures but its own.

    Those stand there as they were typed; formulas are MathML.
    """
    renderer = _Renderer({})
    page = MarkdownWithMath(renderer=renderer).render(source)
    return renderer.with_formulas(_STILL.clean(page)).replace(STYLE, "")
