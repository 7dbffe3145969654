xor_certificate = [float("nan")] * 4
