digits_model = ([], [])
