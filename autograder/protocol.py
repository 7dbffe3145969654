"""What crosses between the judge and a student's process, and its bounds.

Theory of operation
-------------------
The two processes share one stream socket. A *frame* is an 8-byte big-endian length and that many
bytes of payload; a payload is one value in the tagged binary form below. Only plain data has such a
form: None, bool, int, float, complex, str, bytes, list, tuple, named tuple, dict, set, range,
    slice, numpy scalars, arrays and dtypes, torch tensors, dtypes, sizes, and random generators by
    their state. Everything else crosses as a *reference*: a number and a label. A reference to an
    object over there is a handle, one to a function over here a callback; neither carries code.

Reading believes nothing. Each length is checked against what is left before anything is allocated,
nesting and the number of values are bounded, array sizes must equal shape times item size, dtypes
come from a fixed table, dictionary keys must be plain. What does not fit raises `ProtocolError`; no
other exception leaves `decode`. Nothing is ever unpickled, evaluated or imported because a frame
says so.

Arrays keep dtype, shape, the order of their axes in memory, whether they have gaps between
elements, whether they may be written, and (tensors) requires_grad: a test can send a transposed,
read-only or non-contiguous input and the student's function receives one.
"""

from __future__ import annotations

import struct
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.errors import SubmissionError, shown

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 64
MAX_ITEMS = 1_000_000
MAX_INT_BYTES = 4096
MAX_AXES = 32
HEADER = struct.Struct(">Q")
_U32 = struct.Struct(">I")
_F64 = struct.Struct(">d")

NUMPY_DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "float16 float32 float64 complex64 complex128"
    ).split()
}
# torch has no portable byte form of its own; the second column is the numpy dtype of equal width.
TORCH_DTYPES = {
    "bool": "|b1",
    "uint8": "|u1",
    "int8": "|i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "float16": "<i2",
    "bfloat16": "<i2",
    "float32": "<i4",
    "float64": "<i8",
    "complex64": "<i8",
    "complex128": "<c16",
}
BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class ProtocolError(SubmissionError):
    """A frame or value that must not or cannot cross."""


@dataclass(frozen=True)
class Reference:
    """Something that stays where it is: `kind` is "handle" (theirs) or "callback" (the judge's)."""

    kind: str
    id: int
    label: str


class NamedTuple(tuple[Any, ...]):
    """A named tuple from the other side: fields by attribute, class name as a label only."""

    name: str
    fields: tuple[str, ...]

    def __new__(cls, name: str, fields: Iterable[str], values: Iterable[Any]) -> NamedTuple:
        self = super().__new__(cls, values)
        self.name, self.fields = name, tuple(fields)
        return self

    def __getattr__(self, field: str) -> Any:
        fields = self.__dict__.get("fields", ())
        if field in fields:
            return self[fields.index(field)]
        raise AttributeError(f"{self.__dict__.get('name')} has no field {field!r}")


Export = Callable[[object], Reference]
Resolve = Callable[[Reference], object]


def _refuse(value: object) -> Reference:
    raise ProtocolError(f"value must be plain data, got {shown(type(value).__name__)}")


def _no_references(reference: Reference) -> object:
    raise ProtocolError(f"value must be plain data, got a {reference.kind}")


def encode(value: object, export: Export = _refuse) -> bytes:
    """`value` as a payload.

    Args:
        value: plain data; anything else is offered to `export`.
        export: makes a reference for what is not plain data, or raises `ProtocolError`.

    Raises:
        ProtocolError: not plain data, nested deeper than MAX_DEPTH (cycles too), more than
            MAX_ITEMS
            values, or larger than MAX_BYTES.
    """
    writer = _Writer(export)
    writer.put(value, 0)
    return bytes(writer.out)


def decode(payload: bytes, resolve: Resolve = _no_references) -> Any:
    """The value of a payload.

    Raises:
        ProtocolError: whatever is wrong with it.
    """
    reader = _Reader(payload, resolve)
    try:
        value = reader.take(0)
    except ProtocolError:
        raise
    except Exception as error:  # numpy and torch refuse a lie in many ways
        raise ProtocolError(f"payload must be well formed, got {shown(error)}") from None
    if reader.at != len(reader.data):
        raise ProtocolError(f"payload must end after its value, got {reader.left} bytes more")
    return value


