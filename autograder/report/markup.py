"""HTML that escapes by default: only what `tag` built is markup, every other string is text."""

import html
from collections.abc import Iterable, Sequence

from autograder.report.wording import visible

_VOID = frozenset({"meta"})


class Markup(str):
    """A string that is already HTML."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str) -> Markup:
    """One element; children that are not Markup are made visible and escaped.

    Args:
        name: the element.
        children: text or Markup.
        attributes: `class_` stands for class, `aria_label` for aria-label.
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Markup(f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{join(children)}</{name}>")


def join(children: Iterable[str]) -> Markup:
    """The children in a row, text among them escaped."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    )


def escape(text: str) -> Markup:
    """The text for an element's content or an attribute between double quotes."""
    return Markup(html.escape(visible(text, lines=True), quote=True))


def table(
    caption: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    left: int = 1,
    class_: str = "",
) -> Markup:
    """A table whose first `left` columns are text and whose other ones are numbers.

    A row's first cell is its header; a cell that is a `td` or `th` already is taken as it is.
    """
    head = [
        tag("th", header, scope="col", class_="" if i < left else "n")
        for i, header in enumerate(headers)
    ]
    body = [tag("tr", *(_cell(cell, i, left) for i, cell in enumerate(row))) for row in rows]
    inner = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_=class_,
    )
    # A wide table scrolls by itself; focusable, so that the keyboard reaches it.
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(cell: str, column: int, left: int) -> Markup:
    if isinstance(cell, Markup) and cell.startswith(("<td", "<th")):
        return cell
    if column == 0:
        return tag("th", cell, scope="row")
    return tag("td", cell, class_="" if column < left else "n")
