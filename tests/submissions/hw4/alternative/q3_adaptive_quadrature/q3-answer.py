from scipy.integrate import quad
from scipy.optimize import brentq


def gauss(f):
    return quad(lambda z: f(z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), -9, 9, points=[0])[0]


def sech(u):
    return 1 / np.cosh(u)


def q_star(sw2, sb2, act):
    if act == "relu":
        return 1.0 if sw2 == 2 else sb2 / (1 - sw2 / 2)
    if sb2 == 0 and sw2 <= 1:
        return 0.0
    gap = lambda q: sw2 * gauss(lambda z: np.tanh(np.sqrt(q) * z) ** 2) + sb2 - q
    low = sb2 if sb2 > 0 else min(1e-4, (sw2 - 1) / 4)
    return brentq(gap, low, sw2 + sb2, xtol=1e-12)


def chi1(sw2, sb2, act):
    if act == "relu":
        return sw2 / 2
    q = q_star(sw2, sb2, act)
    return sw2 * gauss(lambda z: sech(np.sqrt(q) * z) ** 4)


def corr_map(c, sw2, sb2, act):
    q = q_star(sw2, sb2, act)
    root = np.sqrt(q)
    if act == "relu":
        theta = np.arccos(np.clip(c, -1, 1))
        mean = q / (2 * np.pi) * (np.sin(theta) + (np.pi - theta) * np.cos(theta))
    else:
        z, w = np.polynomial.hermite.hermgauss(60)
        z, w = np.sqrt(2) * z, w / np.sqrt(np.pi)

        def one(t):
            inner = np.tanh(root * (t * z[:, None] + np.sqrt(1 - t * t) * z)) @ w
            return w @ (np.tanh(root * z) * inner)

        mean = np.vectorize(one, otypes=[float])(c)
    return (sw2 * mean + sb2) / q


def critical_sigma_w2(sb2, act):
    if act == "relu":
        return 2.0
    if sb2 == 0:
        return 1.0
    return brentq(lambda w: chi1(w, sb2, act) - 1, 1, 5, xtol=1e-8)