def _torch() -> Any:
    """torch if this process has loaded it already: a value can't be a tensor otherwise."""
    return sys.modules.get("torch")


def _is_plain_torch(value: object, torch: Any) -> bool:
    return type(value) is torch.Tensor or type(value) is torch.nn.parameter.Parameter


class _Writer:
    def __init__(self, export: Export) -> None:
        self.out = bytearray()
        self.export = export
        self.items = 0

    def put(self, value: Any, depth: int) -> None:
        self.items += 1
        if depth > MAX_DEPTH:
            raise ProtocolError(f"value must be nested at most {MAX_DEPTH} deep, got more")
        if self.items > MAX_ITEMS:
            raise ProtocolError(f"value must have at most {MAX_ITEMS} parts, got more")
        if len(self.out) > MAX_BYTES:
            raise ProtocolError(f"value must be at most {MAX_BYTES} bytes, got more")
        writer = _WRITERS.get(type(value))
        if writer is not None:
            writer(self, value, depth)
        else:
            self._put_other(value, depth)

    def _put_other(self, value: Any, depth: int) -> None:
        torch = _torch()
        if isinstance(value, np.generic):
            self._put_array(b"g", np.asarray(value))
        elif isinstance(value, np.dtype):
            self.raw(b"D", _checked_dtype(value).encode())
        elif isinstance(value, NamedTuple):
            self._put_named(value.name, value.fields, value, depth)
        elif type(value).__mro__[1:2] == (tuple,) and _fields_of(value) is not None:
            self._put_named(type(value).__name__, _fields_of(value) or (), value, depth)
        elif type(value) is np.random.Generator:
            self._put_generator(value, depth)
        elif torch is not None and _is_plain_torch(value, torch):
            self._put_tensor(value)
        elif torch is not None and type(value) is torch.dtype:
            self.raw(b"E", str(value).removeprefix("torch.").encode())
        elif torch is not None and type(value) is torch.Size:
            self.many(b"z", list(value), depth)
        elif torch is not None and type(value) is torch.Generator and value.device.type == "cpu":
            self.raw(b"r", bytes(value.get_state().numpy().tobytes()))
        else:
            reference = value if type(value) is Reference else self.export(value)
            self.out += b"h" if reference.kind == "handle" else b"k"
            self.number(reference.id)
            self.raw(b"", reference.label[:200].encode("utf-8", "replace"))

    def number(self, value: int) -> None:
        try:
            self.out += _U32.pack(value)
        except struct.error:
            raise ProtocolError(f"number must be in [0, 2**32), got {shown(value)}") from None

    def raw(self, tag: bytes, data: bytes) -> None:
        if len(data) + len(self.out) > MAX_BYTES:
            raise ProtocolError(f"value must be at most {MAX_BYTES} bytes, got more")
        self.out += tag + _U32.pack(len(data))
        self.out += data

    def many(self, tag: bytes, values: Iterable[Any], depth: int) -> None:
        values = list(values)
        self.out += tag
        self.number(len(values))
        depth += 1
        for value in values:
            self.put(value, depth)

    def _put_int(self, value: int, _depth: int) -> None:
        size = value.bit_length() // 8 + 1
        if size > MAX_INT_BYTES:
            raise ProtocolError(f"int must have at most {MAX_INT_BYTES} bytes, got {size}")
        self.raw(b"i", value.to_bytes(size, "big", signed=True))

    def _put_dict(self, value: dict[Any, Any], depth: int) -> None:
        self.out += b"d"
        self.number(len(value))
        depth += 1
        for key, item in list(value.items()):
            self.put(key, depth)
            self.put(item, depth)

    def _put_named(
        self, name: str, fields: Iterable[str], values: Iterable[Any], depth: int
    ) -> None:
        self.out += b"n"
        self.put(str(name)[:200], depth + 1)
        self.put([str(field)[:200] for field in fields], depth + 1)
        self.put(list(values), depth + 1)

    def _put_generator(self, value: np.random.Generator, depth: int) -> None:
        self.out += b"R"
        self.put(_plain_state(value.bit_generator.state), depth + 1)

    def _put_array(self, tag: bytes, value: np.ndarray[Any, Any]) -> None:
        name = _checked_dtype(value.dtype)
        order, gapped = _layout(value.shape, value.strides, value.itemsize)
        flat = value
        if gapped or len(order) > 1 or value.dtype.str != name:
            flat = np.ascontiguousarray(value.transpose(order)).astype(name, copy=False)
        self._put_block(
            tag, name, value.shape, order, gapped, value.flags.writeable, flat.tobytes()
        )

    def _put_tensor(self, value: Any) -> None:
        torch = _torch()
        name = str(value.dtype).removeprefix("torch.")
        if name not in TORCH_DTYPES or value.layout is not torch.strided:
            raise ProtocolError(f"tensor must be dense with a plain dtype, got {shown(name)}")
        try:
            data = value.detach().cpu().resolve_conj().resolve_neg()
            strides = tuple(stride * data.element_size() for stride in data.stride())
            order, gapped = _layout(tuple(data.shape), strides, data.element_size())
            flat = data.permute(order).contiguous().reshape(-1).view(torch.uint8).numpy()
        except (RuntimeError, NotImplementedError) as error:  # on "meta", or inside a transform
            raise ProtocolError(f"tensor must have readable data, got {shown(error)}") from None
        self._put_block(
            b"x", name, tuple(data.shape), order, gapped, bool(value.requires_grad), flat.tobytes()
        )

    def _put_block(
        self,
        tag: bytes,
        name: str,
        shape: tuple[int, ...],
        order: tuple[int, ...],
        gapped: bool,
        flag: bool,
        data: bytes,
    ) -> None:
        self.raw(tag, name.encode())
        pairs = [number for pair in zip(shape, order, strict=True) for number in pair]
        try:
            self.out += struct.pack(f">I{len(pairs)}I??", len(shape), *pairs, gapped, flag)
        except struct.error:
            raise ProtocolError(f"shape must be below 2**32, got {shown(shape)}") from None
        self.raw(b"", data)


