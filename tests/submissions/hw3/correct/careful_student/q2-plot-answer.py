x = np.linspace(-np.pi, np.pi, 2000)
fig, ax = plt.subplots()
for n in (4, 8, 16):
    c, alpha, knots = (np.asarray(part) for part in relu_interpolant(np.sin, -np.pi, np.pi, n))
    F = c + np.maximum(x[:, None] - knots, 0) @ alpha
    ax.semilogy(x, np.abs(F - np.sin(x)) + 1e-9, label=f"{n} units")
ax.set(xlabel="x", ylabel="error")
ax.legend()
