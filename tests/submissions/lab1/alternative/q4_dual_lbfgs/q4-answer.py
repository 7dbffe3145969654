from scipy.optimize import minimize


def linear_svm(X, signs, lam):
    Z = signs[:, None] * X
    n = len(Z)

    def dual(a):
        w = Z.T @ a / (lam * n)
        return lam / 2 * w @ w - a.mean(), (Z @ w - 1) / n

    options = {"maxiter": 3000, "maxfun": 9000, "ftol": 1e-14, "gtol": 1e-10}
    found = minimize(dual, np.zeros(n), jac=True, method="L-BFGS-B", bounds=[(0, 1)] * n, options=options)
    return Z.T @ found.x / (lam * n)
