def newton(w, grad, hess, damping):
    return w * float("nan")
