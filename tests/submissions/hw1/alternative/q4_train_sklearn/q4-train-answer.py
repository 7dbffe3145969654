import warnings

from sklearn.neural_network import MLPClassifier

X_train, y_train, X_test, y_test = digits_split()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    net = MLPClassifier((64,), max_iter=40, learning_rate_init=0.01, random_state=0).fit(X_train, y_train)
digits_model = ([C.T for C in net.coefs_], list(net.intercepts_))

fig, ax = plt.subplots()
ax.plot(net.loss_curve_)
ax.set(xlabel="epoch", ylabel="training loss")
