std_one = dict.fromkeys(["saturated", "chi", "log10_ratio", "exponent", "verdict"])
from scipy.optimize import brentq
from scipy.special import erfc

u_grid, u_step = np.linspace(-400, 400, 400_001, retstep=True)  # resolves the peak at u = 0


def mean_under(values, q):
    """E f(u) for u of variance q, from the values of f on the grid."""
    density = np.exp(-(u_grid**2) / (2 * q)) / np.sqrt(2 * np.pi * q)
    return (values * density).sum() * u_step


def chi_and_q(width):
    """chi1 and q* for weights of standard deviation 1, so sigma_w^2 = width."""
    square, slope = np.tanh(u_grid) ** 2, (1 - np.tanh(u_grid) ** 2) ** 2
    q = brentq(lambda q: width * mean_under(square, q) - q, 0.5 * width, width)
    return width * mean_under(slope, q), q


chi, q = chi_and_q(500)
std_one["chi"] = chi  # 12.1
# P(|tanh u| > 0.99) = P(|u| > artanh 0.99) = erfc(artanh(0.99) / sqrt(2 q)): 0.904
std_one["saturated"] = erfc(np.arctanh(0.99) / np.sqrt(2 * q))
# |dl/dW_l|^2 ~ ms(delta_l) ms(v_{l-1}); ms(v) is the same in all layers, ms(delta) grows by chi in
# each of the nine steps down from layer 10 to layer 1; the norm is the root.
std_one["log10_ratio"] = 4.5 * np.log10(chi)  # 4.87
# q* -> N, so chi -> N (4/3) / sqrt(2 pi N): few units, of order 1/sqrt(N), still let gradients
# pass, but each of the N weights has variance 1, N times what the signal can stand.
std_one["exponent"] = 0.5
std_one["verdict"] = "explode"
for key, value in std_one.items():
    print(f"{key}: {value if key == 'verdict' else round(float(value), 4)}")

(
