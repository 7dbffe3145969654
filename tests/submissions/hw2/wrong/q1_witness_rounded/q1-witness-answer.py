rates = {
    "eta_max": 1 / 25,
    "eta_star": 0.0385,
    "gd": 0.9231,
    "hb_eta": 0.0556,
    "hb_momentum": 0.4444,
    "hb": 0.6667,
}
