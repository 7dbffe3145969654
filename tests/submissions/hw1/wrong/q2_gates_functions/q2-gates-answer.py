gates = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "delay": lambda a: a,
    "detector": lambda now, before: now and before,
}
