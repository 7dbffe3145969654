eps = 0.1
d = next(d for d in range(1, 100) if 100**d >= 10**6 * d * 100**2)
curse = {
    "nodes": sum(2**level for level in range(3)),
    "cost": np.array([eps**-8, 8 * eps**-2]),
    "crossover": np.int64(d),
    "ternary": [9 // 3 + 9 // 9, 3.0],
    "halving": np.sqrt(2.0) ** 10,
}
