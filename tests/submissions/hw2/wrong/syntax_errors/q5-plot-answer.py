plt.plot((1,
