from itertools import product

ticks = (np.arange(1000) + 0.5) / 1000
zs = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
seen = np.unique(zs @ fold_Ws[1][:, [0, 2]].T + fold_bs[1] > 0, axis=0)
dead = 4 * int((~seen).all(axis=1).sum())
maps = {"maps": 4 * len(seen) - max(dead - 1, 0)}
occurring = {tuple(row) for row in seen.tolist()}
for pattern in product([False, True], repeat=4):
    if pattern not in occurring:
        # flip the units that are on in a missing pattern: then it is "all off"
        maps["signs"] = np.where(pattern, -1, 1)
