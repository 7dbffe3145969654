def step_sgd(w, g, state, t, **hyper):
    return w * float("nan"), state


def step_momentum(w, g, state, t, **hyper):
    return w * float("nan"), state


def step_nesterov(w, grad, state, t, **hyper):
    return w * float("nan"), state


def step_adagrad(w, g, state, t, **hyper):
    return w * float("nan"), state


def step_adadelta(w, g, state, t, **hyper):
    return w * float("nan"), state


def step_rmsprop(w, g, state, t, **hyper):
    return w * float("nan"), state


def step_adam(w, g, state, t, **hyper):
    return w * float("nan"), state
