# q* = N (1 - 2 / sqrt(2 pi q*)): E tanh^2 = 1 - E sech^2, and sech^2 integrates to 2
q_hand = 500.0
for _ in range(50):
    q_hand = 500 * (1 - 2 / np.sqrt(2 * np.pi * q_hand))
chi_hand = 500 * (4 / 3) / np.sqrt(2 * np.pi * q_hand)  # sech^4 integrates to 4/3
# density of u at 0 times the window of |tanh u| <= 0.99
outside = 2 * np.arctanh(0.99) / np.sqrt(2 * np.pi * q_hand)
std_one = dict(saturated=1 - outside, chi=chi_hand, exponent=1 / 2, verdict="explode")
std_one["log10_ratio"] = 9 / 2 * np.log10(chi_hand)
