rates = {
    "eta_max": 1 / 25,
    "eta_star": 1 / 26,
    "gd": (12 / 13) ** 2,
    "hb_eta": 1 / 18,
    "hb_momentum": 4 / 9,
    "hb": 2 / 3,
}