def _fields_of(value: tuple[Any, ...]) -> tuple[str, ...] | None:
    """Field names of a named tuple, or of what torch.max and torch.linalg.svd return."""
    fields = getattr(value, "_fields", None)
    if fields is None and hasattr(type(value), "n_sequence_fields"):
        fields = getattr(type(value), "__match_args__", ())
    return None if fields is None or len(fields) != len(value) else tuple(fields)


def _str_bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


_WRITERS: dict[type, Callable[[_Writer, Any, int], None]] = {
    type(None): lambda w, v, d: w.out.extend(b"N"),
    bool: lambda w, v, d: w.out.extend(b"T" if v else b"F"),
    int: _Writer._put_int,
    float: lambda w, v, d: w.out.extend(b"f" + _F64.pack(v)),
    complex: lambda w, v, d: w.out.extend(b"c" + _F64.pack(v.real) + _F64.pack(v.imag)),
    str: lambda w, v, d: w.raw(b"s", _str_bytes(v)),
    bytes: lambda w, v, d: w.raw(b"b", v),
    bytearray: lambda w, v, d: w.raw(b"b", bytes(v)),
    list: lambda w, v, d: w.many(b"l", v, d),
    tuple: lambda w, v, d: w.many(b"t", v, d),
    set: lambda w, v, d: w.many(b"S", v, d),
    frozenset: lambda w, v, d: w.many(b"Z", v, d),
    dict: _Writer._put_dict,
    OrderedDict: _Writer._put_dict,
    defaultdict: _Writer._put_dict,
    range: lambda w, v, d: w.many(b"q", [v.start, v.stop, v.step], d),
    slice: lambda w, v, d: w.many(b"p", [v.start, v.stop, v.step], d),
    type(...): lambda w, v, d: w.out.extend(b"."),
    np.ndarray: lambda w, v, d: w._put_array(b"a", v),
}


