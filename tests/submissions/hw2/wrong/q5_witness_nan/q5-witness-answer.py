limits = {
    "gd": [float("nan")] * 3,
    "start": [float("nan")] * 3,
    "adam": [float("nan")] * 3,
}
