def count_regions_2d(Ws, bs, box):
    """The number of activation regions of a ReLU network with two inputs in a box.

    Args:
        Ws: list of float64 arrays, the hidden layers' weights (outputs, inputs).
        bs: list of float64 arrays, their biases (outputs,).
        box: ((x_min, x_max), (y_min, y_max)).

    Returns:
        int.
    """
    (left, right), (low, high) = box
    corners = np.array([[left, low], [right, low], [right, high], [left, high]], dtype=float)
    tolerance = 1e-11 * max(right - left, high - low)
    # A cell is a convex polygon, with A and c such that the layers so far compute A x + c on it.
    cells = [(corners, np.eye(2), np.zeros(2))]
    for W, b in zip(Ws, [bs[0], *(0 * b for b in bs[1:])], strict=True):
        cells = [new for cell in cells for new in cells_after_layer(cell, W, b, tolerance)]
    return len(cells)


def cells_after_layer(cell, W, b, tolerance):
    """The cells into which one layer cuts a cell on which its inputs are affine."""
    polygon, A, c = cell
    A, c = W @ A, W @ c + b  # pre-activations on this cell
    polygons = [polygon]
    for gradient, constant in zip(A, c, strict=True):
        polygons = [part for p in polygons for part in cut(p, gradient, constant, tolerance)]
    after = []
    for p in polygons:
        on = A @ p.mean(axis=0) + c > 0  # the mean of the corners lies inside
        after.append((p, A * on[:, None], c * on))
    return after


def cut(polygon, gradient, constant, tolerance):
    """The one or two parts of a convex polygon on both sides of a line."""
    length = np.linalg.norm(gradient)
    if length == 0:
        return [polygon]  # this unit is constant here
    g = (polygon @ gradient + constant) / length  # signed distances of the corners to the line
    g[np.abs(g) <= tolerance] = 0  # on the line
    if g.min() >= 0 or g.max() <= 0:
        return [polygon]
    positive, negative = [], []
    for i in range(len(polygon)):
        here, before = polygon[i], polygon[i - 1]
        if g[i] * g[i - 1] < 0:  # the edge from the corner before to this one is crossed
            crossing = before + (here - before) * g[i - 1] / (g[i - 1] - g[i])
            positive.append(crossing)
            negative.append(crossing)
        if g[i] >= 0:
            positive.append(here)
        if g[i] <= 0:
            negative.append(here)
    return [np.array(positive), np.array(negative)]
