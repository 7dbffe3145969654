"""Optimisation: seven first-order steps, Newton, perturbed gradient descent, schedules, clipping.

A step takes the weights w, the gradient g at w, the state it returned last time (None before the
first step) and the number t of the step, 1, 2, 3, ...; it returns new weights and a new state:

    state = None
    for t in range(1, 101):
        w, state = step_adam(w, gradient(w), state, t, lr=0.01)

Nothing is changed in place. Weights are arrays of any shape, numpy or torch.
"""

from tdlcourse.optim._adaptive import step_adadelta, step_adagrad, step_adam, step_rmsprop
from tdlcourse.optim._methods import clip_grad_norm, newton, perturbed_gd
from tdlcourse.optim._schedules import (
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    linear_warmup,
    step_decay,
)
from tdlcourse.optim._steps import step_momentum, step_nesterov, step_sgd

__all__ = [
    "clip_grad_norm",
    "cosine_decay",
    "exponential_decay",
    "inverse_time_decay",
    "linear_warmup",
    "newton",
    "perturbed_gd",
    "step_adadelta",
    "step_adagrad",
    "step_adam",
    "step_decay",
    "step_momentum",
    "step_nesterov",
    "step_rmsprop",
    "step_sgd",
]
