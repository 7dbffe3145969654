unlucky = {"start": None, "steps": None}
