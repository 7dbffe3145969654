def step_sgd(w, g, state, t, **hyper):
    raise ValueError("not today")


def step_momentum(w, g, state, t, **hyper):
    raise ValueError("not today")


def step_nesterov(w, grad, state, t, **hyper):
    raise ValueError("not today")


def step_adagrad(w, g, state, t, **hyper):
    raise ValueError("not today")


def step_adadelta(w, g, state, t, **hyper):
    raise ValueError("not today")


def step_rmsprop(w, g, state, t, **hyper):
    raise ValueError("not today")


def step_adam(w, g, state, t, **hyper):
    raise ValueError("not today")
