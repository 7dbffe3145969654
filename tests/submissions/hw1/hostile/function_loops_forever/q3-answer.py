def losses(m):
    while True:
        pass
