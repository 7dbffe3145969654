"""Hidden tests of q6: exact counts, and what the network computes with the judge's weights.

The oracle is a forward pass in torch's functions on a dictionary of tensors, with the names of the
statement; it shares no code with the reference. In float64 a right network agrees to about 1e-13
of the largest logit (batch normalisation divides by standard deviations of size one).
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder.testing import as_array, assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q6", timeout=30)

TOLERANCE = {"rtol": 1e-8, "atol": 1e-8}
COUNTS = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}
BATCHNORM = ("weight", "bias", "running_mean", "running_var")


def widths(depth):
    """(input, output) channels of the units."""
    n = (depth - 2) // 6
    outputs = [16] * n + [32] * n + [64] * n
    return list(zip([16, *outputs], outputs, strict=False))


def shapes(depth, shortcut):
    """Names and shapes of the state, without counters."""
    found = {"stem.weight": (16, 3, 3, 3), "fc.weight": (10, 64), "fc.bias": (10,)}
    norms = {"stem_bn": 16}
    for k, (a, b) in enumerate(widths(depth)):
        found |= {f"units.{k}.conv1.weight": (b, a, 3, 3), f"units.{k}.conv2.weight": (b, b, 3, 3)}
        norms |= {f"units.{k}.bn1": b, f"units.{k}.bn2": b}
        if shortcut == "B" and a != b:
            found[f"units.{k}.project.weight"] = (b, a, 1, 1)
            norms[f"units.{k}.project_bn"] = b
    return found | {f"{name}.{e}": (b,) for name, b in norms.items() for e in BATCHNORM}


def random_state(rng, depth, shortcut):
    """Weights of every kind at random, none of them at its default."""
    state = {}
    for name, shape in shapes(depth, shortcut).items():
        if name.endswith("running_var"):
            value = rng.uniform(0.5, 2, size=shape)
        elif len(shape) > 1:
            value = rng.normal(scale=(2 / np.prod(shape[1:])) ** 0.5, size=shape)
        elif name.endswith("weight"):
            value = rng.uniform(0.5, 1.5, size=shape) * rng.choice([-1, 1], size=shape)
        else:
            value = rng.normal(scale=0.5, size=shape)
        state[name] = torch.tensor(value)
    return state


def computed(state, depth, shortcut, x, training):
    """The logits; in training the running statistics in `state` are updated, as torch does."""

    def norm(v, name):
        weight, bias, mean, var = (state[f"{name}.{entry}"] for entry in BATCHNORM)
        return F.batch_norm(v, mean, var, weight, bias, training)

    v = F.relu(norm(F.conv2d(x, state["stem.weight"], padding=1), "stem_bn"))
    for k, (a, b) in enumerate(widths(depth)):
        name, stride = f"units.{k}", b // a
        r = F.conv2d(v, state[f"{name}.conv1.weight"], stride=stride, padding=1)
        r = F.conv2d(F.relu(norm(r, f"{name}.bn1")), state[f"{name}.conv2.weight"], padding=1)
        r = norm(r, f"{name}.bn2")
        if a == b:
            skip = v
        elif shortcut == "B":
            skip = F.conv2d(v, state[f"{name}.project.weight"], stride=2)
            skip = norm(skip, f"{name}.project_bn")
        else:
            skip = torch.zeros_like(r)
            skip[:, :a] = v[:, :, ::2, ::2]
        v = F.relu(r + skip)
    return v.mean(dim=(2, 3)) @ state["fc.weight"].T + state["fc.bias"]


def loaded(student, depth, shortcut, state, training=False):
    """The student's network in float64 with the judge's weights."""
    net = student.resnet_cifar(depth, shortcut)
    net.double()
    net.load_state_dict(state, strict=False)  # the counters of batches are not in it
    if training:
        net.train()
    else:
        net.eval()
    return net


@pytest.mark.parametrize("depth", list(COUNTS))
@pytest.mark.question("q6", weight=2, hint="Count conv, BN (two per channel) and fc; depth 6n + 2.")
def test_exact_counts(student, depth):
    """The published networks have these numbers of parameters, and option B adds 2,752."""
    for shortcut, extra in [("A", 0), ("B", 2752)]:
        count = assert_integer(student.param_count(depth, shortcut), name="param_count")
        assert count == COUNTS[depth] + extra, "the count is not exact"


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.question("q6", weight=1, hint="The module has exactly the parameters of the table.")
def test_the_module_has_these_parameters(student, shortcut):
    """State and trainable parameters of depth 20 are those of the statement, no more."""
    net = student.resnet_cifar(20, shortcut)
    state = net.state_dict()
    assert isinstance(state, dict), "a torch.nn.Module is needed"
    found = {k: v for k, v in state.items() if not str(k).endswith("num_batches_tracked")}
    expected = shapes(20, shortcut)
    assert set(found) == set(expected), "the names are not those of the table"
    for name, shape in expected.items():
        assert_shape(found[name], shape, name=name)
    sizes = [as_array(p).size for p in student.take(net.parameters(), 1000)]
    assert sum(sizes) == COUNTS[20] + (2752 if shortcut == "B" else 0), "the module's size is off"


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize("depth", [8, 14])
@pytest.mark.question(
    "q6", weight=4, hint="Order of BN, ReLU and sum; stride; which zeros; no bias."
)
def test_what_it_computes(student, rng, depth, shortcut):
    """With given weights, in evaluation mode, the logits are right; images need not be square."""
    state = random_state(rng, depth, shortcut)
    net = loaded(student, depth, shortcut, state)
    x = torch.tensor(rng.normal(size=(3, 3, 8, 12)))
    expected = computed(state, depth, shortcut, x, training=False)
    before = x.clone()
    assert_close(net(x), expected, **TOLERANCE, name="the logits")
    assert torch.equal(x, before), "the images were changed"


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.question("q6", weight=2, hint="In training mode BN uses and remembers the batch.")
def test_training_mode(student, rng, shortcut):
    """In training mode the batch's statistics count, are remembered, and gradients reach x."""
    state = random_state(rng, 8, shortcut)
    net = loaded(student, 8, shortcut, {k: v.clone() for k, v in state.items()}, training=True)
    x = torch.tensor(rng.normal(size=(5, 3, 8, 8)))
    expected = computed(state, 8, shortcut, x, training=True)
    assert_close(net(x), expected, **TOLERANCE, name="the logits")
    after = net.state_dict()
    assert isinstance(after, dict) and set(state) <= set(after), "a name is missing"
    for name, value in state.items():
        assert_close(after[name], value, **TOLERANCE, name=name)
    x.requires_grad_()
    logits = computed(state, 8, shortcut, x, training=True)
    cotangent = torch.tensor(rng.normal(size=logits.shape))
    (right,) = torch.autograd.grad(logits, x, cotangent)
    _, gradients = student.vjp(net, (x.detach(),), cotangent)
    assert isinstance(gradients, tuple | list) and len(gradients) == 1, "one gradient is needed"
    assert_close(gradients[0], right, **TOLERANCE, name="the gradient in the images")


