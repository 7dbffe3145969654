unlucky = {
    "start": [0.5, -0.500001],
    "steps": 40_000,
}
