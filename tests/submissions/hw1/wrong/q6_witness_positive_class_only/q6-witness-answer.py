xor_certificate = [0, 1, 1, 0]
