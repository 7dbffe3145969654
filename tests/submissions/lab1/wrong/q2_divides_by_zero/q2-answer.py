def clip_by_norm(grads, max_norm):
    """Gradients with a common norm of at most max_norm, and their norm before.

    Args:
        grads: list of float64 arrays.
        max_norm: positive float.

    Returns:
        (clipped, norm): list of arrays, float.
    """
    norm = float(np.sqrt(sum((g**2).sum() for g in grads)))
    scale = max_norm / norm if norm > max_norm else 1.0
    with np.errstate(all="ignore"):
        return [g / np.float64(norm) * min(norm, max_norm) for g in grads], norm
