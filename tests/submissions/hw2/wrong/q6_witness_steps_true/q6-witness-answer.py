unlucky = {
    "start": True,
    "steps": True,
}