@pytest.mark.parametrize("size", [(4, 4), (7, 9), (1, 1)])
@pytest.mark.question("q6", weight=1, hint="Images of odd or tiny size; a batch of one.")
def test_other_sizes(student, rng, size):
    """One image of odd or tiny size, both shortcuts."""
    for shortcut in ("A", "B"):
        state = random_state(rng, 8, shortcut)
        net = loaded(student, 8, shortcut, state)
        x = torch.tensor(rng.normal(size=(1, 3, *size)))
        expected = computed(state, 8, shortcut, x, training=False)
        assert_close(net(x), expected, **TOLERANCE, name="the logits")


@pytest.mark.question("q6", weight=1, hint="Refuse what is not 6n + 2; two networks share nothing.")
def test_errors_and_independence(student, rng):
    """Impossible arguments are ValueErrors, and a second network has weights of its own."""
    for depth, shortcut in [(2, "A"), (19, "B"), (21, "A"), (-4, "A"), (14, "a"), (8, "none")]:
        for function in (student.resnet_cifar, student.param_count):
            with pytest.raises(ValueError):
                function(depth, shortcut)
    state = random_state(rng, 8, "B")
    net = loaded(student, 8, "B", state)
    loaded(student, 8, "B", random_state(rng, 8, "B"))
    x = torch.tensor(rng.normal(size=(2, 3, 6, 6)))
    expected = computed(state, 8, "B", x, training=False)
    assert_close(net(x), expected, **TOLERANCE, name="the logits")
