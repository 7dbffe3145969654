rates = {
    "eta_max": 1 / 25,
    "eta_star": 1 / 26,
    "gd": 12 / 13,
    "hb_eta": 1 / 18,
    "hb_momentum": (12 / 13) ** 2,
    "hb": 12 / 13,
}
