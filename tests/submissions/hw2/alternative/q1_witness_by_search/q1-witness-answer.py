# Both discriminants vanish: 1 + m - 2 eta = 2 sqrt m and 1 + m - 50 eta = -2 sqrt m.
# Adding and subtracting: 1 + m = 26 eta, 2 sqrt m = 24 eta; so eta solves 1 + 144 eta^2 = 26 eta.
eta = (26 - np.sqrt(26**2 - 4 * 144)) / (2 * 144)
rates = {
    "eta_max": 0.04,
    "eta_star": 1 / 26,
    "gd": 24 / 26,
    "hb_eta": eta,
    "hb_momentum": 26 * eta - 1,
    "hb": 12 * eta,
}
