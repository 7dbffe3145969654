def path_sum(Ws, x):
    u = Ws[0] @ x
    on = u > 0
    y = Ws[1] @ (on * u)
    return y, len(x) * int(on.sum()) * len(y)
