X_complex = np.array([[3.0], [4.0], [5.0j]])
