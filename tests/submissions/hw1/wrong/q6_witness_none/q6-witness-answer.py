xor_certificate = None
