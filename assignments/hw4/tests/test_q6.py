"""Public tests of q6: names, counts and the identity path of the residual network."""

import numpy as np
import pytest
import torch

from autograder.testing import as_array, assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q6", timeout=30)


def names_and_shapes(depth, shortcut):
    """The parameters and running statistics that the statement lists."""
    n = (depth - 2) // 6
    found = {}

    def batchnorm(name, channels):
        for entry in ("weight", "bias", "running_mean", "running_var"):
            found[f"{name}.{entry}"] = (channels,)

    found["stem.weight"] = (16, 3, 3, 3)
    batchnorm("stem_bn", 16)
    a = 16
    for k, b in enumerate([16] * n + [32] * n + [64] * n):
        found[f"units.{k}.conv1.weight"] = (b, a, 3, 3)
        batchnorm(f"units.{k}.bn1", b)
        found[f"units.{k}.conv2.weight"] = (b, b, 3, 3)
        batchnorm(f"units.{k}.bn2", b)
        if shortcut == "B" and a != b:
            found[f"units.{k}.project.weight"] = (b, a, 1, 1)
            batchnorm(f"units.{k}.project_bn", b)
        a = b
    return found | {"fc.weight": (10, 64), "fc.bias": (10,)}


def state(student, net):
    """The module's state, without the counters of batches."""
    found = net.state_dict()
    assert isinstance(found, dict), "resnet_cifar must return a torch.nn.Module"
    return {k: v for k, v in found.items() if not str(k).endswith("num_batches_tracked")}


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.question(
    "q6", hint="Names as in the table; convolutions without bias; B projects twice."
)
def test_names_and_shapes(student, shortcut):
    """state_dict() of depth 14 lists exactly the names of the statement, with the right shapes."""
    found = state(student, student.resnet_cifar(14, shortcut))
    expected = names_and_shapes(14, shortcut)
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    assert not missing, f"missing names, for instance {missing[0]}"
    assert not extra, f"names that the statement does not have, for instance {extra[0]}"
    for name, shape in expected.items():
        assert_shape(found[name], shape, name=name)


@pytest.mark.question("q6", hint="Depth 6n + 2: 20 layers are n = 3 units in each stage.")
def test_counts_of_the_table(student):
    """Rounded as in Soudry's table, depths 20, 32, 44, 56 have .27, .46, .66, .85 million."""
    for depth, millions in [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)]:
        count = assert_integer(student.param_count(depth, "A"), name=f"param_count({depth})")
        assert round(count / 1e6, 2) == millions, (
            f"depth {depth} must have about {millions} million"
        )


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.question("q6", hint="Does param_count forget, or count twice, one of your own layers?")
def test_the_two_functions_agree(student, shortcut):
    """param_count is the number of trainable parameters of the module, at depths 8 and 14."""
    for depth in (8, 14):
        net = student.resnet_cifar(depth, shortcut)
        sizes = [as_array(p).size for p in student.take(net.parameters(), 1000)]
        count = assert_integer(student.param_count(depth, shortcut), name="param_count")
        assert count == sum(sizes), f"param_count says {count}, the module has {sum(sizes)}"


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.question("q6", hint="Any image size works: the mean is over all positions.")
def test_the_output_has_ten_logits(student, shortcut):
    """Three images of 12 x 8 pixels give three times ten finite logits."""
    net = student.resnet_cifar(8, shortcut)
    assert_shape(net(torch.ones(3, 3, 12, 8)), (3, 10), name="the output")


