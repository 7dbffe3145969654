xor_certificate = [0, 0, 0, 0]
