"""The colours of the report's charts and page.

Source:
    Okabe & Ito, "Color Universal Design", 2008: eight colours that stay apart for every common
    colour vision. Their black is our `ink`, which turns light on a dark page.
"""

OKABE_ITO = {
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "green": "#009e73",
    "yellow": "#f0e442",
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "purple": "#cc79a7",
}
INK, PAPER, FAINT, GREY = "#000000", "#ffffff", "#d9d9d9", "#a6a6a6"

# Every colour a chart may use -> the page's variable that stands for it.
VARIABLES = {
    **{colour: f"var(--{name})" for name, colour in OKABE_ITO.items()},
    INK: "var(--ink)",
    PAPER: "var(--paper)",
    FAINT: "var(--faint)",
    GREY: "var(--grey)",
}

# Colour and hatch of each verdict, so that black-and-white print keeps them apart too.
VERDICT_LOOKS = {
    "correct": (OKABE_ITO["blue"], ""),
    "partial": (OKABE_ITO["sky"], ""),
    "wrong": (OKABE_ITO["orange"], ""),
    "refused": (OKABE_ITO["purple"], "\\\\\\"),
    "crashed": (OKABE_ITO["vermillion"], "xxx"),
    "timed_out": (OKABE_ITO["yellow"], "..."),
    "out_of_memory": (OKABE_ITO["green"], "---"),
    "unmarked": (FAINT, ""),
    "not_marked": (PAPER, "///"),
}
