"""Checks every number and formula of homework 2 in a way of its own; prints one line for each.

Run from the course folder:  python docs/derivations/hw2_check.py   (about five seconds)
What each line belongs to is said in docs/derivations/hw2.md. Nothing here is a step function of the
model solution: optimisers are compared with torch.optim, Hessians with torch.func.hessian, rates
with numerical minimisation, limits with long runs.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from pathlib import Path

import numpy as np
import scipy.optimize
import torch

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(2)


def line(name: str, found: float, wanted: float, tolerance: float) -> None:
    """Print one comparison and stop if it fails."""
    verdict = "ok" if abs(found - wanted) <= tolerance else "FAILED"
    print(f"{verdict:7}{name:68}{found:.10g}  (expected {wanted:.10g})")
    if verdict != "ok":
        raise SystemExit(1)


def below(name: str, found: float, bound: float) -> None:
    """Print one error and stop if it is not below its bound."""
    verdict = "ok" if found <= bound else "FAILED"
    print(f"{verdict:7}{name:68}{found:.2e}  (at most {bound:.0e})")
    if verdict != "ok":
        raise SystemExit(1)


def checks_of_q2():
    """The module of hidden tests whose closed forms are to be checked."""
    path = ROOT / "autograder" / "checks" / "hw2" / "test_q2.py"
    spec = importlib.util.spec_from_file_location("hw2_q2", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def torch_path(optimiser, w, gradients, **hyper):
    """Iterates of a torch optimiser on prescribed gradients, or on a gradient function."""
    p = torch.nn.Parameter(torch.tensor(w))
    opt, path = optimiser([p], **hyper), []
    for g in gradients:
        p.grad = torch.tensor(g(p.detach().numpy()) if callable(g) else g)
        opt.step()
        path.append(p.detach().numpy().copy())
    return np.array(path)


def q0() -> None:
    g, tiny = 3e-4, 1.6e-7
    line(
        "q0 adagrad_slide: root of the sum with the constant",
        g / math.sqrt(g * g + tiny),
        0.6,
        1e-12,
    )
    line("q0 adagrad_slide: the other formula", g / (g + tiny), 0.9995, 5e-5)
    v = 0.0
    for _ in range(2000):
        v = 0.95 * v + 1
    line("q0 momentum_terminal: 2000 steps", v, 20, 1e-9)
    m, s = 0.1 * g, 0.0001 * g * g
    line("q0 adam_uncorrected: first step in units of lr", m / math.sqrt(s), 10, 1e-9)
    line("q0 weights_per_core", 1e9 / 16_000, 62_500, 0)
    X, w, y = RNG.normal(size=(500, 3)), RNG.normal(size=3), RNG.normal(size=500)
    total, mean = X.T @ (X @ w - y), X.T @ (X @ w - y) / 500
    below("q0 gd_sum: 2e-4 * sum against 0.1 * mean", abs(2e-4 * total - 0.1 * mean).max(), 1e-12)
    invariance()


def invariance() -> None:
    """q0 rescale: which iterates change when the loss is multiplied by 1000."""
    A = np.diag([1.0, 3.0])
    rules = {
        "A": (torch.optim.SGD, {"lr": 1e-4}),
        "B": (torch.optim.SGD, {"lr": 1e-4, "momentum": 0.9}),
        "C": (torch.optim.Adagrad, {"lr": 0.1, "eps": 0.0}),
        "D": (torch.optim.RMSprop, {"lr": 0.1, "eps": 0.0}),
        "E": (torch.optim.Adam, {"lr": 0.1, "eps": 0.0}),
        "G": (torch.optim.SGD, {"lr": 1e-4, "momentum": 0.9, "nesterov": True}),
    }
    same = {"F"}  # (1000 H)^-1 1000 g = H^-1 g
    for letter, (optimiser, hyper) in rules.items():
        ends = [
            torch_path(optimiser, np.ones(2), [lambda w, c=c: c * (A @ w)] * 9, **hyper)[-1]
            for c in (1.0, 1000.0)
        ]
        same |= {letter} if np.allclose(*ends, rtol=1e-9) else set()
    line("q0 rescale: CDEF and no other", float("".join(sorted(same)) == "CDEF"), 1, 0)


def q1() -> None:
    for kappa in (4.0, 25.0, 100.0):
        best = scipy.optimize.minimize_scalar(
            lambda eta, k=kappa: max(abs(1 - eta), abs(1 - eta * k)),
            bounds=(0, 2 / kappa),
            method="bounded",
            options={"xatol": 1e-14},
        )
        line(f"q1 (b) kappa {kappa:g}: best rate by search", best.x, 2 / (1 + kappa), 1e-6)
        line(f"q1 (b) kappa {kappa:g}: its factor", best.fun, (kappa - 1) / (kappa + 1), 1e-5)
        root = math.sqrt(kappa)
        eta, gamma, rho = (
            4 / (root + 1) ** 2,
            ((root - 1) / (root + 1)) ** 2,
            (root - 1) / (root + 1),
        )
        radii = [spectral_radius(eta, gamma, lam) for lam in np.linspace(1, kappa, 201)]
        # At the ends the root is double, so eigvals is only right to the root of 1e-16.
        line(f"q1 (c) kappa {kappa:g}: largest spectral radius", max(radii), rho, 1e-7)
        line(f"q1 (c) kappa {kappa:g}: smallest spectral radius", min(radii), rho, 1e-7)
    M = companion(4 / 121, 81 / 121, 1.0)
    line(
        "q1 (d) kappa 100: norm of the 50th power",
        np.linalg.norm(np.linalg.matrix_power(M, 50), 2),
        4.5e-3,
        5e-5,
    )
    line("q1 (d) kappa 100: 50th power of the radius", (9 / 11) ** 50, 4.4e-5, 5e-7)
    growth = [
        np.linalg.norm(np.linalg.matrix_power(M, k), 2) * (11 / 9) ** k / k for k in (200, 400)
    ]
    line("q1 (d) |M^k| / (k rho^k) settles", growth[1] / growth[0], 1, 1e-2)
    line("q1 steps for one digit, gradient descent", math.log(10) / -math.log(99 / 101), 115, 0.5)
    line("q1 steps for one digit, heavy ball", math.log(10) / -math.log(9 / 11), 11.5, 0.05)
    small, large = np.linalg.eigvalsh([[26.0, 24.0], [24.0, 26.0]])
    line("q1-witness smallest eigenvalue", small, 2, 1e-12)
    line("q1-witness largest eigenvalue", large, 50, 1e-12)
    line(
        "q1-witness heavy ball: radius by eigvals",
        spectral_radius(1 / 18, 4 / 9, 26.0),
        2 / 3,
        1e-12,
    )
    line("q1-witness eta = 0.04 - 1e-6 converges", float(abs(1 - (0.04 - 1e-6) * 50) < 1), 1, 0)


def companion(eta: float, gamma: float, lam: float):
    return np.array([[1 + gamma - eta * lam, -gamma], [1.0, 0.0]])


def spectral_radius(eta: float, gamma: float, lam: float) -> float:
    return float(abs(np.linalg.eigvals(companion(eta, gamma, lam))).max())


def q2() -> None:
    tests = checks_of_q2()
    for scale in (1.0, 1e-4):
        g, w = scale * RNG.normal(size=(50, 4)), np.zeros(4)
        rates = np.full(50, 0.1)
        cases = [
            ("sgd", tests.sgd_moves(g, rates), torch.optim.SGD, {"lr": 0.1}),
            (
                "momentum",
                tests.momentum_moves(g, rates, 0.9),
                torch.optim.SGD,
                {"lr": 0.1, "momentum": 0.9},
            ),
            (
                "adagrad",
                tests.adagrad_moves(g, rates, 1e-8),
                torch.optim.Adagrad,
                {"lr": 0.1, "eps": 1e-8},
            ),
            (
                "adadelta",
                tests.adadelta_moves(g, rates, 0.9, 1e-6),
                torch.optim.Adadelta,
                {"lr": 1.0, "rho": 0.9, "eps": 1e-6},
            ),
            (
                "rmsprop",
                tests.rmsprop_moves(g, rates, 0.9, 1e-8),
                torch.optim.RMSprop,
                {"lr": 0.1, "alpha": 0.9, "eps": 1e-8},
            ),
            (
                "adam",
                tests.adam_moves(g, rates, 0.9, 0.999, 1e-8),
                torch.optim.Adam,
                {"lr": 0.1, "eps": 1e-8},
            ),
        ]
        for name, conventions, optimiser, hyper in cases:
            right = torch_path(optimiser, w, list(g), **hyper)
            paths = [w - np.cumsum(moves, axis=0) for moves in conventions]
            errors = [tests.deviation(path, right) for path in paths]
            below(
                f"q2 {name}, gradients of size {scale:g}: closest form against torch",
                min(errors) * 1e-9,
                1e-12,
            )
            if len(paths) > 1 and scale < 1 and name != "momentum":
                gap = abs(paths[1] - paths[0]).max() / abs(paths[0]).max()
                print(
                    f"       q2 {name}: eps inside against outside, relative difference {gap:.1e}"
                )
    nesterov()
    adam_without_correction()


def nesterov() -> None:
    """The slide's form, the original two sequences, and torch's parameter."""
    A, lr, gamma = np.diag([0.2, 1.0, 1.5]), 0.3, 0.8
    w = start = RNG.normal(size=3)
    v, behind, ahead, slide, two, look = np.zeros(3), w, w, [], [], []
    for _ in range(50):
        v = gamma * v + lr * A @ (w - gamma * v)
        w = w - v
        slide.append(w)
        look.append(w - gamma * v)
        landed = ahead - lr * A @ ahead
        behind, ahead = landed, landed + gamma * (landed - behind)
        two.append(behind)
    parameter = torch_path(
        torch.optim.SGD, start, [lambda w: A @ w] * 50, lr=lr, momentum=gamma, nesterov=True
    )
    below("q2 Nesterov: slide against the two sequences", abs(np.subtract(slide, two)).max(), 1e-14)
    below("q2 Nesterov: torch's parameter is w - gamma v", abs(parameter - look).max(), 1e-14)
    line(
        "q2 Nesterov: torch's parameter is not w", float(abs(parameter - slide).max() > 1e-3), 1, 0
    )


def adam_without_correction() -> None:
    g = np.ones(50)
    m = np.cumsum(0.9 ** np.arange(50)) * 0.1
    s = np.cumsum(0.999 ** np.arange(50)) * 0.001
    gap = abs(0.1 * np.cumsum(m / np.sqrt(s)) - 0.1 * np.cumsum(g)).max()
    print(f"       q2 Adam without correction: off by {gap:.2f} after 50 steps of length 0.1")


def q3() -> None:
    B, c, w = RNG.normal(size=(6, 4)), RNG.normal(size=6), RNG.normal(size=4)
    T = torch.tensor
    H = torch.func.hessian(lambda x: (T(c) * torch.cos(T(B) @ x)).sum())(T(w)).numpy()
    below(
        "q3 Hessian of the cosine sum", abs(H + B.T @ np.diag(c * np.cos(B @ w)) @ B).max(), 1e-12
    )
    network_hessian()
    bound = 0.85**400 * 1e16 * 100
    below("q3 power iteration: error after 200 steps, worst start of ten million", bound, 1e-9)
    worst = 1.0
    for spectrum in [
        (5.0, 2.0, 1.0, 0.5, 0.1),
        (2.0, 0.3, 0.1, -1.0, -8.0),
        (1.0, -0.5, -0.7, -1.0, -1.1),
        (9.0, 6.0, -3.0),
        (-1.0, -4.0, -9.0),
        (-2.0, -8.0),
        (-0.5, -1.5, -2.0, -3.0),
        (3.0, 1.0, -7.0),
        (4.0, 1.0, -2.0),
        (3.0, 1.0, 0.0, -2.0, -4.0),
    ]:
        values, size = sorted(spectrum), max(map(abs, spectrum))
        worst = min(worst, 0.85 - (values[-2] + size) / (values[-1] + size))
    line("q3 all fixed spectra are separated by 0.85", float(worst >= 0), 1, 0)
    springs()


def network_hessian() -> None:
    from tdlcourse.hessian import mlp_hessian

    X, y, hidden, d = RNG.normal(size=(5, 2)), RNG.normal(size=5), 3, 2
    w = RNG.normal(size=hidden * (d + 2) + 1)

    def loss(p):
        W1, b1, W2, b2 = torch.split(p, [hidden * d, hidden, hidden, 1])
        output = torch.tanh(torch.tensor(X) @ W1.reshape(hidden, d).T + b1) @ W2 + b2
        return 0.5 * ((output - torch.tensor(y)) ** 2).mean()

    H = torch.func.hessian(loss)(torch.tensor(w)).numpy()
    Ws, bs = [w[:6].reshape(3, 2), w[9:12].reshape(1, 3)], [w[6:9], w[12:]]
    closed = mlp_hessian(Ws, bs, X, y[:, None], "tanh", "square")
    below("q3 Hessian of the network, closed form against torch.func", abs(H - closed).max(), 1e-12)


def springs() -> None:
    """The chain of springs of the hidden tests, at both ends of its random factors."""
    B = np.zeros((5, 8))
    for i in range(5):
        B[i, i + 1], B[i, i + 2] = 1.0, -1.0
    ratio = 0.0
    for corner in range(32):
        factors = 0.9 + 0.2 * np.array([corner >> i & 1 for i in range(5)])
        values = np.linalg.eigvalsh(B.T @ np.diag([1.0, 0.5, 6.0, 0.25, 0.5] * factors) @ B)
        ratio = max(ratio, (values[-2] + values[-1]) / (2 * values[-1]))
    below("q3 chain of springs: ratio of shifted eigenvalues", ratio, 0.85)
    line("q3 chain of springs: ones are mapped to 0 exactly", abs(B @ np.ones(8)).max(), 0, 0)


def newton_end(x: float, damping: float, steps: int) -> float:
    for _ in range(steps):
        x -= (x**3 - x) / (3 * x * x - 1 + damping)
    return x


def q4() -> None:
    line("q4-witness 2x^3/(3x^2-1) at 0.3", newton_end(0.3, 0, 1), 2 * 0.027 / (0.27 - 1), 1e-15)
    line("q4-witness cycle at 1/sqrt 5", newton_end(5**-0.5, 0, 1), -(5**-0.5), 1e-15)
    line("q4-witness start 0.447 falls to the saddle", newton_end(0.447, 0, 50), 0, 1e-6)
    line("q4-witness start 0.9 does not", newton_end(0.9, 0, 50), 1, 1e-12)
    line("q4-witness damping 2 finds a minimum", newton_end(0.3, 2, 2000), 1, 1e-12)
    line("q4-witness damping 100 finds it in 2000 steps", newton_end(0.3, 100, 2000), 1, 1e-12)
    line("q4-witness damping 0.2 does not", newton_end(0.3, 0.2, 2000), 0, 1e-6)


def q5() -> None:
    a, w = np.array([1.0, 2.0, 2.0]), np.zeros(3)
    for _ in range(300):
        w = w - 0.1 * (a @ w - 9) * a
    below("q5-witness limit of gradient descent", abs(w - [1, 2, 2]).max(), 1e-12)
    w = np.array([2.0, 1.0, -2.0])
    for _ in range(300):
        w = w - 0.1 * (a @ w - 9) * a
    below("q5-witness the start (2, 1, -2) leads to (3, 3, 0)", abs(w - [3, 3, 0]).max(), 1e-12)
    for lr in (1e-2, 1e-3):
        p = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
        opt = torch.optim.Adam([p], lr=lr, eps=0.0)
        while float(p.detach() @ torch.tensor(a)) < 9:
            p.grad = torch.tensor(a) * (p.detach() @ torch.tensor(a) - 9)
            opt.step()
        below(
            f"q5-witness Adam, lr {lr:g}: first point on the plane",
            abs(p.detach().numpy() - 1.8).max(),
            lr,
        )
        below(
            f"q5-witness Adam, lr {lr:g}: coordinates agree",
            float(p.detach().max() - p.detach().min()),
            1e-12,
        )
    rank_deficient_limits()


def rank_deficient_limits() -> None:
    A = RNG.normal(size=(6, 3)) @ RNG.normal(size=(3, 9))
    b, w0 = RNG.normal(size=6), RNG.normal(size=9)
    w, u, eta = np.zeros(9), w0, 1 / np.linalg.norm(A, 2) ** 2
    for _ in range(60_000):
        w, u = w - eta * A.T @ (A @ w - b), u - eta * A.T @ (A @ u - b)
    pseudo = np.linalg.pinv(A, rcond=1e-9)
    below("q5-proof (b) limit from 0 is A^+ b", abs(w - pseudo @ b).max(), 1e-9)
    below("q5-proof (c) limit from w0", abs(u - pseudo @ b - w0 + pseudo @ (A @ w0)).max(), 1e-9)
    steps = math.log(1e-6) / math.log(0.99)
    line("q5 steps of the rate 1 / s_max^2 to 1e-6, condition 100", steps, 1375, 1)


def q6() -> None:
    def f(w):  # |second derivative| <= 1 + 2 = 3 in each coordinate: L = 3
        return (w**2 / 2 + 2 * np.cos(w)).sum()

    def slope(w):
        return w - 2 * np.sin(w)

    worst = -np.inf
    for eta in (0.1, 1 / 3, 0.6):
        for w in 3 * RNG.normal(size=(2000, 2)):
            g = slope(w)
            worst = max(worst, f(w - eta * g) - f(w) + eta * (1 - 1.5 * eta) * (g @ g))
    below("q6 (a) largest violation of the descent lemma", worst, 1e-12)
    w, least, start = np.array([0.01, 0.02]), np.inf, f(np.array([0.01, 0.02]))
    for t in range(200):
        least = min(least, np.linalg.norm(slope(w)))
        lowest = 2 * float(
            scipy.optimize.minimize_scalar(lambda x: f(np.array([x])), bounds=(0, 3)).fun
        )
        if t in (9, 199):
            below(
                f"q6 (b) least gradient of {t + 1} steps against its bound",
                least,
                math.sqrt(6 * (start - lowest) / (t + 1)),
            )
        w = w - slope(w) / 3
    line("q6-witness number of steps", 2 * 4 * 0.5 / 0.01**2, 40_000, 1e-6)
    saddle_runs()


def saddle_runs() -> None:
    def end(x, y):
        for _ in range(200):
            x, y = x - 0.1 * (x**3 - y), y - 0.1 * (y**3 - x)
        return max(abs(x), abs(y))

    for x in (0.1, 1 / 3, 0.5, 1.0):
        below(f"q6-witness start ({x:.3g}, {-x:.3g}) reaches the saddle", end(x, -x), 1e-8)
    starts = RNG.uniform(-1, 1, size=(2000, 2))
    line("q6 (c) of 2000 random starts none does", sum(end(*s) < 1e-2 for s in starts), 0, 0)
    line("q6-witness off by 1e-6: leaves again", end(0.5, -0.500001), 1, 1e-3)
    values = np.linalg.eigvalsh(np.eye(2) - 0.1 * np.array([[0.0, -1.0], [-1.0, 0.0]]))
    line("q6 (c) largest eigenvalue of Dg at the saddle", values[-1], 1.1, 1e-12)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for part in (q0, q1, q2, q3, q4, q5, q6):
        part()
    print("all checks passed")
