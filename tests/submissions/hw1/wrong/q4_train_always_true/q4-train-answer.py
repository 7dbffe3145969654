digits_model = True
