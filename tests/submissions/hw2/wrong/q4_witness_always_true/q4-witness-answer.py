attraction = {
    "saddle_start": True,
    "damping": float("nan"),
}
