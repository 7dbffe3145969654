u = np.array([1.0, 1.0j])
X_complex = np.outer(u, [1.0, 2.0 - 1.0j])
