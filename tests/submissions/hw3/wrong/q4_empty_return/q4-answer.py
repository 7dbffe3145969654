def count_regions_2d(Ws, bs, box):
    pass
