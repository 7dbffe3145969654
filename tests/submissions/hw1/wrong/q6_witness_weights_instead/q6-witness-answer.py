xor_certificate = [1.0, 1.0, -1.5]
