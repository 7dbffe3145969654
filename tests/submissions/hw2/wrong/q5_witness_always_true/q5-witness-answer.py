limits = {
    "gd": True,
    "start": True,
    "adam": True,
}
