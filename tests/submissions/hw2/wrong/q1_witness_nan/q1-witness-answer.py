rates = {
    "eta_max": float("nan"),
    "eta_star": float("nan"),
    "gd": float("nan"),
    "hb_eta": float("nan"),
    "hb_momentum": float("nan"),
    "hb": float("nan"),
}
