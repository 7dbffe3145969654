"""What crosses the wire: round trips of every kind, and bytes that nobody honest would send."""

from __future__ import annotations

import collections
import struct
import time
import tracemalloc
from collections import OrderedDict, defaultdict
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import protocol
from autograder.protocol import (
    MAX_AXES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INT_BYTES,
    MAX_ITEMS,
    NUMPY_DTYPES,
    TORCH_DTYPES,
    ProtocolError,
    Reference,
    decode,
    encode,
)

U32 = struct.Struct(">I")


class Point(NamedTuple):
    x: float
    y: float


def back(value: Any) -> Any:
    """The value after one crossing."""
    return decode(encode(value))


def same(a: Any, b: Any) -> bool:
    """Equal in kind and value, NaN equal to itself, tuples apart from lists."""
    if isinstance(a, protocol.NamedTuple):
        return isinstance(b, protocol.NamedTuple) and (a.name, a.fields, list(a)) == (
            b.name,
            b.fields,
            list(b),
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and bool(torch.equal(a, b))
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(map(repr, a)) == list(map(repr, b)) and all(map(same, a.values(), b.values()))
    return bool(a == b)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
    | st.just(...)
)
keys = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.tuples(st.text())
arrays = st.builds(
    lambda name, shape, seed: (
        np.random.default_rng(seed).integers(0, 2, size=shape).astype(np.dtype(name))
    ),
    st.sampled_from(sorted(NUMPY_DTYPES)),
    st.lists(st.integers(0, 3), max_size=4),
    st.integers(0, 9),
)
tensors = st.builds(
    lambda name, shape: torch.ones(shape, dtype=getattr(torch, name)),
    st.sampled_from(sorted(TORCH_DTYPES)),
    st.lists(st.integers(0, 3), max_size=4),
)
nested = st.recursive(
    scalars | arrays | tensors,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.frozensets(keys, max_size=4)
        | st.sets(keys, max_size=4)
    ),
    max_leaves=20,
)


