def path_sum(Ws, x):
    pass
