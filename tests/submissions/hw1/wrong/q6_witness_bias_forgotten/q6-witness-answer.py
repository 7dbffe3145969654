xor_certificate = [2, 1, 1, 1]
