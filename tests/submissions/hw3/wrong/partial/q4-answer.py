def count_regions_2d(Ws, bs, box):
    """The number of activation regions of a ReLU network with two inputs in a box.

    Args:
        Ws: list of float64 arrays, the hidden layers' weights (outputs, inputs).
        bs: list of float64 arrays, their biases (outputs,).
        box: ((x_min, x_max), (y_min, y_max)).

    Returns:
        int.
    """
    # YOUR CODE HERE
    raise NotImplementedError()
