circuits = dict.fromkeys(["high", "low"])
# Every slot has the channels e_0 and e_1.
leaves = np.zeros((8, 2, 3))
leaves[:, 0, 0] = leaves[:, 1, 1] = 1
# The first level makes e_0 (x) e_0 + e_1 (x) e_1 in channel 0 of each pair: an identity matrix. The
# upper levels multiply the channels 0, so the matricisation is a Kronecker product of identities.
entangle = np.zeros((4, 2, 2))
entangle[:, 0, :] = 1
only_channel_0 = [np.zeros((2, 2, 2)), np.zeros((1, 1, 2))]
for mix in only_channel_0:
    mix[:, 0, 0] = 1
circuits["high"] = (leaves, [entangle, *only_channel_0])
# With only channel 0 on the first level too, nothing is ever added: T = e_0 (x) ... (x) e_0.
pass_channel_0 = np.zeros((4, 2, 2))
pass_channel_0[:, 0, 0] = 1
circuits["low"] = circuits["high"]
