X_train, y_train, X_test, y_test = digits_split()
Ws, bs = [np.zeros((10, 64))], [np.zeros(10)]
for _ in range(300):
    loss, dWs, dbs = mlp_loss_grad(Ws, bs, X_train, y_train, "relu")
    Ws, bs = [Ws[0] - 1.0 * dWs[0]], [bs[0] - 1.0 * dbs[0]]
digits_model = (Ws, bs)