def _checked_dtype(dtype: np.dtype[Any]) -> str:
    name = dtype.str
    if name in NUMPY_DTYPES:
        return name
    name = dtype.newbyteorder("<").str
    if name in NUMPY_DTYPES or (dtype.kind == "U" and dtype.itemsize <= 40_000):
        return name
    raise ProtocolError(f"dtype must be a plain number, bool or text, got {shown(str(dtype))}")


def _layout(
    shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int
) -> tuple[tuple[int, ...], bool]:
    """Axes from slowest to fastest in memory, and whether elements have gaps between them."""
    if len(shape) < 2:
        return (0,)[: len(shape)], shape > (1,) and strides != (itemsize,)
    order = tuple(sorted(range(len(shape)), key=lambda axis: (-abs(strides[axis]), axis)))
    expected = itemsize
    gapped = False
    for axis in reversed(order):
        if shape[axis] > 1 and strides[axis] != expected:
            gapped = True
        expected *= max(shape[axis], 1)
    return order, gapped


def _plain_state(state: Any) -> Any:
    if isinstance(state, dict):
        return {str(key): _plain_state(item) for key, item in state.items()}
    return state


class _Reader:
    def __init__(self, data: bytes, resolve: Resolve) -> None:
        self.data = data
        self.end = len(data)
        self.at = 0
        self.items = 0
        self.resolve = resolve

    @property
    def left(self) -> int:
        return self.end - self.at

    def skip(self, count: int) -> int:
        """Where `count` bytes begin; the next ones are read behind them."""
        at = self.at
        if at + count > self.end:
            raise ProtocolError(f"payload must hold {count} more bytes, got {self.left}")
        self.at = at + count
        return at

    def chunk(self, count: int) -> bytes:
        at = self.skip(count)
        return self.data[at : self.at]

    def number(self) -> int:
        found: tuple[int] = _U32.unpack_from(self.data, self.skip(4))
        return found[0]

    def raw(self) -> bytes:
        return self.chunk(self.number())

    def text(self) -> str:
        return self.raw().decode("utf-8", "surrogatepass")

    def real(self) -> float:
        found: tuple[float] = _F64.unpack_from(self.data, self.skip(8))
        return found[0]

    def many(self, depth: int) -> list[Any]:
        count = self.number()
        if count > self.left:  # every value takes at least one byte
            raise ProtocolError(f"payload must hold {count} values, got {self.left} bytes")
        depth += 1
        return [self.take(depth) for _ in range(count)]

    def take(self, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH:
            raise ProtocolError(f"value must be nested at most {MAX_DEPTH} deep, got more")
        if self.items > MAX_ITEMS:
            raise ProtocolError(f"value must have at most {MAX_ITEMS} parts, got more")
        tag = self.data[self.skip(1)]
        reader = _BY_TAG.get(tag)
        if reader is None:
            raise ProtocolError(f"tag must be a known one, got {bytes([tag])!r}")
        return reader(self, depth)

    def _dict(self, depth: int) -> dict[Any, Any]:
        count = self.number()
        if 2 * count > self.left:
            raise ProtocolError(f"payload must hold {count} pairs, got {self.left} bytes")
        result = {}
        depth += 1
        for _ in range(count):
            key = _plain_key(self.take(depth))
            result[key] = self.take(depth)
        return result

    def _set(self, depth: int) -> set[Any]:
        return {_plain_key(key) for key in self.many(depth)}

    def _named(self, depth: int) -> NamedTuple:
        name, fields, values = self.take(depth + 1), self.take(depth + 1), self.take(depth + 1)
        if type(name) is not str or type(fields) is not list or type(values) is not list:
            raise ProtocolError("named tuple must have a name, fields and values, got other types")
        if len(fields) != len(values) or not all(type(field) is str for field in fields):
            raise ProtocolError("named tuple must have one text field per value, got other")
        return NamedTuple(name, fields, values)

    def _three(self, depth: int) -> list[Any]:
        values = self.many(depth)
        if len(values) != 3 or not all(v is None or type(v) is int for v in values):
            raise ProtocolError("range or slice must have three whole numbers, got other")
        return values

    def _size(self, depth: int) -> Any:
        import torch

        values = self.many(depth)
        if not all(type(v) is int and 0 <= v < 2**40 for v in values):
            raise ProtocolError("size must be whole numbers >= 0, got other")
        return torch.Size(values)

    def _reference(self, kind: str) -> object:
        return self.resolve(Reference(kind, self.number(), self.text()))

    def _block(self) -> tuple[str, tuple[int, ...], tuple[int, ...], bool, bool, bytes]:
        name = self.text()
        axes = self.number()
        if axes > MAX_AXES:
            raise ProtocolError(f"array must have at most {MAX_AXES} axes, got {axes}")
        pairs = struct.unpack_from(f">{2 * axes}I", self.data, self.skip(8 * axes))
        shape, order = pairs[::2], pairs[1::2]
        if sorted(order) != list(range(axes)):
            raise ProtocolError(f"axis order must be a permutation, got {shown(order)}")
        gapped, flag = self.chunk(2)
        return name, shape, order, bool(gapped), bool(flag), self.raw()

    def _array(self, _depth: int) -> np.ndarray[Any, Any]:
        name, shape, order, gapped, writeable, data = self._block()
        array = _rebuild(_known_dtype(name), shape, order, gapped, data)
        array.flags.writeable = writeable
        return array

    def _scalar(self, depth: int) -> Any:
        array = self._array(depth)
        if array.shape != ():
            raise ProtocolError(f"scalar must have shape (), got {shown(array.shape)}")
        return array[()]

    def _tensor(self, _depth: int) -> Any:
        import torch

        name, shape, order, gapped, requires_grad, data = self._block()
        if name not in TORCH_DTYPES:
            raise ProtocolError(f"dtype must be a plain tensor dtype, got {shown(name)}")
        flat = _rebuild(np.dtype(TORCH_DTYPES[name]), shape, order, gapped, data)
        tensor = torch.from_numpy(flat)
        if tensor.dtype != getattr(torch, name):
            tensor = tensor.view(getattr(torch, name))
        if not (tensor.is_floating_point() or tensor.is_complex()):
            return tensor
        return tensor.requires_grad_(requires_grad)

    def _dtype(self, _depth: int) -> np.dtype[Any]:
        return _known_dtype(self.text())

    def _torch_dtype(self, _depth: int) -> Any:
        import torch

        name = self.text()
        if name not in TORCH_DTYPES:
            raise ProtocolError(f"dtype must be a plain tensor dtype, got {shown(name)}")
        return getattr(torch, name)

    def _generator(self, depth: int) -> np.random.Generator:
        state = self.take(depth + 1)
        name = state.get("bit_generator") if type(state) is dict else None
        if name not in BIT_GENERATORS:
            raise ProtocolError(f"bit generator must be one of numpy's, got {shown(name)}")
        bits = getattr(np.random, name)(0)
        _check_state(state, bits.state)
        bits.state = state
        return np.random.Generator(bits)

    def _torch_generator(self, _depth: int) -> Any:
        import torch

        generator = torch.Generator()
        state = np.frombuffer(self.raw(), dtype=np.uint8).copy()
        if len(state) != generator.get_state().numel():
            raise ProtocolError(f"generator state must be of torch's size, got {len(state)} bytes")
        generator.set_state(torch.from_numpy(state))
        return generator


def _known_dtype(name: str) -> np.dtype[Any]:
    if name in NUMPY_DTYPES:
        return NUMPY_DTYPES[name]
    width = name.removeprefix("<U")
    if width != name and width.isdecimal() and len(width) <= 5 and 0 < int(width) <= 10_000:
        return np.dtype(name)
    raise ProtocolError(f"dtype must be a plain number, bool or text, got {shown(name)}")


_PLACES = {"pos": 624, "buffer_pos": 4, "has_uint32": 1}  # indices into a generator's own memory


def _check_state(found: Any, pattern: Any, name: str = "state") -> None:
    """Refuse a generator's state that is not like `pattern`: numpy believes what it is given."""
    if isinstance(pattern, dict):
        if type(found) is not dict or set(found) != set(pattern):
            raise ProtocolError(f"{name} must have keys {sorted(pattern)}, got other")
        for key in pattern:
            _check_state(found[key], pattern[key], key)
    elif isinstance(pattern, np.ndarray):
        like = (np.ndarray, pattern.dtype, pattern.shape)
        if (type(found), getattr(found, "dtype", None), getattr(found, "shape", None)) != like:
            raise ProtocolError(f"{name} must be an array like numpy's own, got other")
    elif isinstance(pattern, int):
        top = _PLACES.get(name, 2**128 - 1)
        if type(found) is not int or not 0 <= found <= top:
            raise ProtocolError(f"{name} must be a whole number in [0, {top}], got {shown(found)}")


def _rebuild(
    dtype: np.dtype[Any], shape: tuple[int, ...], order: tuple[int, ...], gapped: bool, data: bytes
) -> np.ndarray[Any, Any]:
    """An array of its own memory with the given axis order and, if `gapped`, gaps."""
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize != len(data):
        raise ProtocolError(f"array must hold {count} items, got {len(data)} bytes")
    if dtype.kind == "b":  # other bytes than 0 and 1 are undefined behaviour
        data = (np.frombuffer(data, dtype=np.uint8) != 0).tobytes()
    if not gapped and order == tuple(range(len(order))):
        return np.frombuffer(data, dtype=dtype).reshape(shape).copy()
    stored = tuple(shape[axis] for axis in order)
    flat = np.frombuffer(data, dtype=dtype).reshape(stored)
    if gapped and shape:
        room = np.zeros((*stored[:-1], 2 * stored[-1]), dtype=dtype)
        room[..., ::2] = flat
        flat = room[..., ::2]
    else:
        flat = flat.copy()
    inverse = sorted(range(len(order)), key=order.__getitem__)
    return flat.transpose(inverse)


def _plain_key(key: Any) -> Any:
    if type(key) is str:
        return key
    if isinstance(key, NamedTuple) or type(key) is tuple:
        for part in key:
            _plain_key(part)
        return key
    if key is None or type(key) in (bool, int, float, complex, str, bytes, frozenset):
        return key
    if isinstance(key, np.generic):
        return key
    raise ProtocolError(f"key must be plain, got {shown(type(key).__name__)}")


_READERS: dict[bytes, Callable[[_Reader, int], Any]] = {
    b"N": lambda r, d: None,
    b"T": lambda r, d: True,
    b"F": lambda r, d: False,
    b".": lambda r, d: ...,
    b"i": lambda r, d: int.from_bytes(r.chunk(_int_size(r.number())), "big", signed=True),
    b"f": lambda r, d: r.real(),
    b"c": lambda r, d: complex(r.real(), r.real()),
    b"s": lambda r, d: r.text(),
    b"b": lambda r, d: r.raw(),
    b"l": lambda r, d: r.many(d),
    b"t": lambda r, d: tuple(r.many(d)),
    b"S": _Reader._set,
    b"Z": lambda r, d: frozenset(r._set(d)),
    b"d": _Reader._dict,
    b"n": _Reader._named,
    b"q": lambda r, d: range(*r._three(d)),
    b"p": lambda r, d: slice(*r._three(d)),
    b"a": _Reader._array,
    b"g": _Reader._scalar,
    b"x": _Reader._tensor,
    b"z": _Reader._size,
    b"D": _Reader._dtype,
    b"E": _Reader._torch_dtype,
    b"R": _Reader._generator,
    b"r": _Reader._torch_generator,
    b"h": lambda r, d: r._reference("handle"),
    b"k": lambda r, d: r._reference("callback"),
}


_BY_TAG = {tag[0]: reader for tag, reader in _READERS.items()}


def _int_size(size: int) -> int:
    if size > MAX_INT_BYTES:
        raise ProtocolError(f"int must have at most {MAX_INT_BYTES} bytes, got {size}")
    return size
