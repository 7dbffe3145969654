xor_certificate = (7, 7, 7, 7)
