def linear_svm(X, signs, lam):
    return []
