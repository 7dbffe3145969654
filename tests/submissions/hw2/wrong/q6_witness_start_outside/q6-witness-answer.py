unlucky = {
    "start": [3, -3],
    "steps": 40_000,
}
