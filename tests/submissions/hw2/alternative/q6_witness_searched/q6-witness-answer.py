values, vectors = np.linalg.eigh(np.array([[0.0, -1.0], [-1.0, 0.0]]))
attracting = vectors[:, values.argmax()]
size = 0.25 * abs(attracting[0])
unlucky = {
    "start": [float(np.sign(attracting[0]) * size), float(np.sign(attracting[1]) * size)],
    "steps": np.int64(40_000),
}
