def perceptron(X, y, max_epochs):
    raise RuntimeError("it worked yesterday")
