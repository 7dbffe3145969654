def hvp(f, w, v):
    pass


def top_eigenvalue(f, w, iters, gen):
    pass
