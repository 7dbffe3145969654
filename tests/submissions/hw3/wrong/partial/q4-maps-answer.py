maps = dict.fromkeys(["maps", "signs"])
# YOUR CODE HERE
raise NotImplementedError()
