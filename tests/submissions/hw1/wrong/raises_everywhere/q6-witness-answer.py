raise RuntimeError("it worked yesterday")
