"""The reader of handed-in safetensors files: right ones, and ones nobody honest writes."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import weights
from autograder.errors import SubmissionError
from autograder.weights import left_out, read_weights

# safetensors 0.8.0, of {"W": torch.arange(6.0).reshape(2, 3), "b": bfloat16 [1.5, -2]}
WRITTEN_BY_THE_LIBRARY = (
    "eAAAAAAAAAB7IlciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzAsMjRdfSwiYiI6"
    "eyJkdHlwZSI6IkJGMTYiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlsyNCwyOF19fSAgICAgICAAAAAAAACAPwAA"
    "AEAAAEBAAACAQAAAoEDAPwDA"
)
KINDS = {"f4": "F32", "f8": "F64", "f2": "F16", "i8": "I64", "i4": "I32", "u1": "U8", "b1": "BOOL"}


def written(arrays: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """The bytes of a right file."""
    header, body = {}, b""
    for name, array in arrays.items():
        place = [len(body), len(body) + array.nbytes]
        kind = KINDS[array.dtype.str[1:]]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": place}
        body += array.tobytes()
    return with_header(header, body)


def with_header(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def one(**changes: Any) -> bytes:
    """A file of one array of two numbers, with changes in its header."""
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}
    return with_header({"W": entry}, np.ones(2, "f4").tobytes())


def read(folder: Path, data: bytes) -> dict[str, np.ndarray[Any, Any]]:
    path = folder / "q5.safetensors"
    path.write_bytes(data)
    return read_weights(path)


def test_a_file_of_the_library_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, base64.b64decode(WRITTEN_BY_THE_LIBRARY))
    assert list(found) == ["W", "b"]
    assert np.array_equal(found["W"], np.arange(6.0).reshape(2, 3))
    assert found["b"].dtype == np.float32 and found["b"].tolist() == [1.5, -2.0]


def test_every_kind_and_shape_comes_back(tmp_path: Path) -> None:
    arrays = {
        kind: np.ones(shape, kind)
        for kind, shape in zip(
            KINDS, [(), (3,), (2, 1), (0, 4), (1, 1, 1), (5,), (2,)], strict=True
        )
    }
    found = read(tmp_path, written(arrays))
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)
        assert found[name].flags.writeable
    assert read(tmp_path, with_header({"__metadata__": {"format": "pt"}})) == {}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "header of at most"),
        (b"\x00" * 7, "header of at most"),
        ((2**63).to_bytes(8, "little") + b"{}", "header of at most"),
        ((3).to_bytes(8, "little") + b"{}", "header of at most"),
        (b"PK\x03\x04" + bytes(100), "header of at most"),
        (with_header(b"nonsense"), "header in JSON"),
        (with_header(b"\xff\xfe"), "header in JSON"),
        (with_header(b"[" * 100_000), "header in JSON"),
        (with_header(b'{"a": 1, "a": 2}'), "stands there twice"),
        (with_header(b'{"a": ' + b"9" * 9999 + b"}"), "header in JSON"),
        (with_header([]), "header with names"),
        (with_header({"W": None}), "'?W'? of dtype"),
        (with_header({str(k): {} for k in range(1001)}), "at most 1000 arrays, got 1001"),
        (one(dtype="C64"), "of dtype"),
        (one(dtype=["F32"]), "of dtype"),
        (one(shape=[1] * 8 + [2]), "at most 8 axes"),
        (one(shape=2), "at most 8 axes"),
        (one(shape=[-1, -2]), "at most 8 axes"),
        (one(shape=[2.0]), "at most 8 axes"),
        (one(shape=[True, 2]), "at most 8 axes"),
        (one(shape=[0, 10**30], data_offsets=[0, 0]), "at most 8 axes"),
        (one(shape=[3]), "as many bytes as its shape needs"),
        (one(shape=[2**20, 2**20, 2**20, 2**10]), "as many bytes as its shape needs"),
        (one(data_offsets=[0, 16]), "within the file"),
        (one(data_offsets=[8, 0]), "within the file"),
        (one(data_offsets=[0]), "within the file"),
        (one(data_offsets=[-8, 0]), "within the file"),
        (one() + b"more", "8 bytes of numbers, got 12"),
        (one(shape=[1], data_offsets=[4, 8]), "side by side"),
        (written({"W": np.array([1, np.nan])}), "finite"),
        (written({"W": np.array([np.inf], "f2")}), "finite"),
    ],
)
def test_broken_files_are_told(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SubmissionError, match=f"q5.safetensors must have .*{message}"):
        read(tmp_path, data)


def test_two_names_of_the_same_bytes_are_refused(tmp_path: Path) -> None:
    """A small file must not become a large one in memory."""
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    with pytest.raises(SubmissionError, match="overlap"):
        read(tmp_path, with_header({"a": entry, "b": entry}, bytes(8)))


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    """A link could name the gradebook; a pipe would never end."""
    secret = tmp_path / "secret"
    secret.write_bytes(one())
    os.symlink(secret, tmp_path / "link.safetensors")
    os.mkfifo(tmp_path / "pipe.safetensors")
    os.mkdir(tmp_path / "folder.safetensors")
    for name in ("link", "pipe", "folder"):
        path = tmp_path / f"{name}.safetensors"
        with pytest.raises(SubmissionError, match=f"{name}.safetensors must have"):
            read_weights(path)
    with pytest.raises(SubmissionError, match="must lie beside the notebook, got none"):
        read_weights(tmp_path / "missing.safetensors")


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "q5.safetensors"
    with path.open("wb") as file:
        file.truncate(weights.MAX_BYTES + 1)
    with pytest.raises(SubmissionError, match="at most 67108864 bytes, got 67108865"):
        read_weights(path)


RIGHT = written({"W": np.arange(6, dtype="f4").reshape(2, 3), "n": np.array(3)})


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(RIGHT) - 1), st.integers(0, 255), st.booleans())
def test_a_changed_byte_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, cut: bool
) -> None:
    """Never another error, and never more numbers than the file has."""
    data = RIGHT[:at] if cut else RIGHT[:at] + bytes([byte]) + RIGHT[at + 1 :]
    try:
        found = read(tmp_path_factory.getbasetemp(), data)
    except SubmissionError:
        return
    assert sum(array.nbytes for array in found.values()) <= 2 * len(data)


@pytest.mark.parametrize(
    ("name", "accepted", "reason"),
    [
        ("data.csv", set(), ""),
        ("model.py", set(), ""),
        ("q5.safetensors", {"q5.safetensors"}, ""),
        ("q5.safetensors", set(), "of which none are accepted"),
        ("sub/q5.safetensors", {"q5.safetensors"}, "of which only q5.safetensors is accepted"),
        ("net.PT", {"q5.safetensors"}, "must come from the notebook's own run"),
        ("weights.npz", set(), "must come from the notebook's own run"),
    ],
)
def test_which_files_are_left_out(name: str, accepted: set[str], reason: str) -> None:
    found = left_out(name, accepted)
    assert reason in found and bool(found) == bool(reason)
