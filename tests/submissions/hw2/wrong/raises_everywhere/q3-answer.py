def hvp(f, w, v):
    raise ValueError("not today")


def top_eigenvalue(f, w, iters, gen):
    raise KeyError("nor tomorrow")
