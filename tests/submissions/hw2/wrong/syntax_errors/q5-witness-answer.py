answer = (1,
