"""Learning rates as functions of the step's number t = 1, 2, 3, ..."""

from __future__ import annotations

import math

from tdlcourse._validate import integer, real


def step_decay(t: int, lr: float, every: int, factor: float = 0.1) -> float:
    """lr times `factor` for each `every` steps taken.

    Args:
        t: number of the step, from 1.
        lr: learning rate of the first step, >= 0.
        every: steps between two decays, >= 1.
        factor: in (0, 1].

    Returns:
        The learning rate of step t.

    Raises:
        TypeError: t or every is not an integer.
        ValueError: a number is out of its range.

    Source:
        He et al., CVPR 2016, section 4.2 (factor 0.1); torch's StepLR with epoch t - 1.
    """
    every = integer("every", every, low=1)
    return _rate(lr) * _factor(factor) ** ((_step(t) - 1) // every)


def exponential_decay(t: int, lr: float, factor: float) -> float:
    """lr factor^(t - 1).

    Args:
        t: number of the step, from 1.
        lr: learning rate of the first step, >= 0.
        factor: in (0, 1].

    Returns:
        The learning rate of step t.

    Raises:
        TypeError: t is not an integer.
        ValueError: a number is out of its range.

    Source:
        torch's ExponentialLR with epoch t - 1.
    """
    return _rate(lr) * _factor(factor) ** (_step(t) - 1)


def inverse_time_decay(t: int, lr: float, rate: float = 1.0) -> float:
    """lr / (1 + rate (t - 1)): the sum diverges, the sum of squares converges.

    Args:
        t: number of the step, from 1.
        lr: learning rate of the first step, >= 0.
        rate: positive.

    Returns:
        The learning rate of step t.

    Raises:
        TypeError: t is not an integer.
        ValueError: a number is out of its range.

    Source:
        Robbins & Monro 1951, whose conditions for stochastic approximation these are.
    """
    return _rate(lr) / (1 + real("rate", rate, low=0, open_low=True) * (_step(t) - 1))


def cosine_decay(t: int, lr: float, total: int, final: float = 0.0) -> float:
    """Half a cosine from lr at the first step to `final` after `total` steps, constant afterwards.

    Args:
        t: number of the step, from 1.
        lr: learning rate of the first step, >= 0.
        total: steps until `final` is reached, >= 1.
        final: learning rate at the end, >= 0.

    Returns:
        The learning rate of step t.

    Raises:
        TypeError: t or total is not an integer.
        ValueError: a number is out of its range.

    Source:
        Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
        eq. 5, without restarts; torch's CosineAnnealingLR with epoch t - 1.
    """
    done = min((_step(t) - 1) / integer("total", total, low=1), 1.0)
    final = real("final", final, low=0)
    return final + (_rate(lr) - final) * (1 + math.cos(math.pi * done)) / 2


def linear_warmup(t: int, lr: float, steps: int) -> float:
    """lr t / steps up to step number `steps`, then lr.

    Args:
        t: number of the step, from 1.
        lr: learning rate after the warm-up, >= 0.
        steps: length of the warm-up, >= 1.

    Returns:
        The learning rate of step t.

    Raises:
        TypeError: t or steps is not an integer.
        ValueError: a number is out of its range.

    Source:
        Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2.
    """
    return _rate(lr) * min(_step(t) / integer("steps", steps, low=1), 1.0)


def _step(t: int) -> int:
    return integer("t", t, low=1)


def _rate(lr: float) -> float:
    return real("lr", lr, low=0)


def _factor(factor: float) -> float:
    return real("factor", factor, low=0, high=1, open_low=True)
