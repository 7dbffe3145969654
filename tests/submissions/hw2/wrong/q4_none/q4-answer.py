def newton(w, grad, hess, damping):
    pass