class TestRoundTrips:
    """decode(encode(x)) is x, by kind and value."""

    @settings(max_examples=300, deadline=None)
    @given(nested)
    def test_nested_plain_data(self, value: Any) -> None:
        """Any nesting of plain data comes back as it was."""
        assert same(back(value), value)

    @pytest.mark.parametrize("name", sorted(NUMPY_DTYPES))
    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    @pytest.mark.parametrize("gap", [False, True])
    @pytest.mark.parametrize("writeable", [False, True])
    def test_arrays_keep_values_order_gaps_and_flag(
        self, name: str, order: tuple[int, int, int], gap: bool, writeable: bool
    ) -> None:
        """dtype, shape, order of axes in memory, gaps and read-only survive."""
        array = np.arange(24).reshape(2, 3, 4).astype(np.dtype(name))
        if gap:
            array = np.repeat(array, 2, axis=-1)[..., ::2]
        array = array.transpose(order)
        array.flags.writeable = writeable
        got = back(array)
        assert same(got, array)
        assert got.flags.writeable is writeable
        assert got.flags.c_contiguous is array.flags.c_contiguous
        assert got.flags.f_contiguous is array.flags.f_contiguous
        by_stride = sorted(range(3), key=lambda axis: -got.strides[axis])
        assert by_stride == sorted(range(3), key=lambda axis: -array.strides[axis])

    def test_arrays_own_their_memory(self) -> None:
        """Writing into a decoded array changes nothing else, not even when it was empty."""
        payload = encode([np.zeros(3), np.zeros(3)])
        first, second = decode(payload)
        first[:] = 7
        assert second.tolist() == [0, 0, 0]
        assert decode(payload)[0].tolist() == [0, 0, 0]

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros(()),
            np.zeros((0, 5)),
            np.zeros((5, 0, 2), dtype="int8"),
            np.arange(6)[::-1],
            np.arange(12).reshape(3, 4)[::-1, ::2],
            np.broadcast_to(np.float64(3), (2, 3)),
            np.array([np.nan, np.inf, -0.0]),
            np.array(["a", "longer", ""]),
            np.arange(3, dtype=">f8"),
            np.array([True, False]),
            np.full((1,) * MAX_AXES, 2.0),
        ],
        ids=range(11),
    )
    def test_unusual_arrays(self, array: np.ndarray[Any, Any]) -> None:
        """Empty, reversed, broadcast, text, big-endian and many-axes arrays keep their values."""
        got = back(array)
        assert got.shape == array.shape
        assert got.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(got, array)

    @pytest.mark.parametrize("value", [np.float32(1.5), np.int8(-3), np.bool_(True), np.str_("x")])
    def test_scalars_of_numpy_stay_scalars_of_numpy(self, value: Any) -> None:
        """np.float32 is not float."""
        assert same(back(value), value)

    @pytest.mark.parametrize("name", sorted(TORCH_DTYPES))
    def test_tensors_of_every_dtype(self, name: str) -> None:
        """Values, dtype and strides order of tensors survive."""
        tensor = torch.arange(6).reshape(2, 3).to(getattr(torch, name)).T
        got = back(tensor)
        assert same(got, tensor)
        assert got.stride() == tensor.stride()

    def test_tensors_keep_requires_grad_and_cross_as_leaves(self) -> None:
        """requires_grad survives; the graph does not."""
        leaf = torch.ones(2, requires_grad=True)
        assert back(leaf).requires_grad
        assert back(leaf).is_leaf
        assert not back(torch.ones(2)).requires_grad
        result = back((2 * leaf).sum())
        assert result.requires_grad
        assert result.grad_fn is None
        assert back(torch.nn.Parameter(torch.ones(2))).tolist() == [1, 1]

    def test_conjugate_and_negative_views(self) -> None:
        """Lazy bits of torch are resolved."""
        tensor = torch.tensor([1 + 2j, 3 - 1j])
        assert back(tensor.conj()).tolist() == [1 - 2j, 3 + 1j]
        assert back(tensor.conj().imag).tolist() == [-2, 1]

    @pytest.mark.parametrize("name", sorted(TORCH_DTYPES))
    def test_empty_tensors(self, name: str) -> None:
        """A tensor without elements keeps shape and dtype."""
        tensor = torch.zeros((0, 3), dtype=getattr(torch, name))
        assert same(back(tensor), tensor)
        scalar = torch.ones((), dtype=getattr(torch, name))
        assert same(back(scalar), scalar)

    @pytest.mark.parametrize("gap", [1, 2])
    def test_gapped_tensors(self, gap: int) -> None:
        """Non-contiguous stays non-contiguous."""
        tensor = torch.arange(12.0).reshape(3, 4)[:, ::gap]
        got = back(tensor)
        assert same(got, tensor)
        assert got.is_contiguous() is tensor.is_contiguous()

    def test_dtypes_sizes_ranges_and_slices(self) -> None:
        """Small kinds of numpy, torch and Python."""
        for value in (
            np.dtype("float32"),
            np.dtype("<U5"),
            torch.bfloat16,
            range(2, 10, 3),
            slice(None, 4, None),
            bytearray(b"ab"),
        ):
            got = back(value)
            assert got == value
        size = back(torch.Size([2, 3]))
        assert type(size) is torch.Size
        assert tuple(size) == (2, 3)

    def test_named_tuples_keep_their_fields(self) -> None:
        """By attribute, by index and by name; so do torch's and scipy's own."""
        point = back(Point(1.0, 2.0))
        assert (point.x, point.y, point[1], len(point)) == (1.0, 2.0, 2.0, 2)
        assert point == (1.0, 2.0)
        assert point.name == "Point"
        with pytest.raises(AttributeError):
            _ = point.z
        svd = back(np.linalg.svd(np.eye(2)))
        np.testing.assert_array_equal(svd.S, [1, 1])
        assert same(back(point), point)

    @pytest.mark.parametrize(
        "value",
        [
            torch.max(torch.tensor([[1.0, 3.0]]), dim=1),
            torch.linalg.svd(torch.eye(2)),
            torch.linalg.eigh(torch.eye(2)),
            torch.sort(torch.tensor([2.0, 1.0])),
        ],
        ids=["max", "svd", "eigh", "sort"],
    )
    def test_named_results_of_torch(self, value: Any) -> None:
        """What torch.max(x, dim) and torch.linalg.* return crosses as a named tuple."""
        got = back(value)
        assert len(got) == len(value)
        assert all(torch.equal(a, b) for a, b in zip(got, value, strict=True))
        fields = [name for name in ("values", "indices", "U", "S", "Vh") if hasattr(value, name)]
        assert all(torch.equal(getattr(got, n), getattr(value, n)) for n in fields)

    def test_ordered_and_default_dicts_are_dicts(self) -> None:
        """Their kind is dropped, their order kept."""
        assert back(OrderedDict(b=1, a=2)) == {"b": 1, "a": 2}
        assert list(back(OrderedDict(b=1, a=2))) == ["b", "a"]
        assert back(defaultdict(int, {"a": 1})) == {"a": 1}

    @pytest.mark.parametrize("name", ["PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"])
    def test_generators_of_numpy_continue_where_they_were(self, name: str) -> None:
        """The decoded generator draws what the original would have drawn."""
        rng = np.random.Generator(getattr(np.random, name)(3))
        rng.normal(size=5)
        rng.integers(0, 10, dtype=np.int32)  # leaves half a word behind
        copied = back(rng)
        assert copied.normal(size=4).tolist() == rng.normal(size=4).tolist()
        drawn = rng.integers(0, 100, size=4, dtype=np.int32)
        assert copied.integers(0, 100, size=4, dtype=np.int32).tolist() == drawn.tolist()

    def test_generators_of_torch_continue_where_they_were(self) -> None:
        """By state, too."""
        generator = torch.Generator().manual_seed(3)
        torch.rand(3, generator=generator)
        copied = back(generator)
        expected = torch.rand(4, generator=generator)
        assert torch.equal(torch.rand(4, generator=copied), expected)

    def test_text_with_lone_surrogates(self) -> None:
        """A string that is no Unicode text still crosses."""
        assert back("a\ud800b") == "a\ud800b"

    def test_large_integers(self) -> None:
        """Exact, up to the bound."""
        for value in (2**63, -(2**63) - 1, 10**1000, -(10**1000), 2 ** (8 * MAX_INT_BYTES - 2)):
            assert back(value) == value


