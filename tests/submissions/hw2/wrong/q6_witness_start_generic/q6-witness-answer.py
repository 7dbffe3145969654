unlucky = {
    "start": [0.5, -0.4],
    "steps": 40_000,
}
