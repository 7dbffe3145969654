unlucky = {
    "start": [float("nan"), 0.5],
    "steps": 40_000,
}
