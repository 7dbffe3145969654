losses = None
