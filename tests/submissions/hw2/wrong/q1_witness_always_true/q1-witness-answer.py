rates = {
    "eta_max": True,
    "eta_star": True,
    "gd": True,
    "hb_eta": True,
    "hb_momentum": True,
    "hb": True,
}
