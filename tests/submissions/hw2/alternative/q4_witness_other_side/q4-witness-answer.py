attraction = {
    "saddle_start": np.array([-0.44, 0.0]),
    "damping": 10.0,
}
