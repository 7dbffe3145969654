unlucky = {
    "start": [0, 0],
    "steps": 40_000,
}