class TestWhatMayNotCross:
    """Refusals on the way out."""

    @pytest.mark.parametrize(
        "value",
        [
            object(),
            len,
            int,
            Exception("x"),
            np.array([object()]),
            np.array([(1, 2)], dtype=[("a", int), ("b", int)]),
            np.array(["2020-01-01"], dtype="datetime64[D]"),
            np.array([b"ab"]),
            np.array([1], dtype=np.longdouble),
            np.dtype(object),
            torch.ones(2).to_sparse(),
            torch.ones(2, device="meta"),
            collections.deque([1]),
            memoryview(b"x"),
            {1: object()},
            [[{"a": lambda: 0}]],
            np.ma.masked_array([1.0], [True]),
            2 ** (8 * MAX_INT_BYTES),
        ],
        ids=range(18),
    )
    def test_other_objects_are_refused(self, value: Any) -> None:
        """The error says what was found, and is a ProtocolError."""
        with pytest.raises(ProtocolError):
            encode(value)

    def test_subclasses_do_not_pass_for_their_base(self) -> None:
        """A class that lies about itself is offered to `export`, not encoded as plain."""

        class Always(int):
            def __eq__(self, other: object) -> bool:
                return True

            __hash__ = int.__hash__

        class Sneaky(np.ndarray):
            pass

        class Tensorish(torch.Tensor):
            pass

        for value in (Always(3), np.zeros(2).view(Sneaky), torch.ones(2).as_subclass(Tensorish)):
            seen: list[object] = []

            def export(v: object, seen: list[object] = seen) -> Reference:
                seen.append(v)
                return Reference("handle", 1, "x")

            encode(value, export)
            assert len(seen) == 1

    def test_cycles_and_depth_are_bounded(self) -> None:
        """A list in itself and a list a million deep are errors, not crashes."""
        cyclic: list[Any] = []
        cyclic.append(cyclic)
        deep: Any = []
        for _ in range(1_000_000):
            deep = [deep]
        mutual: dict[str, Any] = {}
        mutual["x"] = [mutual]
        for value in (cyclic, deep, mutual):
            with pytest.raises(ProtocolError, match="deep"):
                encode(value)
        while deep:  # taken apart from outside: its destructor would recurse
            deep = deep.pop()

    def test_depth_up_to_the_bound_crosses(self) -> None:
        """The bound itself is usable."""
        value: Any = 1
        for _ in range(MAX_DEPTH):
            value = [value]
        assert back(value) == value
        with pytest.raises(ProtocolError, match="deep"):
            encode([value])

    def test_a_tree_of_shared_parts_does_not_explode(self) -> None:
        """2**60 parts by sharing are refused in bounded time."""
        value: Any = [1]
        for _ in range(60):
            value = [value, value]
        started = time.process_time()
        with pytest.raises(ProtocolError, match="parts"):
            encode(value)
        assert time.process_time() - started < 20

    def test_bytes_are_bounded(self) -> None:
        """One large array and many small ones are refused alike."""
        with pytest.raises(ProtocolError, match="bytes"):
            encode(np.zeros(MAX_BYTES // 8 + 1))
        with pytest.raises(ProtocolError, match="bytes"):
            encode([b"x" * 2**24] * 5)

    def test_references_are_made_by_export_only(self) -> None:
        """Kind, number and label of a reference survive; a label is cut."""
        made = Reference("callback", 5, "f" * 300)
        seen: list[Reference] = []
        decode(encode([made]), lambda reference: seen.append(reference))
        assert seen == [Reference("callback", 5, "f" * 200)]
        with pytest.raises(ProtocolError, match="plain data"):
            decode(encode(made))


def block(
    tag: bytes, name: str, shape: list[int], order: list[int], data: bytes, flags: bytes = b"\0\1"
) -> bytes:
    """An array's bytes as an attacker would write them."""
    out = tag + U32.pack(len(name)) + name.encode() + U32.pack(len(shape))
    for size, axis in zip(shape, order, strict=True):
        out += U32.pack(size) + U32.pack(axis)
    return out + flags + U32.pack(len(data)) + data


HUGE = 2**32 - 1
LIES = {
    "empty": b"",
    "unknown tag": b"?",
    "cut int": b"i" + U32.pack(4) + b"\0",
    "giant int": b"i" + U32.pack(MAX_INT_BYTES + 1) + bytes(MAX_INT_BYTES + 1),
    "cut text": b"s" + U32.pack(HUGE),
    "bad utf-8": b"s" + U32.pack(1) + b"\xff",
    "giant list": b"l" + U32.pack(HUGE),
    "giant dict": b"d" + U32.pack(HUGE) + b"N" * 50,
    "more after the end": b"NN",
    "list as key": b"d" + U32.pack(1) + b"l" + U32.pack(0) + b"N",
    "array as key": b"d" + U32.pack(1) + block(b"a", "<f8", [], [], bytes(8)) + b"N",
    "tuple of list as key": b"S" + U32.pack(1) + b"t" + U32.pack(1) + b"l" + U32.pack(0),
    "range of none": b"q" + U32.pack(3) + b"NNN",
    "range of step 0": b"q"
    + U32.pack(3)
    + b"".join(b"i" + U32.pack(1) + bytes([v]) for v in (0, 1, 0)),
    "range of two": b"q" + U32.pack(2) + b"NN",
    "object dtype": block(b"a", "|O", [1], [0], bytes(8)),
    "void dtype": block(b"a", "|V8", [1], [0], bytes(8)),
    "dtype with fields": block(b"a", "f8,f8", [1], [0], bytes(16)),
    "dtype by comma": block(b"a", "<U1,O", [1], [0], bytes(8)),
    "text of no width": block(b"a", "<U0", [0], [0], b""),
    "text of giant width": block(b"a", "<U" + "9" * 30, [0], [0], b""),
    "text of wide width": block(b"a", "<U2147483647", [0], [0], b""),
    "text with odd digits": block(b"a", "<U\u0663", [1], [0], bytes(12)),
    "shape larger than data": block(b"a", "<f8", [3], [0], bytes(8)),
    "shape smaller than data": block(b"a", "<f8", [1], [0], bytes(16)),
    "shape overflowing to the size": block(b"a", "|u1", [2**31, 2**31, 4], [0, 1, 2], bytes(0)),
    "axis twice": block(b"a", "<f8", [1, 1], [0, 0], bytes(8)),
    "axis beyond": block(b"a", "<f8", [1, 1], [0, 2], bytes(8)),
    "too many axes": block(b"a", "|u1", [1] * 33, list(range(33)), b"\0"),
    "scalar with a shape": block(b"g", "<f8", [1], [0], bytes(8)),
    "tensor dtype of numpy": block(b"x", "<f8", [1], [0], bytes(8)),
    "tensor dtype by name": block(b"x", "__class__", [1], [0], bytes(8)),
    "tensor of wrong width": block(b"x", "float64", [2], [0], bytes(8)),
    "dtype that is none": b"D" + U32.pack(2) + b"|O",
    "torch dtype that is a function": b"E" + U32.pack(4) + b"load",
    "size of text": b"z" + U32.pack(1) + b"s" + U32.pack(0),
    "negative size": b"z" + U32.pack(1) + b"i" + U32.pack(1) + b"\xff",
    "generator of nothing": b"RN",
    "generator of another class": b"R" + encode({"bit_generator": "BitGenerator"}),
    "generator by attribute": b"R" + encode({"bit_generator": "os"}),
    "generator with a bad state": b"R" + encode({"bit_generator": "PCG64", "state": {}}),
    "generator with giant state": b"R"
    + encode(
        {
            "bit_generator": "PCG64",
            "state": {"state": 2**2000, "inc": 1},
            "has_uint32": 0,
            "uinteger": 0,
        }
    ),
    "mt19937 with a bad position": b"R"
    + encode(
        {
            "bit_generator": "MT19937",
            "state": {"key": np.zeros(624, dtype=np.uint32), "pos": 10**9},
        }
    ),
    "mt19937 with a short key": b"R"
    + encode(
        {"bit_generator": "MT19937", "state": {"key": np.zeros(3, dtype=np.uint32), "pos": 1}}
    ),
    "torch generator of no size": b"r" + U32.pack(0),
    "named without name": b"nN" + encode(["a"]) + encode([1]),
    "named with more fields": b"n" + encode("P") + encode(["a", "b"]) + encode([1]),
    "named with numbers as fields": b"n" + encode("P") + encode([1]) + encode([1]),
    "handle without label": b"h" + U32.pack(1),
    "deep": (b"l" + U32.pack(1)) * 1_000_000 + b"N",
    "deep tuples as keys": (b"S" + U32.pack(1) + b"t" + U32.pack(1)) * 100_000 + b"N",
    "deep named": b"n" * 100_000,
}


class TestHostileBytes:
    """decode raises ProtocolError and nothing else, and allocates nothing for a lie."""

    @pytest.mark.parametrize("name", sorted(LIES))
    def test_a_lie_is_a_protocol_error(self, name: str) -> None:
        """Each known lie is refused at once and without memory."""
        tracemalloc.start()
        started = time.process_time()
        try:
            with pytest.raises(ProtocolError):
                decode(LIES[name])
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 50_000_000
        assert time.process_time() - started < 10

    @pytest.mark.parametrize("tag", [b"a", b"x"])
    @pytest.mark.parametrize("gap", [b"\0", b"\1"])
    @pytest.mark.parametrize(
        "shape",
        [[0, HUGE], [HUGE, 0], [HUGE, HUGE, 0], [0] + [HUGE] * 5, [HUGE] * 31 + [0]],
        ids=range(5),
    )
    def test_empty_arrays_with_giant_axes_cost_nothing(
        self, tag: bytes, gap: bytes, shape: list[int]
    ) -> None:
        """A shape of billions with no element is an error or an empty array, never memory."""
        name = "<f8" if tag == b"a" else "float64"
        payload = block(tag, name, shape, list(range(len(shape))), b"", gap + b"\0")
        tracemalloc.start()
        try:
            value = decode(payload)
            assert tuple(value.shape) == tuple(shape)
        except ProtocolError:
            pass
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 1_000_000

    def test_items_are_bounded(self) -> None:
        """More than MAX_ITEMS values in a small payload are refused."""
        count = MAX_ITEMS + 5
        with pytest.raises(ProtocolError, match="parts"):
            decode(b"l" + U32.pack(count) + b"N" * count)

    def test_bools_of_other_bytes_are_bools(self) -> None:
        """Byte 2 in a bool array or tensor is True, not undefined behaviour."""
        array = decode(block(b"a", "|b1", [2], [0], b"\2\0"))
        assert (array == np.array([True, False])).all()
        assert set(array.view(np.uint8).tolist()) <= {0, 1}
        tensor = decode(block(b"x", "bool", [2], [0], b"\2\0"))
        assert tensor.tolist() == [True, False]
        assert set(tensor.view(torch.uint8).tolist()) <= {0, 1}

    def test_sets_and_dicts_with_repeated_keys(self) -> None:
        """A repeated key is no crash; the last value stays."""
        payload = b"d" + U32.pack(2) + (encode("a") + encode(1)) + (encode("a") + encode(2))
        assert decode(payload) == {"a": 2}

    def test_keys_with_equal_hashes_do_not_stall(self) -> None:
        """Integers that collide in a dict are bounded in time."""
        clashing = {i * (2**61 - 1): None for i in range(3000)}
        started = time.process_time()
        assert len(back(clashing)) == len(clashing)
        assert time.process_time() - started < 10

    def test_named_tuples_can_not_shadow_python(self) -> None:
        """Field names such as __class__ or index don't replace the tuple's own."""
        value = back(protocol.NamedTuple("P", ["__class__", "index", "name"], [1, 2, 3]))
        assert type(value) is protocol.NamedTuple
        assert value.index(2) == 1
        assert isinstance(value.name, str)

    @settings(max_examples=400, deadline=None)
    @given(st.binary(max_size=80))
    def test_random_bytes(self, data: bytes) -> None:
        """Noise is a ProtocolError or a value."""
        try:
            decode(data)
        except ProtocolError:
            pass

    @settings(max_examples=300, deadline=None)
    @given(nested, st.data())
    def test_damaged_payloads(self, value: Any, data: st.DataObject) -> None:
        """A proper payload with bytes changed, cut or doubled is an error or a value."""
        payload = bytearray(encode(value))
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, max(len(payload) - 1, 0)))
            change = data.draw(st.sampled_from(["flip", "cut", "double"]))
            if change == "flip" and payload:
                payload[at] = data.draw(st.integers(0, 255))
            elif change == "cut":
                del payload[at:]
            else:
                payload[at:at] = payload[:at]
        try:
            decode(bytes(payload))
        except ProtocolError:
            pass

    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from(sorted(NUMPY_DTYPES) + sorted(TORCH_DTYPES) + ["<U3", "|O", "<M8[s]"]),
        st.sampled_from([b"a", b"x", b"g"]),
        st.lists(st.integers(0, 4) | st.sampled_from([HUGE, 2**31, 2**16]), max_size=4),
        st.binary(max_size=64),
        st.binary(min_size=2, max_size=2),
    )
    def test_arrays_that_lie(
        self, name: str, tag: bytes, shape: list[int], data: bytes, flags: bytes
    ) -> None:
        """Any dtype, shape, flags and data: an error or an array that can be read safely."""
        try:
            value = decode(block(tag, name, shape, list(range(len(shape))), data, flags))
        except ProtocolError:
            return
        repr(value)
