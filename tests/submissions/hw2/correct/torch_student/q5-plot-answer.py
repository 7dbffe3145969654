w = np.zeros(2)
points = [w]
for _ in range(100):
    w = w - 0.02 * (w @ [1, 2] - 5) * np.array([1.0, 2.0])
    points.append(w)
u = np.zeros(2)
m = s = np.zeros(2)
way = [u]
for t in range(1, 3001):
    g = (u @ [1, 2] - 5) * np.array([1.0, 2.0])
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    u = u - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    way.append(u)
fig, ax = plt.subplots()
ax.plot(*np.array(points).T, label="gradient descent")
ax.plot(*np.array(way).T, label="Adam")
ax.plot([-1, 5], [3, 0], label="solutions")
ax.set_aspect("equal")
ax.set(xlabel="w1", ylabel="w2")
ax.legend()
