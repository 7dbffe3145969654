X_complex = np.zeros((0, 2), dtype=complex)
