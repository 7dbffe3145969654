perceptron = None
