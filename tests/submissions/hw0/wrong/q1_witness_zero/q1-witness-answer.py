X_complex = np.zeros((2, 2), dtype=complex)
