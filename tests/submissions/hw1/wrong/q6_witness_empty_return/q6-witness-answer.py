xor_certificate = []
