def newton(w, grad, hess, damping):
    step, rest = np.zeros(len(w)), np.array(grad)
    direction = rest
    for _ in range(20 * len(w) + 20):
        if np.linalg.norm(rest) <= 1e-14 * np.linalg.norm(grad):
            break
        image = hess @ direction + damping * direction
        length = (rest @ rest) / (direction @ image)
        step = step + length * direction
        new = rest - length * image
        direction = new + (new @ new) / (rest @ rest) * direction
        rest = new
    return w - step
