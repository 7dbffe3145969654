def step_sgd(w, g, state, t, *, lr):
    """One step of (stochastic) gradient descent: the new weights and the new state."""
    return w - lr * g, None


def step_momentum(w, g, state, t, *, lr, momentum=0.9):
    """One step of momentum (heavy ball): the new weights and the new state."""
    v = 0 if state is None else state["v"]
    v = momentum * v + lr * g  # a new array: the old one belongs to the caller
    return w - v, {"v": v}


def step_nesterov(w, grad, state, t, *, lr, momentum=0.9):
    """One step of Nesterov's accelerated gradient; grad is the gradient as a function of w."""
    v = 0 if state is None else state["v"]
    v = momentum * v + lr * grad(w - momentum * v)  # jump first, then look where we are
    return w - v, {"v": v}


def step_adagrad(w, g, state, t, *, lr=0.01, eps=1e-10):
    """One step of Adagrad: the new weights and the new state."""
    total = (0 if state is None else state["total"]) + g**2  # a sum: steps only get shorter
    return w - lr * g / np.sqrt(total + eps), {"total": total}


def step_adadelta(w, g, state, t, *, rho=0.9, eps=1e-6):
    """One step of Adadelta: the new weights and the new state."""
    squares, moves = (0, 0) if state is None else (state["squares"], state["moves"])
    squares = rho * squares + (1 - rho) * g**2
    # The numerator is the memory of the *earlier* moves, in the units of w; this one is not known.
    move = np.sqrt(moves + eps) / np.sqrt(squares + eps) * g
    moves = rho * moves + (1 - rho) * move**2
    return w - move, {"squares": squares, "moves": moves}


def step_rmsprop(w, g, state, t, *, lr=0.01, rho=0.9, eps=1e-8):
    """One step of RMSprop: the new weights and the new state."""
    squares = 0 if state is None else state["squares"]
    squares = rho * squares + (1 - rho) * g**2  # Adagrad's sum, made to forget
    return w - lr * g / (np.sqrt(squares) + eps), {"squares": squares}


def step_adam(w, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam: the new weights and the new state."""
    m, s = (0, 0) if state is None else (state["m"], state["s"])
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    # Both means started at 0: after t steps their weights add up to 1 - beta^t, not to 1.
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(s) + eps), {"m": m, "s": s}
