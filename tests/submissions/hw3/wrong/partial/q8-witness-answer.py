circuits = dict.fromkeys(["high", "low"])
# YOUR CODE HERE
raise NotImplementedError()
