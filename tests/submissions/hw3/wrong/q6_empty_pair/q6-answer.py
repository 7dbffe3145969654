def path_sum(Ws, x):
    return [], 0
