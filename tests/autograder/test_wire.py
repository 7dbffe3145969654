"""Frames over a socket: whole, bounded, with descriptors, and what happens at the end."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from autograder.protocol import HEADER, MAX_BYTES, ProtocolError
from autograder.wire import WireClosed, receive_frame, send_frame

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two ends of a stream socket."""
    left, right = socket.socketpair()
    yield left, right
    left.close()
    right.close()


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 65_536])
def test_frames_come_whole_and_in_order(pair: Pair, size: int) -> None:
    """Each payload is read as it was sent, empty ones too."""
    left, right = pair
    send_frame(left, b"x" * size)
    send_frame(left, b"next")
    assert receive_frame(right) == (b"x" * size, None)
    assert receive_frame(right) == (b"next", None)


def test_a_frame_larger_than_the_sockets_buffer(pair: Pair) -> None:
    """Eight megabytes arrive while they are being sent."""
    left, right = pair
    payload = os.urandom(2**23)
    sender = threading.Thread(target=send_frame, args=(left, payload))
    sender.start()
    assert receive_frame(right)[0] == payload
    sender.join(5)


def test_a_frame_in_single_bytes(pair: Pair) -> None:
    """However it is cut on the way, it is one frame."""
    left, right = pair
    for byte in HEADER.pack(3) + b"abc":
        left.send(bytes([byte]))
    assert receive_frame(right) == (b"abc", None)


@pytest.mark.parametrize("payload", [b"", b"with a payload"])
def test_a_descriptor_comes_with_its_frame(pair: Pair, payload: bytes) -> None:
    """The receiver gets a descriptor of its own for the same file."""
    left, right = pair
    reader, writer = os.pipe()
    send_frame(left, payload, writer)
    os.close(writer)
    received, descriptor = receive_frame(right)
    assert received == payload
    assert descriptor is not None
    os.write(descriptor, b"hello")
    os.close(descriptor)
    assert os.read(reader, 10) == b"hello"
    os.close(reader)


def test_too_long_a_frame_is_refused_before_it_is_read(pair: Pair) -> None:
    """A length beyond the bound is an error, and nothing is allocated."""
    left, right = pair
    left.send(HEADER.pack(MAX_BYTES + 1))
    with pytest.raises(ProtocolError, match="at most"):
        receive_frame(right)


@pytest.mark.parametrize("sent", [b"", b"\0\0\0", HEADER.pack(5), HEADER.pack(5) + b"ab"])
def test_an_end_in_the_middle_is_told(pair: Pair, sent: bytes) -> None:
    """A peer that goes away at any point is WireClosed."""
    left, right = pair
    left.send(sent)
    left.close()
    with pytest.raises(WireClosed):
        receive_frame(right)


def test_sending_to_nobody_is_told(pair: Pair) -> None:
    """So is a peer that does not read any more."""
    left, right = pair
    right.close()
    with pytest.raises(WireClosed):
        for _ in range(100):
            send_frame(left, b"x" * 100_000)


def test_wire_closed_is_an_end_of_file() -> None:
    """Code that expects EOFError is served."""
    assert issubclass(WireClosed, EOFError)
