# Unit 1 fires while the signal is silent (NOT x), unit 2 while it is not, unit 3 never. Unit 4 needs
# the signal now and unit 2, and is vetoed by unit 1.
v = (-1, 1, 0, 3)
W = (
    (0, 0, 0, 0),
    (0, 0, 0, 0),
    (0, 0, 0, 0),
    (-100, 2, 0, 0),
)
theta = (0, 1, 7, 5)
gates = {
    "and": ((3, 2.5), 5.5),
    "or": ((3, 2.5), 2),
    "delay": ((0.1,), 0.05),
    "detector": (v, W, theta),
}
