def newton(w, grad, hess, damping):
    raise RuntimeError("not today")
