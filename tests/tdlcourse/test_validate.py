"""_validate: arguments come in as arrays, tensors and lists, and errors have one form."""

import numpy as np
import pytest
import torch

from tdlcourse import _validate as v


def test_found_is_cut_at_eighty_characters():
    text = str(v.error("x", "short", "y" * 500))
    assert text.startswith("x must be short, got 'yyy") and text.endswith("...")
    assert len(text.split("got ")[1]) == 80
    assert isinstance(v.error("x", "a", 1, TypeError), TypeError)


def test_namespace_follows_the_arrays():
    assert v.namespace(np.ones(2), [1.0]) is np
    assert v.namespace(np.ones(2), torch.ones(2)) is torch


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([1, 2], np.float64),
        ([True, False], np.float64),
        (3, np.float64),
        (np.array([1, 2], dtype=np.int8), np.float64),
        (np.array([1, 2], dtype=np.float32), np.float32),
        (np.array([1, 2], dtype=np.float16), np.float16),
        (torch.tensor([1, 2]), torch.float64),
        (torch.tensor([1.0]), torch.float32),
        (torch.tensor([1.0], dtype=torch.bfloat16), torch.bfloat16),
    ],
    ids=str,
)
def test_floating_dtypes_are_kept_and_others_become_float64(value, dtype):
    assert v.float_array("x", value).dtype == dtype


def test_like_decides_library_and_dtype():
    single = torch.ones(1, dtype=torch.float32)
    converted = v.float_array("x", np.array([1.5, 2.5]), like=single)
    assert isinstance(converted, torch.Tensor) and converted.dtype == torch.float32
    back = v.float_array("x", single.requires_grad_(), like=np.ones(1))
    assert isinstance(back, np.ndarray) and back.dtype == np.float64
    frozen = np.ones(2)
    frozen.flags.writeable = False
    assert v.float_array("x", frozen, like=single).tolist() == [1, 1]


@pytest.mark.parametrize(
    "like", [np.arange(2), torch.arange(2), np.array([True]), torch.ones(1) > 0]
)
def test_an_integer_array_to_be_like_does_not_truncate(like):
    converted = v.float_array("x", [1.5, 2.5], like=like)
    assert type(converted) is type(like) and converted.tolist() == [1.5, 2.5]
    assert str(converted.dtype).endswith("float64")


def test_reversed_views_become_tensors():
    like = torch.ones(1)
    assert v.float_array("x", np.arange(3.0)[::-1], like=like).tolist() == [2, 1, 0]
    assert v.int_array("x", np.arange(3)[::-1], like=like).tolist() == [2, 1, 0]
    assert v.float_array("x", np.array(3.0), like=like).shape == ()


def test_integers_beyond_the_floats_are_no_real_numbers():
    with pytest.raises(ValueError, match="x must be a real number in .-inf, inf., got 1000"):
        v.real("x", 10**400)


