"""What every page of results is built of: its head under a strict policy, sections, figures."""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from autograder.report.grades import replace_file
from autograder.report.markup import Markup, tag
from autograder.report.style import style_sheet
from autograder.report.wording import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_page(
    title: str, body: Markup, path: str | os.PathLike[str], more_style: str = ""
) -> None:
    """Write a page that needs nothing else, all at once or not at all.

    No script runs in it and nothing is fetched: its content policy allows its style sheet only.

    Args:
        title: the window's title.
        body: the `<body>` element.
        path: the file to write; an older one is replaced.
        more_style: CSS behind the common style sheet.

    Raises:
        OSError: the file can't be written; an older one is then untouched.
    """
    page = tag("html", _head(title, style_sheet() + more_style), body, lang="en")
    replace_file(path, f"<!DOCTYPE html>\n{page}\n")


def _head(title: str, style: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", visible(title)),
        tag("style", Markup(style)),
    )


def navigation(sections: Mapping[str, str]) -> Markup:
    """Links to the sections: id -> title."""
    links = [tag("li", tag("a", title, href=f"#{key}")) for key, title in sections.items()]
    return tag("nav", tag("ul", *links), aria_label="Sections")


def tiles(values: Mapping[str, str]) -> Markup:
    """A few numbers in large print: name -> value."""
    pairs = [tag("div", tag("dt", key), tag("dd", value)) for key, value in values.items()]
    return tag("dl", *pairs, class_="tiles")


def section(key: str, title: str, *children: Markup) -> Markup:
    """A section that links can reach."""
    return tag("section", tag("h2", title), *children, id=key)


def figure(draw: "Callable[[], Figure]", name: str, label: str) -> Markup:
    """A chart with a sentence for those who can't see it.

    Args:
        draw: makes the figure, in the palette's colours only.
        name: unique in the page.
        label: what the chart shows.
    """
    from autograder.report.svg import inline_svg

    return tag("figure", inline_svg(draw, f"chart-{name}", label))


def numbers(content: Markup) -> Markup:
    """A table that is folded up on the screen and printed."""
    return tag("details", tag("summary", "The numbers in this chart"), content, class_="numbers")
