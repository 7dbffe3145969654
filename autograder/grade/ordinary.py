"""Scores of graded cells of ordinary nbgrader courses, read from their outputs as nbgrader does.

Where nbgrader fails open we deviate: a NaN or negative number is no credit and not full marks,
`False` is no credit, a number above the maximum is the maximum and not a crash, `np.float64(3.0)`
and `tensor(3.)` count as 3, and a warning on stderr costs nothing. The student's own process wrote
these outputs, so this mode can't stop a submission from forging them; judge cells can.
"""

from __future__ import annotations

import math
import re
from typing import Any

# np.float64(3.0), tensor(3., grad_fn=<...>), array(3, dtype=int8)
_WRAPPED = re.compile(r"(?:np\.\w+|numpy\.\w+|tensor|array)\(([^,()\[\]]*)(?:,.*)?\)", re.DOTALL)


def score_of_outputs(outputs: list[dict[str, Any]], points: float) -> float:
    """Score in [0, points] of a graded cell from its outputs."""
    for output in outputs:
        if output["output_type"] == "error":
            return 0.0
        if output["output_type"] == "execute_result":
            return _partial(str(output["data"].get("text/plain", "")), points)
    return points


def _partial(text: str, points: float) -> float:
    wrapped = _WRAPPED.fullmatch(text.strip())
    text = (wrapped.group(1) if wrapped else text).strip()
    if text in ("False", "np.False_"):
        return 0.0
    try:
        number = float(text)
    except ValueError:
        return points  # any other value: the cell ran to its end
    if math.isnan(number):
        return 0.0
    return min(max(number, 0.0), points)
