"""Weights that were trained elsewhere: a safetensors file beside the notebook, read with bounds.

A submission's file is data, and whoever reads it trusts nothing of it. This format can be read so:
eight bytes with the header's length, a header in JSON with each array's type, shape and place, and
the numbers. Formats that hold pickles (.pt, .pkl) would run code and are never opened.

A file is read only if a test says so, `question("q5", weights="q5.safetensors")`. In a judged
assignment any other file that looks like weights is left out of the sandbox, so that what is marked
comes from the notebook's own run.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from autograder.errors import SubmissionError, shown

MAX_BYTES = 64 * 2**20
MAX_HEADER = 2**20
MAX_ARRAYS = 1000
MAX_AXES = 8
LENGTH = 8  # bytes of the header's length
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}\.safetensors")
# What training libraries save networks as; a text file with numbers in it can't be told.
SUFFIXES = frozenset(
    ".bin .ckpt .gguf .h5 .hdf5 .joblib .keras .mat .npy .npz .onnx .pickle .pkl .pt .pth"
    " .safetensors".split()
)
TYPES = {
    "BOOL": "?",
    "I8": "<i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "U8": "<u1",
    "F16": "<f2",
    "BF16": "<u2",  # numpy has none: widened to float32
    "F32": "<f4",
    "F64": "<f8",
}


def left_out(name: str, accepted: set[str]) -> str:
    """Why a submitted file must not lie beside the notebook while it is graded, "" if it may."""
    if Path(name).suffix.lower() not in SUFFIXES or name in accepted:
        return ""
    allowed = f"only {', '.join(sorted(accepted))} is" if accepted else "none are"
    return (
        f"weights trained elsewhere, of which {allowed} accepted here; left out: weights must come "
        "from the notebook's own run"
    )


def read_weights(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a safetensors file, by name; each a copy of its own, all numbers finite.

    Args:
        path: the file; its folder is trusted, the file is not.

    Raises:
        SubmissionError: no such file, no regular one, one beyond the bounds, or a broken one.
    """
    data = _content(path)
    size = int.from_bytes(data[:LENGTH], "little")
    if len(data) < LENGTH or size > min(MAX_HEADER, len(data) - LENGTH):
        raise _bad(path, f"a header of at most {MAX_HEADER} bytes within the file", size)
    header = _header(path, data[LENGTH : LENGTH + size])
    header.pop("__metadata__", None)
    if len(header) > MAX_ARRAYS:
        raise _bad(path, f"at most {MAX_ARRAYS} arrays", len(header))
    body = memoryview(data)[LENGTH + size :]
    places: list[tuple[int, int]] = []
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, entry in header.items():
        first, end, arrays[name] = _array(path, name, entry, body)
        places.append((first, end))
    covered = 0
    for first, end in sorted(places):
        if first != covered:
            raise _bad(path, "arrays side by side", f"a gap or an overlap at byte {first}")
        covered = end
    if covered != len(body):
        raise _bad(path, f"{covered} bytes of numbers", len(body))
    return arrays


def _content(path: Path) -> bytes:
    """The bytes of a regular file; a link, a pipe or a device is not opened, or not read."""
    flags = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC")]
    try:
        descriptor = os.open(path, os.O_RDONLY | sum(flags))
    except FileNotFoundError:
        raise SubmissionError(f"{path.name} must lie beside the notebook, got none") from None
    except OSError as error:
        raise _bad(path, "a file that can be read", error.strerror) from None
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise _bad(path, "regular content", "a folder, a pipe or a device")
        if info.st_size > MAX_BYTES:
            raise _bad(path, f"at most {MAX_BYTES} bytes", info.st_size)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES)
    finally:
        os.close(descriptor)


def _header(path: Path, text: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name stands there twice")
        return dict(pairs)

    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise _bad(path, "a header in JSON", error) from None
    if not isinstance(header, dict):
        raise _bad(path, "a header with names", type(header).__name__)
    return header


def _array(
    path: Path, name: str, entry: Any, body: memoryview
) -> tuple[int, int, np.ndarray[Any, Any]]:
    """Where an array begins and ends, and the array."""
    fields = entry if isinstance(entry, dict) else {}
    kind, shape, place = (fields.get(key) for key in ("dtype", "shape", "data_offsets"))
    dtype = TYPES.get(kind) if isinstance(kind, str) else None
    if dtype is None:
        raise _bad(path, f"{shown(name)} of dtype {', '.join(TYPES)}", kind)
    if not _naturals(shape) or len(shape) > MAX_AXES:
        raise _bad(path, f"{shown(name)} with a shape of at most {MAX_AXES} axes", shape)
    if not _naturals(place) or len(place) != 2 or not place[0] <= place[1] <= len(body):
        raise _bad(path, f"{shown(name)} within the file", place)
    first, end = place
    if math.prod(shape) * np.dtype(dtype).itemsize != end - first:
        raise _bad(path, f"{shown(name)} in as many bytes as its shape needs", end - first)
    flat: np.ndarray[Any, Any] = np.frombuffer(body[first:end], dtype)
    if kind == "BF16":
        flat = (flat.astype("<u4") << 16).view("<f4")
    if flat.dtype.kind == "f" and not np.isfinite(flat).all():
        raise _bad(path, f"{shown(name)} finite", "NaN or infinity")
    return first, end, flat.reshape(shape).copy()


def _naturals(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(n) is int and 0 <= n <= MAX_BYTES for n in value)


def _bad(path: Path, wanted: str, found: object) -> SubmissionError:
    return SubmissionError(f"{path.name} must have {wanted}, got {shown(found)}")
