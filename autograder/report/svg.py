"""A matplotlib figure as SVG that lives inside a page under a strict content policy.

Matplotlib styles its elements with `style` attributes, which the policy blocks; as presentation
attributes the same declarations are allowed. Colours become the page's variables, so that a chart
follows light, dark and print. Text stays text.
"""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from autograder.report.markup import Markup, escape
from autograder.report.palette import FAINT, INK, VARIABLES

_TAG = re.compile(r"<[^<>]*>")  # matplotlib escapes both characters in text and attributes
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_ID = re.compile(r'(\sid="|url\(#|href="#)')
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", re.DOTALL)

# Its keys are a literal type that differs between versions of matplotlib.
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a question may be called "$x"
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "hatch.linewidth": 0.6,
    "patch.linewidth": 0.6,
}


def inline_svg(draw: Callable[[], Figure], name: str, label: str) -> Markup:
    """The drawn figure as an `<svg>` element that says `label` to those who can't see it.

    Args:
        draw: makes the figure, in the palette's colours only.
        name: prefix of every id in it, unique in the page.
        label: what the chart shows, in a sentence.
    """
    drawing = io.StringIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()  # whatever style this machine's user prefers
        matplotlib.rcParams.update({**SETTINGS, "svg.hashsalt": name})
        # The browser draws the text and has the glyphs; matplotlib only measures it.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        draw().savefig(drawing, format="svg", transparent=True, metadata={"Date": None})
    text = drawing.getvalue()
    text = _DROPPED.sub("", text[text.index("<svg") :])
    text = _TAG.sub(lambda match: _adapted(match[0], name), text)
    title = f' role="img" aria-label="{escape(label)}"'
    return Markup(text.replace("<svg", f"<svg{title}", 1).strip())


def _adapted(element: str, name: str) -> str:
    element = _STYLE.sub(lambda match: _attributes(match[1]), element)
    element = _ID.sub(lambda match: f"{match[1]}{name}-", element)
    element = re.sub(r'\s(xmlns(:xlink)?|version)="[^"]*"', "", element).replace("xlink:", "")
    return _COLOUR.sub(lambda match: VARIABLES.get(match[0].lower(), match[0]), element)


def _attributes(style: str) -> str:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    kept = ((key.strip(), value.strip()) for key, value in pairs)
    return "".join(f' {key}="{value}"' for key, value in kept if key != "font-family")
