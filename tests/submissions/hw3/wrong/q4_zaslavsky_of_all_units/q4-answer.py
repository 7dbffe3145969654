def count_regions_2d(Ws, bs, box):
    n = sum(len(b) for b in bs)
    return 1 + n + n * (n - 1) // 2
