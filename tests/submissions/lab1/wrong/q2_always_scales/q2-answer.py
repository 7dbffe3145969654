def clip_by_norm(grads, max_norm):
    """Gradients with a common norm of at most max_norm, and their norm before.

    Args:
        grads: list of float64 arrays.
        max_norm: positive float.

    Returns:
        (clipped, norm): list of arrays, float.
    """
    norm = float(np.sqrt(sum((g**2).sum() for g in grads)))
    scale = max_norm / norm if norm > 0 else 1.0
    return [scale * g for g in grads], norm
