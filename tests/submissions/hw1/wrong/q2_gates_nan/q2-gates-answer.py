nan, inf = float("nan"), float("inf")
gates = {
    "and": ([nan, nan], nan),
    "or": ([inf, inf], inf),
    "delay": ([inf], inf),
    "detector": ([nan], [[nan]], [nan]),
}
