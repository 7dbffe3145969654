a = np.array([1.0, 2.0, 2.0])
w = np.zeros(3)
for _ in range(500):
    w = w - 0.05 * (a @ w - 9) * a

# One coordinate of Adam with eps = 0: m / sqrt(s) is the same for gradients -r and -2r.
u, m, s, lr, t = np.zeros(3), 0, 0, 1e-5, 0
while a @ u < 9:
    t += 1
    g = (a @ u - 9) * a
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    u = u - lr * (m / (1 - 0.9**t)) / np.sqrt(s / (1 - 0.999**t))
    lr = min(lr * 1.001, 1e-3) if 9 - a @ u > 0.1 else 1e-7
limits = {"gd": w, "start": np.array([3, 3, 0]) - 5 * a, "adam": u}
