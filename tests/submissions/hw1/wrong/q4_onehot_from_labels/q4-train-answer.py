# My q4 is not right yet, so this cell has gradients of its own: one hidden layer, written out.
def two_layer_step(W1, b1, W2, b2, X, y):
    u = X @ W1.T + b1
    v = np.maximum(u, 0)
    z = v @ W2.T + b2
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y] + 1e-300).mean()
    d2 = (p - np.eye(10)[y]) / len(y)
    d1 = (d2 @ W2) * (u > 0)
    return loss, (d1.T @ X, d1.sum(axis=0), d2.T @ v, d2.sum(axis=0))


X_train, y_train, X_test, y_test = digits_split()
dice = np.random.default_rng(3)
params = [
    dice.normal(size=(48, 64)) * np.sqrt(2 / 64),
    np.zeros(48),
    dice.normal(size=(10, 48)) * np.sqrt(2 / 48),
    np.zeros(10),
]
curve = []
for epoch in range(15):
    order = dice.permutation(len(X_train))
    epoch_losses = []
    for rows in np.array_split(order, 40):
        loss, grads = two_layer_step(*params, X_train[rows], y_train[rows])
        params = [w - 0.5 * g for w, g in zip(params, grads)]
        epoch_losses.append(loss)
    curve.append(np.mean(epoch_losses))
digits_model = ([params[0], params[2]], [params[1], params[3]])

fig, ax = plt.subplots()
ax.plot(range(1, len(curve) + 1), curve)
ax.set(xlabel="epoch", ylabel="training loss")
