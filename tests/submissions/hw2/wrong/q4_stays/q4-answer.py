def newton(w, grad, hess, damping):
    return w.copy()
