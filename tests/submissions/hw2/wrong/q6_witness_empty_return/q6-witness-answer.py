unlucky = {}
