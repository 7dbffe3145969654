def count_regions_2d(Ws, bs, box):
    n = len(bs[-1])
    folds = 1
    for b in bs[:-1]:
        folds *= (len(b) // 2) ** 2
    return folds * (1 + n + n * (n - 1) // 2)