@pytest.mark.question("q6", hint="Stride 2 twice; zeros as *last* channels; ReLU after the sum.")
def test_with_dead_residuals_only_the_identity_is_left(student):
    """With bn2 of every unit at 0, option A carries the stem's output to fc, every fourth pixel."""
    net = student.resnet_cifar(8, "A")
    net.double()
    net.eval()
    weights = {}
    for name, value in state(student, net).items():
        dead = ".bn2.weight" in name or ".bn2.bias" in name
        waves = np.sin(0.3 + 0.7 * np.arange(as_array(value).size)).reshape(as_array(value).shape)
        keeps = name.endswith(("running_mean", "running_var"))
        weights[name] = value if keeps else torch.tensor(0 * waves if dead else waves)
    # not strict: the counters of batches are left out
    net.load_state_dict(weights, strict=False)
    x = torch.tensor(np.cos(np.arange(2 * 3 * 8 * 8.0)).reshape(2, 3, 8, 8))
    stem = torch.nn.functional.conv2d(x, weights["stem.weight"], padding=1) / (1 + 1e-5) ** 0.5
    stem = stem * weights["stem_bn.weight"].reshape(1, 16, 1, 1)
    stem = torch.relu(stem + weights["stem_bn.bias"].reshape(1, 16, 1, 1))
    features = stem[:, :, ::4, ::4].mean(dim=(2, 3))  # 16 of the 64 channels are not zero
    expected = features @ weights["fc.weight"][:, :16].T + weights["fc.bias"]
    assert_close(net(x), expected, rtol=1e-8, atol=1e-9, name="the output")


# For images of one pixel a 3x3 convolution is its centre, and with running variances of 1 - 1e-5
# batch normalisation is weight * v + bias. Here only channel 0 is ever alive, so that the whole
# network is a recursion for one number h, with weights 2 and -1/4, that can be done on paper.
def pixel_weights(student, net):
    weights = {}
    for name, value in state(student, net).items():
        weights[name] = torch.zeros(tuple(as_array(value).shape), dtype=torch.float64)
        if name.endswith("running_var"):
            weights[name] += 1 - 1e-5
        elif "bn" in name and name.endswith("weight"):
            weights[name] += 1
    weights["stem.weight"][0, 0, 1, 1], weights["stem_bn.bias"][0] = -1, 3
    weights["fc.weight"][0, 0] = 1
    for k, shift in enumerate((0.5, -0.25, 0.75)):
        weights[f"units.{k}.conv1.weight"][0, 0, 1, 1] = 2
        weights[f"units.{k}.bn1.bias"][0] = -1
        weights[f"units.{k}.conv2.weight"][0, 0, 1, 1] = -0.25
        weights[f"units.{k}.bn2.bias"][0] = shift
        if f"units.{k}.project.weight" in weights:
            weights[f"units.{k}.project.weight"][0, 0, 0, 0] = 3
            weights[f"units.{k}.project_bn.bias"][0] = -2
    return weights


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.question("q6", hint="Follow one number through stem and units: which ReLU is where?")
def test_one_pixel_on_paper(student, shortcut):
    """With one live channel and images of one pixel, the first logit is what one gets on paper."""
    net = student.resnet_cifar(8, shortcut)
    net.double()
    net.eval()
    net.load_state_dict(pixel_weights(student, net), strict=False)
    pixels = np.array([-7.0, -4.0, 0.5, 1.0, 2.0, 2.6, 4.0])
    x = torch.zeros(len(pixels), 3, 1, 1, dtype=torch.float64)
    x[:, 0, 0, 0] = torch.tensor(pixels)
    h = np.maximum(0, -pixels + 3)
    for k, shift in enumerate((0.5, -0.25, 0.75)):
        skip = h if k == 0 or shortcut == "A" else 3 * h - 2
        h = np.maximum(0, -0.25 * np.maximum(0, 2 * h - 1) + shift + skip)
    logits = as_array(net(x), name="the logits")
    assert_shape(logits, (len(pixels), 10), name="the logits")
    assert_close(logits[:, 0], h, rtol=1e-8, atol=1e-9, name="the first logit")


def test_impossible_arguments_are_refused(student):
    """A depth that is not 6n + 2, and an unknown shortcut, raise a ValueError in both functions."""
    for depth, shortcut in [(18, "A"), (20, "C")]:
        for function in (student.resnet_cifar, student.param_count):
            with pytest.raises(ValueError):
                function(depth, shortcut)
