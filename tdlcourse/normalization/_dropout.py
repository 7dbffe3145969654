"""Dropout."""

from __future__ import annotations

from tdlcourse._validate import Array, Generator, float_array, namespace, real, standard_uniform


def dropout(x: Array, p: float, training: bool, gen: Generator) -> Array:
    """x with each entry zeroed with probability p and the others divided by 1 - p.

    The mean over the noise is x ("inverted" dropout), so that nothing is scaled at inference.

    Args:
        x: any shape.
        p: probability of dropping, in [0, 1]; 1 gives zeros.
        training: if false, x is returned as it is and gen is not used.
        gen: source of the mask, a mask of its own for every entry.

    Returns:
        Array of x's shape, kind, dtype and device.

    Raises:
        ValueError: p is not in [0, 1].

    Source:
        Srivastava et al., "Dropout", JMLR 2014, section 4, who scale the weights at inference
        instead; the Artieres deck does too. There p is the probability of *keeping*.
    """
    x, p = float_array("x", x), real("p", p, low=0, high=1)
    if not training or p == 0:
        return x + 0  # a new array, as in training
    keep = standard_uniform(gen, tuple(x.shape)) >= p
    xp = namespace(x)
    if p == 1:
        return xp.zeros_like(x)
    keep = float_array("mask", keep, like=x) > 0
    return xp.where(keep, x / (1 - p), xp.zeros_like(x))  # 0 * x would keep an infinite entry
