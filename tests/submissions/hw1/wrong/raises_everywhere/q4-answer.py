def mlp_loss_grad(Ws, bs, X, y, act):
    raise RuntimeError("it worked yesterday")
