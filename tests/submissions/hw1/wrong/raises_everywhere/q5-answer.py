def decompose(P, H, f_t, sample):
    raise RuntimeError("it worked yesterday")
