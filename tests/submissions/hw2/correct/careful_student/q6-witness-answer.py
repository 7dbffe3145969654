x = 1 / 3
unlucky = {"start": np.array([-x, x]), "steps": 2 * 4 * 100**2 // 2}
