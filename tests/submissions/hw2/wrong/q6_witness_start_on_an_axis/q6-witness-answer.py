unlucky = {
    "start": [0.5, 0.0],
    "steps": 40_000,
}
