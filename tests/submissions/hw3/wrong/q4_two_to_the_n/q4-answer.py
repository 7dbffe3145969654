def count_regions_2d(Ws, bs, box):
    return 2 ** sum(len(b) for b in bs)
