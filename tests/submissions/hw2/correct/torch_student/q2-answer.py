def as_tensors(w, g):
    return torch.tensor(w, dtype=torch.float64), torch.tensor(g, dtype=torch.float64)


def memory(state, name, like):
    return torch.zeros_like(like) if state is None else torch.as_tensor(state[name])


def step_sgd(w, g, state, t, *, lr):
    w, g = as_tensors(w, g)
    return w - lr * g, None


def step_momentum(w, g, state, t, *, lr, momentum=0.9):
    w, g = as_tensors(w, g)
    v = momentum * memory(state, "v", w) + g
    return w - lr * v, {"v": v}


def step_nesterov(w, grad, state, t, *, lr, momentum=0.9):
    w, g = as_tensors(w, np.asarray(grad(np.array(w))))
    v = momentum * memory(state, "v", w) + lr * g
    return w - lr * g - momentum * v, {"v": v}


def step_adagrad(w, g, state, t, *, lr=0.01, eps=1e-10):
    w, g = as_tensors(w, g)
    G = memory(state, "G", w).addcmul(g, g)
    return w.addcdiv(g, G.sqrt() + eps, value=-lr), {"G": G}


def step_adadelta(w, g, state, t, *, rho=0.9, eps=1e-6):
    w, g = as_tensors(w, g)
    E, D = memory(state, "E", w), memory(state, "D", w)
    E = E.lerp(g.square(), 1 - rho)
    delta = (D + eps).sqrt() * (E + eps).rsqrt() * g
    return w - delta, {"E": E, "D": D.lerp(delta.square(), 1 - rho)}


def step_rmsprop(w, g, state, t, *, lr=0.01, rho=0.9, eps=1e-8):
    w, g = as_tensors(w, g)
    E = memory(state, "E", w).lerp(g.square(), 1 - rho)
    return w - lr * g * (E + eps).rsqrt(), {"E": E}


def step_adam(w, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    w, g = as_tensors(w, g)
    m = memory(state, "m", w).lerp(g, 1 - beta1)
    s = memory(state, "s", w).lerp(g.square(), 1 - beta2)
    root = (s / (1 - beta2**t)).sqrt()
    return w - (lr / (1 - beta1**t)) * m / (root + eps), {"m": m, "s": s}
