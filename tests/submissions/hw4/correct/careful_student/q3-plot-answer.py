ws, bs = np.linspace(0.2, 4, 12), np.linspace(0.05, 1, 8)
values = [[float(chi1(w, b, "tanh")) for w in ws] for b in bs]
plt.contourf(ws, bs, np.log(values), levels=20, cmap="RdBu_r")
plt.plot([float(critical_sigma_w2(b, "tanh")) for b in bs], bs, "k")
plt.xlabel("sigma_w^2")
plt.ylabel("sigma_b^2")
