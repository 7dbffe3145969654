def linear_svm(X, signs, lam):
    from sklearn.svm import LinearSVC

    model = LinearSVC(loss="hinge", C=1 / (lam * len(X)), fit_intercept=False, max_iter=100000)
    return model.fit(X, signs).coef_[0]
