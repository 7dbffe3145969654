from scipy.optimize import minimize


def linear_svm(X, signs, lam):
    Z = signs[:, None] * X

    def objective(w):
        slack = np.maximum(0, 1 - Z @ w)
        return lam / 2 * (w @ w) + (slack**2).mean(), lam * w - 2 * (slack @ Z) / len(X)

    return minimize(objective, np.zeros(X.shape[1]), jac=True, method="L-BFGS-B").x
