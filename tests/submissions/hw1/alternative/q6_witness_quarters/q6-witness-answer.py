xor_certificate = np.full(4, 0.25)
