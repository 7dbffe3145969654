X_train, y_train, X_test, y_test = digits_split()
dice = np.random.default_rng(42)
sizes = [64, 80, 10]
Ws = [dice.normal(0, np.sqrt(2 / i), (o, i)) for i, o in zip(sizes, sizes[1:])]
bs = [np.zeros(o) for o in sizes[1:]]
vW, vb = [0 * W for W in Ws], [0 * b for b in bs]
curve = []
for step in range(150):
    loss, dWs, dbs = mlp_loss_grad(Ws, bs, X_train, y_train, "relu")
    curve.append(loss)
    for k in range(len(Ws)):
        vW[k] = 0.9 * vW[k] - 0.2 * dWs[k]
        vb[k] = 0.9 * vb[k] - 0.2 * dbs[k]
        Ws[k] = Ws[k] + vW[k]
        bs[k] = bs[k] + vb[k]
digits_model = [Ws, bs]

fig, ax = plt.subplots()
ax.plot(curve)
ax.set(xlabel="step", ylabel="training loss")
h = X_test
for W, b in zip(Ws[:-1], bs[:-1]):
    h = np.maximum(h @ W.T + b, 0)
print("held-out accuracy", np.mean((h @ Ws[-1].T + bs[-1]).argmax(1) == y_test))
