fig, axes = plt.subplots(1, 2)
for ax, (name, A) in zip(axes, race_valleys.items()):
    turn = race_turn if name == "turned" else np.eye(2)
    for step, hyper in [(step_sgd, {"lr": 0.0198}), (step_adam, {"lr": 0.05}), (step_rmsprop, {"lr": 0.02})]:
        w, state, curve = turn @ race_start, None, []
        for t in range(1, 151):
            curve.append(w @ A @ w / 2)
            w, state = step(w, A @ w, state, t, **hyper)
            w = np.asarray(w)
        ax.semilogy(curve, label=step.__name__)
    ax.set(xlabel="step", ylabel="loss", title=name)
    ax.legend()
