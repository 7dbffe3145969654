import math


def entrywise(f, *arrays):
    """f on every entry; several results become several arrays."""
    shape = np.shape(arrays[0])
    rows = [f(*(float(x) for x in entry)) for entry in zip(*(np.ravel(a) for a in arrays))]
    return [np.array(column, dtype=float).reshape(shape) for column in zip(*rows)]


def step_sgd(w, g, state, t, *, lr):
    return entrywise(lambda w, g: (w - lr * g,), w, g)[0], None


def step_momentum(w, g, state, t, *, lr, momentum=0.9):
    v = np.zeros(np.shape(w)) if t == 1 else state
    new, v = entrywise(lambda w, g, v: (w - momentum * v - lr * g, momentum * v + lr * g), w, g, v)
    return new, v


def step_nesterov(w, grad, state, t, *, lr, momentum=0.9):
    v = np.zeros(np.shape(w)) if t == 1 else state
    g = np.asarray(grad(entrywise(lambda w, v: (w - momentum * v,), w, v)[0]))
    new, v = entrywise(lambda w, g, v: (w - momentum * v - lr * g, momentum * v + lr * g), w, g, v)
    return new, v


def step_adagrad(w, g, state, t, *, lr=0.01, eps=1e-10):
    G = np.zeros(np.shape(w)) if t == 1 else state
    G = entrywise(lambda G, g: (G + g * g,), G, g)[0]
    return entrywise(lambda w, g, G: (w - lr * g / math.sqrt(G + eps),), w, g, G)[0], G


def step_adadelta(w, g, state, t, *, rho=0.9, eps=1e-6):
    E, D = (np.zeros(np.shape(w)),) * 2 if t == 1 else state

    def one(w, g, E, D):
        E = rho * E + (1 - rho) * g * g
        move = math.sqrt(D + eps) / math.sqrt(E + eps) * g
        return w - move, E, rho * D + (1 - rho) * move * move

    w, E, D = entrywise(one, w, g, E, D)
    return w, (E, D)


def step_rmsprop(w, g, state, t, *, lr=0.01, rho=0.9, eps=1e-8):
    E = np.zeros(np.shape(w)) if t == 1 else state
    E = entrywise(lambda E, g: (rho * E + (1 - rho) * g * g,), E, g)[0]
    return entrywise(lambda w, g, E: (w - lr * g / (math.sqrt(E) + eps),), w, g, E)[0], E


def step_adam(w, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = (np.zeros(np.shape(w)),) * 2 if t == 1 else state
    c1 = -math.expm1(t * math.log(beta1)) if beta1 > 0 else 1.0
    c2 = -math.expm1(t * math.log(beta2)) if beta2 > 0 else 1.0

    def one(w, g, m, s):
        m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g * g
        return w - lr * (m / c1) / (math.sqrt(s / c2) + eps), m, s

    w, m, s = entrywise(one, w, g, m, s)
    return w, (m, s)
