def cover_count(n, d):
    raise RuntimeError("it worked yesterday")


def is_separable(X, y):
    raise RuntimeError("it worked yesterday")
