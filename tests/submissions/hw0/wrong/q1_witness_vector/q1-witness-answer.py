X_complex = np.array([1.0, 1.0j])
