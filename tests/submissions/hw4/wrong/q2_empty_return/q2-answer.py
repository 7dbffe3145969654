def init_weight(fan_in, fan_out, scheme, gen):
    return np.array([])
