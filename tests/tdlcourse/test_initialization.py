"""initialization: moments with derived tolerances, and the deck's ten layers of 500 units."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from tdlcourse.initialization import he, lecun, lsuv, orthogonal, xavier

VARIANCE = {
    "lecun": lambda i, o: 1 / i,
    "xavier": lambda i, o: 2 / (i + o),
    "he": lambda i, o: 2 / i,
}
SCHEMES = {"lecun": lecun, "xavier": xavier, "he": he}
# kurtosis of the laws: E z^4 / (E z^2)^2
LAWS = {
    "normal": stats.norm(),
    "uniform": stats.uniform(-1, 2),
    "truncated": stats.truncnorm(-2, 2),
}


def generator(library, seed=0):
    return (
        np.random.default_rng(seed) if library == "numpy" else torch.Generator().manual_seed(seed)
    )


# -------------------------------------------------------------------------------------- moments


@pytest.mark.ground_truth(
    function="initialization.lecun, xavier, he",
    result="variances 1 / fan_in, 2 / (fan_in + fan_out), 2 / fan_in",
    source="LeCun 1998; Glorot & Bengio 2010; He et al. 2015",
    figure="120,000 entries, 6 standard errors, and the law by Kolmogorov-Smirnov",
)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_moments_and_law(scheme, law, library, record_property):
    fan_in, fan_out = 300, 400
    W = np.asarray(SCHEMES[scheme](fan_in, fan_out, generator(library), law))
    assert W.shape == (fan_out, fan_in) and W.dtype == np.float64
    n, variance = W.size, VARIANCE[scheme](fan_in, fan_out)
    kurtosis = LAWS[law].stats("k") + 3
    z_mean = W.mean() / math.sqrt(variance / n)
    z_var = ((W**2).mean() / variance - 1) / math.sqrt((kurtosis - 1) / n)
    assert max(abs(z_mean), abs(z_var)) <= 6
    standard = LAWS[law].std() * W.ravel() / math.sqrt(variance)
    assert stats.kstest(standard, LAWS[law].cdf).pvalue > 1e-7
    record_property("deviation", float(max(abs(z_mean), abs(z_var))))


def test_the_uniform_and_truncated_laws_are_bounded():
    gen = generator("numpy")
    assert abs(xavier(30, 70, gen, "uniform")).max() <= math.sqrt(6 / 100)
    cut = abs(he(50, 2000, gen, "truncated")).max() / math.sqrt(2 / 50)
    # cut at 2 standard deviations of the normal, whose own are 1 / .8796 after rescaling
    assert 2.2 < cut <= 2 / LAWS["truncated"].std() + 1e-12


@pytest.mark.ground_truth(
    function="initialization.orthogonal",
    result="orthonormal rows or columns, signs uniform",
    source="Saxe, McClelland & Ganguli 2014; Mezzadri 2007",
    figure="Q^T Q = I to 1e-14; trace of 1x1 and 2x2 matrices",
)
@pytest.mark.parametrize(("fan_in", "fan_out"), [(5, 5), (3, 7), (7, 3), (1, 1)])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_orthogonal_weights_are_orthonormal(fan_in, fan_out, library, record_property):
    W = np.asarray(orthogonal(fan_in, fan_out, generator(library)))
    assert W.shape == (fan_out, fan_in)
    gram = W @ W.T if fan_out <= fan_in else W.T @ W
    deviation = abs(gram - np.eye(len(gram))).max()
    assert deviation <= 1e-14
    record_property("deviation", deviation)


def test_orthogonal_weights_follow_the_haar_measure():
    gen = generator("numpy", 3)
    traces = np.array([np.trace(orthogonal(2, 2, gen)) for _ in range(4000)])
    # Under Haar measure E tr = 0 and E tr^2 = 1; half the matrices are reflections of trace 0.
    assert abs(traces.mean()) <= 6 / math.sqrt(4000)
    assert (abs(traces) < 1e-12).mean() == pytest.approx(0.5, abs=6 * 0.5 / math.sqrt(4000))


@pytest.mark.ground_truth(
    function="initialization.lsuv",
    result="every layer's output has variance 1 on the data",
    source="Mishkin & Matas 2016",
    figure="<= 1e-12",
)
@pytest.mark.parametrize("act", ["identity", "tanh", "relu"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_lsuv_gives_unit_variance_in_every_layer(act, library, record_property):
    X = 5 + 3 * np.random.default_rng(0).normal(size=(64, 20))
    Ws = lsuv([20, 50, 30, 10], X, generator(library), act)
    apply = {"identity": lambda u: u, "tanh": np.tanh, "relu": lambda u: np.maximum(u, 0)}[act]
    v, deviation = X, 0.0
    for W in Ws:
        u = v @ W.T
        deviation = max(deviation, abs(u.var() - 1))
        singular = np.linalg.svd(W, compute_uv=False)
        assert np.allclose(singular, singular[0], rtol=1e-12)  # still orthogonal up to scale
        v = apply(u)
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_lsuv_keeps_the_datas_dtype_and_leaves_it_alone():
    X = torch.randn(16, 4, generator=generator("torch"), dtype=torch.float32)
    before = X.clone()
    Ws = lsuv([4, 8, 2], X, generator("numpy"))
    assert {W.dtype for W in Ws} == {torch.float32} and torch.equal(X, before)


# ------------------------------------------------------- the deck's ten layers of 500 tanh units


def activations(std, act, seed, width=500, depth=10, n=500):
    """The inputs and the outputs of all layers, and the weights."""
    rng = np.random.default_rng(seed)
    Ws = [std(rng) for _ in range(depth)]
    hs = [rng.normal(size=(n, width))]
    for W in Ws:
        u = hs[-1] @ W.T
        hs.append(np.tanh(u) if act == "tanh" else np.maximum(u, 0))
    return hs, Ws


def gradient_norms(hs, Ws):
    """Norms of the weight gradients of a tanh network, the gradient in its output random."""
    delta, norms = np.random.default_rng(99).normal(size=hs[-1].shape), []
    for k in reversed(range(len(Ws))):
        delta = delta * (1 - hs[k + 1] ** 2)
        norms.insert(0, np.linalg.norm(delta.T @ hs[k]))
        delta = delta @ Ws[k]
    return norms


def gaussian(std):
    return lambda rng: std * rng.normal(size=(500, 500))


@pytest.mark.ground_truth(
    function="initialization.lecun",
    result="erratum: 'std dev = 1/N' is the variance; tenth layer's activations",
    source="Artieres deck, 'Smarter initialization'",
    figure="standard deviation .228 with variance 1/N, 3.2e-14 with the literal formula",
)
def test_xaviers_formula_is_a_variance(record_property):
    right = activations(lambda rng: lecun(500, 500, rng), "tanh", 0)[0][-1].std()
    literal = activations(gaussian(1 / 500), "tanh", 0)[0][-1].std()
    assert right == pytest.approx(0.228, rel=0.02)
    assert literal == pytest.approx(3.2e-14, rel=0.05)
    record_property("deviation", abs(right - 0.228))


def test_square_layers_do_not_tell_lecun_from_xavier():
    assert np.array_equal(lecun(500, 500, generator("numpy")), xavier(500, 500, generator("numpy")))


@pytest.mark.ground_truth(
    function="initialization.he, xavier",
    result="ReLU: activations vanish with Xavier and keep their size with He",
    source="Artieres deck, 'fails with ReLU'; He et al. 2015",
    figure="median standard deviation of layer 10: .025, .79 (30 %)",
)
def test_relu_needs_the_factor_two(record_property):
    def median(scheme):
        runs = (activations(lambda rng: scheme(500, 500, rng), "relu", s, n=200) for s in range(5))
        return float(np.median([hs[-1].std() for hs, _ in runs]))

    small, kept = median(xavier), median(he)
    assert small == pytest.approx(0.025, rel=0.3) and kept == pytest.approx(0.79, rel=0.3)
    # one factor sqrt(2) a layer, exactly: the same random numbers
    assert kept / small == pytest.approx(2**5, rel=1e-9)
    record_property("deviation", abs(kept - 0.79))


@pytest.mark.ground_truth(
    function="initialization.*",
    result="erratum: std 1.0 saturates 90 % of tanh units, yet gradients explode",
    source="Artieres deck, 'no gradient backpropagated'; mean field: chi = 12.1",
    figure="layer-10 std .982; |dW_1| / |dW_10| = 7.1e4 (chi^4.5 = 7.5e4)",
)
def test_saturated_layers_explode_backwards(record_property):
    hs, Ws = activations(gaussian(1.0), "tanh", 0)
    norms = gradient_norms(hs, Ws)
    assert hs[-1].std() == pytest.approx(0.982, rel=0.005)
    assert (abs(hs[-1]) > 0.99).mean() == pytest.approx(0.905, abs=0.01)
    ratio = norms[0] / norms[-1]
    assert ratio == pytest.approx(7.5e4, rel=0.15)
    record_property("deviation", abs(ratio / 7.5e4 - 1))


@pytest.mark.ground_truth(
    function="initialization.*",
    result="erratum: std .01 shrinks signals forward and backward; gradients equal and tiny",
    source="Artieres deck, 'all activations at 0. What about the gradient?'",
    figure="factor .22 a layer, layer-10 std 3e-7, |dW_1| / |dW_10| = .98",
)
def test_small_weights_give_equal_and_tiny_gradients(record_property):
    hs, Ws = activations(gaussian(0.01), "tanh", 0)
    norms = gradient_norms(hs, Ws)
    shrink = np.array([b.std() / a.std() for a, b in zip(hs, hs[1:], strict=False)])
    assert np.allclose(shrink, math.sqrt(500) * 0.01, rtol=0.06)
    assert hs[-1].std() == pytest.approx(3e-7, rel=0.1)
    large = gradient_norms(*activations(lambda rng: lecun(500, 500, rng), "tanh", 0))
    assert max(norms) / min(norms) < 1.1 and max(norms) < 1e-4 * min(large)
    record_property("deviation", abs(norms[0] / norms[-1] - 1))


@pytest.mark.ground_truth(
    function="initialization.*",
    result="zero weights: all gradients vanish but the output layer's bias",
    source="H4.1; Artieres deck, 'what if all null initialization?'",
    figure="exactly 0",
)
def test_zero_weights_have_no_gradient(record_property):
    layers = [torch.nn.Linear(6, 6, dtype=torch.float64) for _ in range(3)]
    for layer in layers:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    x = torch.randn(8, 6, generator=generator("torch"), dtype=torch.float64)
    out = layers[2](torch.tanh(layers[1](torch.tanh(layers[0](x)))))
    torch.nn.functional.cross_entropy(out, torch.zeros(8, dtype=torch.int64)).backward()
    assert all(not layer.weight.grad.any() for layer in layers)
    assert [bool(layer.bias.grad.any()) for layer in layers] == [False, False, True]
    record_property("deviation", 0.0)


# --------------------------------------------------------------------------------------- errors


def test_the_generator_decides_kind_and_numbers():
    assert isinstance(he(2, 3, generator("torch")), torch.Tensor)
    assert np.array_equal(he(2, 3, generator("numpy", 1)), he(2, 3, generator("numpy", 1)))
    state = torch.get_rng_state()
    he(2, 3, generator("torch")), orthogonal(2, 3, generator("torch"))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (
            ValueError,
            lambda: he(0, 3, np.random.default_rng(0)),
            r"fan_in must be .*\[1, inf\), got 0",
        ),
        (ValueError, lambda: he(3, 3, np.random.default_rng(0), "cauchy"), "law must be one of"),
        (TypeError, lambda: xavier(3, 3, 0), "gen must be a numpy.random.Generator or"),
        (
            ValueError,
            lambda: lsuv([3, 2], np.ones((4, 2)), np.random.default_rng(0)),
            r"X must be of shape \(n, 3\), got \(4, 2\)",
        ),
        (
            ValueError,
            lambda: lsuv([1, 1], np.ones((4, 1)), np.random.default_rng(0)),
            "X must be inputs that tell the outputs of layer 0 apart",
        ),
        (
            ValueError,  # the mean of three equal numbers is another one
            lambda: lsuv([1, 1], np.full((3, 1), 0.1), np.random.default_rng(0)),
            "outputs of layer 0 apart, got array",
        ),
        (
            ValueError,
            lambda: lsuv([1, 1], np.ones((4, 1)), np.random.default_rng(0), "gelu"),
            "act must be one of 'identity', 'tanh', 'relu'",
        ),
    ],
)
def test_wrong_arguments_are_named(kind, call, message):
    with pytest.raises(kind, match=message):
        call()
