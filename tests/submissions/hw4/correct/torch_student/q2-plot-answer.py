rng = np.random.default_rng(1)
fig, ax = plt.subplots()
for std, name in [(0.01, "0.01"), (500**-0.5, "1/sqrt(500)"), (1.0, "1")]:
    v, stds = X_deep, []
    for _ in range(10):
        v = np.tanh(v @ rng.normal(scale=std, size=(500, 500)).T)
        stds.append(v.std())
    ax.semilogy(range(1, 11), stds, label=name)
ax.set(xlabel="layer", ylabel="std of activations")
ax.legend()
plt.show()
