def newton(w, grad, hess, damping):
    """The point after one damped Newton step from w.

    Args:
        w: float64 (d,).
        grad: float64 (d,), the gradient at w.
        hess: float64 (d, d), the Hessian at w, symmetric.
        damping: number >= 0, added to every eigenvalue of the Hessian.

    Returns:
        float64 (d,).
    """
    # damping * I shifts every eigenvalue; a number added to the whole matrix would not.
    return w - np.linalg.pinv(hess + damping * np.eye(len(w)), rcond=0.02) @ grad
