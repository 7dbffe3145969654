unlucky = {
    "start": [0.5, -0.5],
    "steps": 80_000,
}
