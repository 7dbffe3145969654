def count_regions_2d(Ws, bs, box):
    total = 1
    for b in bs:
        n = len(b)
        total *= 1 + n + n * (n - 1) // 2
    return total
