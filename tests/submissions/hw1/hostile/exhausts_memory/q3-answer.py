hoard = []
for _ in range(4096):
    hoard.append(bytearray(2**24))  # at most 64 GiB in all, far beyond the limit
