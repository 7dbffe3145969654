t = np.linspace(0, 1, 200)
P = np.stack(np.meshgrid(t, t), -1)
H1 = np.maximum(P @ fold_Ws[0].T + fold_bs[0], 0)
H2 = H1 @ fold_Ws[1].T + fold_bs[1]
fig, ax = plt.subplots()
ax.imshow(np.maximum(H2, 0) @ readout_w, origin="lower", extent=(0, 1, 0, 1))
for k in range(4):
    ax.contour(t, t, H2[..., k], levels=[0], colors="w")
ax.set_title(str(count_regions_2d(fold_Ws, fold_bs, ((0, 1), (0, 1)))))
