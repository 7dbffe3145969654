import math


def clip_by_norm(grads, max_norm):
    norm = math.hypot(*[np.linalg.norm(g.ravel()) for g in grads])
    return [g / max(1.0, norm / max_norm) for g in grads], norm
