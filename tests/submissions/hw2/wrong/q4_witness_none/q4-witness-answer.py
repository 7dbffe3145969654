attraction = {"saddle_start": None, "damping": None}
