k = 10
negative_opt = dict(
    P=[(0.08, 0.02)] * k,
    H=((0,) * k, (1,) * k),
    f_t=(0,) * k,
    sample=[(3, 1)],
)
