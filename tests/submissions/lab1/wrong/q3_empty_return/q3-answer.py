def start(hidden, seed):
    return {"Ws": [], "bs": []}


def advance(state, X, y, steps, lr, momentum=0.0, batch_size=32, clip=None):
    return state