def test_tensors_keep_their_graph():
    x = torch.ones(2, requires_grad=True)
    v.float_array("x", x, shape=(2,)).sum().backward()
    assert x.grad.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("shape", "wanted", "fits"),
    [
        ((2, 3), ("n", "d"), True),
        ((2, 3), ("n", "n"), False),
        ((3, 3), ("n", "n"), True),
        ((2, 3), (2, "d"), True),
        ((2, 3), (3, "d"), False),
        ((2,), ("n", "d"), False),
        ((), (), True),
        ((1,), (), False),
        ((5, 4, 2, 3), (..., "n", 3), True),
        ((3,), (..., 3), True),
        ((3,), (..., "n", 3), False),
        ((0, 3), ("n", 3), True),
    ],
)
def test_shapes(shape, wanted, fits):
    if fits:
        v.check_shape("x", np.zeros(shape), wanted)
    else:
        with pytest.raises(ValueError, match="x must be of shape"):
            v.check_shape("x", np.zeros(shape), wanted)


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (
            TypeError,
            lambda: v.float_array("x", "a"),
            "x must be an array of real numbers, got dtype.*U1",
        ),
        (
            TypeError,
            lambda: v.float_array("x", [1j]),
            "got dtype.'complex128'",
        ),
        (TypeError, lambda: v.float_array("x", torch.tensor([1j])), r"got torch.complex64"),
        (TypeError, lambda: v.float_array("x", None), "x must be an array of real numbers"),
        (
            TypeError,
            lambda: v.float_array("x", [[1.0], [1.0, 2.0]]),
            "x must be a rectangular array",
        ),
        (
            ValueError,
            lambda: v.float_array("x", [1, np.inf], finite=True),
            "x must be finite, got inf",
        ),
        (
            ValueError,
            lambda: v.float_array("x", torch.tensor([1, np.nan]), finite=True),
            "x must be finite, got nan",
        ),
        (
            ValueError,
            lambda: v.float_array("x", [1.0], shape=(..., "n", 2)),
            r"x must be of shape \(..., n, 2\), got \(1,\)",
        ),
        (ValueError, lambda: v.check_shape("x", np.ones(3), (2,)), r"of shape \(2,\), got \(3,\)"),
        (
            TypeError,
            lambda: v.int_array("k", [1.0]),
            r"k must be an array of integers, got \[1.0\]",
        ),
        (TypeError, lambda: v.int_array("k", [True]), r"integers, got \[True\]"),
        (
            TypeError,
            lambda: v.int_array("k", torch.tensor([True])),
            "k must be an array of integers",
        ),
        (
            ValueError,
            lambda: v.int_array("k", [3], high=3),
            r"k must be integers in \[-inf, 3\), got 3",
        ),
        (ValueError, lambda: v.int_array("k", torch.tensor([-1]), low=0), r"\[0, inf\), got -1"),
        (ValueError, lambda: v.sign_array("y", [0, 1], n=2, like=np.ones(1)), "labels -1 and"),
        (TypeError, lambda: v.integer("k", 2.0), r"k must be an integer in \(-inf, inf\), got 2.0"),
        (TypeError, lambda: v.integer("k", True), "k must be an integer"),
        (ValueError, lambda: v.integer("k", 5, low=1, high=4), r"k must be .* in \[1, 4\], got 5"),
        (TypeError, lambda: v.real("p", "1"), r"p must be a real number in \(-inf, inf\), got '1'"),
        (TypeError, lambda: v.real("p", [1.0]), "p must be a real number"),
        (TypeError, lambda: v.real("p", np.bool_(True)), "p must be .*True"),
        (ValueError, lambda: v.real("p", np.nan), "p must be a real number .*, got nan"),
        (ValueError, lambda: v.real("p", np.inf), "p must be a real number .*, got inf"),
        (
            ValueError,
            lambda: v.real("p", 0, low=0, open_low=True, high=1),
            r"p must be a real number in \(0, 1\], got 0.0",
        ),
        (ValueError, lambda: v.choice("law", 3, ("a", "b")), "law must be one of 'a', 'b', got 3"),
        (
            TypeError,
            lambda: v.standard_normal(np.random, (2,)),
            "gen must be a numpy.random.Generator",
        ),
    ],
)
def test_refusals(kind, call, message):
    with pytest.raises(kind, match=message):
        call()


def test_numbers_of_all_libraries_are_numbers():
    for one in (1, np.int64(1), np.float32(1), np.array(1.0), torch.tensor(1.0)):
        assert v.real("p", one, low=0, high=1) == 1.0
    for one in (1, np.int64(1), np.uint8(1), torch.tensor(1)):
        number = v.integer("k", one)
        assert number == 1 and type(number) is int


def test_integer_arrays_become_int64():
    assert v.int_array("k", np.array([1], dtype=np.uint8), low=0, high=2).dtype == np.int64
    moved = v.int_array("k", [1, 2], like=torch.ones(1))
    assert isinstance(moved, torch.Tensor) and moved.dtype == torch.int64


@pytest.mark.parametrize("draw", [v.standard_normal, v.standard_uniform])
def test_the_generator_decides_the_library_unless_like_does(draw):
    ours, theirs = np.random.default_rng(0), torch.Generator().manual_seed(0)
    assert isinstance(draw(ours, (2, 3)), np.ndarray)
    sample = draw(theirs, (2, 3))
    assert isinstance(sample, torch.Tensor) and sample.dtype == torch.float64
    assert draw(ours, (2,), like=torch.ones(1)).dtype == torch.float32
    assert isinstance(draw(theirs, (2,), like=np.ones(1)), np.ndarray)
