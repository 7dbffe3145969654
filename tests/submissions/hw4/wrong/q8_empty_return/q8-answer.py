std_one = {}
