xor_certificate = np.ones((4, 1))
