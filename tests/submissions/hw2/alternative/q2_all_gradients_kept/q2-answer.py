def step_sgd(w, g, state, t, *, lr):
    return w - lr * g, state


def step_momentum(w, g, state, t, *, lr, momentum=0.9):
    past = [] if state is None else list(state)
    past.append(lr * g)
    return w - sum(momentum ** (len(past) - 1 - k) * x for k, x in enumerate(past)), past


def step_nesterov(w, grad, state, t, *, lr, momentum=0.9):
    past = [] if state is None else list(state)
    v = sum((momentum ** (len(past) - 1 - k) * x for k, x in enumerate(past)), 0 * w)
    past.append(lr * grad(w - momentum * v))
    return w - momentum * v - past[-1], past


def step_adagrad(w, g, state, t, *, lr=0.01, eps=1e-10):
    past = [] if state is None else list(state)
    past.append(g.copy())
    return w - lr * g / (np.linalg.norm(np.array(past), axis=0) + eps), past


def mean_of(past, beta):
    ages = np.arange(len(past))[::-1]
    return np.tensordot((1 - beta) * beta**ages, np.array(past), axes=1)


def step_adadelta(w, g, state, t, *, rho=0.9, eps=1e-6):
    squares, moves = ([], []) if state is None else (list(state[0]), list(state[1]))
    squares.append(g**2)
    earlier = mean_of(moves, rho) if moves else 0 * w
    move = np.sqrt((earlier + eps) / (mean_of(squares, rho) + eps)) * g
    moves.append(move**2)
    return w - move, (squares, moves)


def step_rmsprop(w, g, state, t, *, lr=0.01, rho=0.9, eps=1e-8):
    past = [] if state is None else list(state)
    past.append(g**2)
    return w - lr * g / np.sqrt(mean_of(past, rho) + eps), past


def step_adam(w, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    past = [] if state is None else list(state)
    past.append(g.copy())
    mean = mean_of(past, beta1) / (1 - beta1**t)
    square = mean_of(np.square(past), beta2) / (1 - beta2**t)
    return w - lr * mean / (np.sqrt(square) + eps), past
