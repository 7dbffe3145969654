def losses(m):
    raise RuntimeError("I give up")
