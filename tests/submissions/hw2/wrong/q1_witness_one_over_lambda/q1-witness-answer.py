rates = {
    "eta_max": 1 / 50,
    "eta_star": 1 / 26,
    "gd": 12 / 13,
    "hb_eta": 1 / 18,
    "hb_momentum": 4 / 9,
    "hb": 2 / 3,
}
