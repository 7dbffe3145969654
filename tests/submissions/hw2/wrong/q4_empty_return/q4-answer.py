def newton(w, grad, hess, damping):
    return np.zeros(0)
