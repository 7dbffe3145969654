def losses(m):
    raise RuntimeError("it worked yesterday")
