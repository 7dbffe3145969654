def newton(w, grad, hess, damping):
    values, vectors = np.linalg.eigh(hess)
    return w - vectors @ ((vectors.T @ grad) / (values + damping))
