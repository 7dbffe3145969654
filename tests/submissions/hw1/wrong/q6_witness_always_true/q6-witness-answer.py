xor_certificate = True
