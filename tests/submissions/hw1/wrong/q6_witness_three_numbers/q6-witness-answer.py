xor_certificate = [1, 1, 1]
