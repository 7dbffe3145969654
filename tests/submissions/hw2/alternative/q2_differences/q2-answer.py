def step_sgd(w, g, state, t, *, lr):
    return np.subtract(w, np.multiply(lr, g)), {}


def step_momentum(w, g, state, t, *, lr, momentum=0.9):
    before = w if t == 1 else state["before"]
    return w - lr * g + momentum * (w - before), {"before": w}


def step_nesterov(w, grad, state, t, *, lr, momentum=0.9):
    # Nesterov's own two sequences: w is where the gradient steps landed, ahead is the look-ahead.
    before = w if state is None else state["before"]
    ahead = w + momentum * (w - before)
    return ahead - lr * grad(ahead), {"before": w}


def step_adagrad(w, g, state, t, *, lr=0.01, eps=1e-10):
    norm = np.abs(g) if state is None else np.hypot(state["norm"], g)
    return w - lr * g / (norm + eps), {"norm": norm}


def step_adadelta(w, g, state, t, *, rho=0.9, eps=1e-6):
    if state is None:
        state = (np.zeros_like(w), np.zeros_like(w))
    E, D = state
    E = E + (1 - rho) * (g * g - E)
    delta = -g * ((D + eps) / (E + eps)) ** 0.5
    return w + delta, (E, D + (1 - rho) * (delta * delta - D))


def step_rmsprop(w, g, state, t, *, lr=0.01, rho=0.9, eps=1e-8):
    E = np.zeros_like(w) if state is None else state
    E = E + (1 - rho) * (g * g - E)
    return w - lr * g / (E**0.5 + eps), E


def step_adam(w, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    # Sums with total weight alongside: the correction is a division by that total.
    m, a, s, b = (0.0, 0.0, 0.0, 0.0) if state is None else state
    m, a = beta1 * m + g, beta1 * a + 1
    s, b = beta2 * s + g * g, beta2 * b + 1
    return w - lr * (m / a) / (np.sqrt(s / b) + eps), [m, a, s, b]
