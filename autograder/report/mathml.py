"""Formulas as MathML, which a browser draws without a script and without a network.

What a student typed between dollars becomes elements of a fixed list, built and escaped here; a
formula that can't be read stays as it was typed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from itertools import zip_longest
from xml.etree.ElementTree import Element  # noqa: S405 - only its type: nothing is parsed

TAGS = frozenset(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts none mtable mtr mtd mstyle mpadded mphantom menclose "
    "merror".split()
)
ATTRIBUTES = frozenset(
    "display displaystyle scriptlevel stretchy fence form separator accent accentunder largeop "
    "movablelimits symmetric minsize maxsize lspace rspace width height depth voffset "
    "linethickness mathvariant mathsize columnalign rowalign columnspacing rowspacing columnlines "
    "rowlines frame notation".split()
)
MAX_LENGTH = 10_000
# Without a font for mathematics browsers stretch neither brackets nor roots, and few look for one.
FONTS = "Latin Modern Math, STIX Two Math, Cambria Math, DejaVu Math TeX Gyre, math"
STYLE = f' style="font-family: {FONTS}"'
# Names that have their limits below in a line of their own, and beside them in running text.
WITH_LIMITS = {"max", "min", "sup", "inf", "lim", "limsup", "liminf", "Pr", "det"}
BELOW = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
ROWS = {"math", "mrow", "mtd", "mstyle"}
# Delimiters that latex2mathml leaves as they are behind \bigl and its relatives.
DELIMITERS = {
    "lfloor": "\u230a",
    "rfloor": "\u230b",
    "lceil": "\u2308",
    "rceil": "\u2309",
    "langle": "\u27e8",
    "rangle": "\u27e9",
    "lVert": "\u2016",
    "rVert": "\u2016",
    "lvert": "|",
    "rvert": "|",
    "|": "\u2016",
    "{": "{",
    "}": "}",
}
_OPERATOR = re.compile(r"\\operatorname\*?\s*\{([^{}]*)\}")
_NAME = re.compile(r"\\([A-Za-z]+|[|{}])")
# Browsers ignore `mathvariant` (MathML Core knows "normal" alone), so the characters say it. Some
# of a style were in Unicode before the others and have names of their own.
EARLIER = {
    "double-struck": "ℂℍℕℙℚℝℤ",
    "script": "ℬℰℱℋℐℒℳℛℯℊℴ",
    "fraktur": "ℭℌℑℜℨ",
    "italic": "ℎ",
}


def _styled_characters() -> dict[tuple[str, str], str]:
    """(style, plain character) -> the character of that style."""
    found = {}
    for character in map(chr, range(0x1D400, 0x1D800)):
        name = unicodedata.name(character, "")
        style = re.split(r" (?:CAPITAL|SMALL|DIGIT|NABLA|PARTIAL) ?", name)[0]
        style = "-".join(style.removeprefix("MATHEMATICAL ").lower().split())
        found[style, unicodedata.normalize("NFKC", character)] = character
    for style, characters in EARLIER.items():
        found |= {(style, unicodedata.normalize("NFKC", c)): c for c in characters}
    return found


STYLED = _styled_characters()


def formula(tex: str, *, block: bool = False) -> str:
    """A TeX formula as MathML; as escaped text between its dollars if it can't be read.

    Args:
        tex: what stands between the dollars.
        block: whether it has a line of its own.
    """
    from latex2mathml.converter import convert_to_element

    try:
        if len(tex) > MAX_LENGTH:
            raise ValueError("too long")
        made = convert_to_element(
            _OPERATOR.sub(_operator, tex), display="block" if block else "inline"
        )
        written = "".join(_written(made))
        return written.replace("<math ", f"<math{STYLE} ", 1)
    except Exception:  # the library's errors have no common class, and a student's TeX no bounds
        dollars = "$$" if block else "$"
        return f"<code>{html.escape(dollars + tex + dollars)}</code>"


def _operator(match: re.Match[str]) -> str:
    """The library knows no star, and takes a name with a space in it for a product."""
    name = re.sub(r"\\[,:; ]|~|\s", "", match[1])
    return rf"\operatorname{{{name}}}"


def _written(element: Element) -> Iterable[str]:
    if element.tag not in TAGS:
        yield from _children(element)
        return
    if element.tag in BELOW and element[0].tag == "mo" and element[0].text in WITH_LIMITS:
        element.tag = BELOW[element.tag]
        element[0].attrib.update(movablelimits="true", lspace="0", rspace="0")
    elif element.tag == "mo" and _is_name(element) and element.text not in WITH_LIMITS:
        element.tag = "mi"  # an operator has air on both sides
    elif element.tag == "mo" and html.unescape(element.text or "") in ("\u2016", "|"):
        # A bar grows with \\left and \\right alone: without, its partner may have an exponent.
        element.attrib.setdefault("stretchy", "false")
    kept = {name: value for name, value in element.attrib.items() if name in ATTRIBUTES}
    style = kept.get("mathvariant", "")
    text = html.unescape(element.text or "")
    if any((style, character) in STYLED for character in text):
        element.text = "".join(STYLED.get((style, character), character) for character in text)
        del kept["mathvariant"]
    written = "".join(f' {name}="{html.escape(str(value))}"' for name, value in kept.items())
    yield f"<{element.tag}{written}>"
    yield from _children(element)
    yield f"</{element.tag}>"


def _children(element: Element) -> Iterable[str]:
    # The library writes characters as entities; they are read first, and then everything escaped.
    text = html.unescape(element.text or "")
    yield html.escape(_NAME.sub(_named, text))
    for child, following in zip_longest(element, list(element)[1:]):
        yield from _written(child)
        if element.tag in ROWS and following is not None and _stand_apart(child, following):
            yield '<mspace width="0.167em"></mspace>'


def _stand_apart(left: Element, right: Element) -> bool:
    """Whether one is a function and neither an operator or bracket, which has its own air."""
    functions = _is_function(left), _is_function(right)
    plain = (e.tag == "mo" and not known for e, known in zip((left, right), functions, strict=True))
    return any(functions) and not any(plain)


def _is_function(element: Element) -> bool:
    """Whether it is a name such as log, perhaps with an index; what it is of stands apart."""
    return _is_name(element[0] if element.tag in BELOW and len(element) else element)


def _is_name(element: Element) -> bool:
    name = element.text or ""
    return element.tag in ("mi", "mo") and len(name) > 1 and name.isalpha()


def _named(match: re.Match[str]) -> str:
    """A name that the library did not know: a delimiter, or an operator such as \\arg."""
    return DELIMITERS.get(match[1], match[1])
