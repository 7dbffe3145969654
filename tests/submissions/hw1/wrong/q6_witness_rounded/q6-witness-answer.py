xor_certificate = [0.25, 0.25, 0.26, 0.25]
