"""Frames over a stream socket: what `protocol` encodes, sent whole and read whole."""

from __future__ import annotations

import array
import os
import socket

from autograder.protocol import HEADER, MAX_BYTES, ProtocolError

NO_COPY = "can't copy the process"  # what a student's process says that may not fork


class WireClosed(EOFError):
    """The other end is gone."""


def send_frame(sock: socket.socket, payload: bytes, descriptor: int | None = None) -> None:
    """Send one payload, and with it a file descriptor if given.

    Raises:
        WireClosed: nobody listens any more.
    """
    frame = HEADER.pack(len(payload)) + payload
    try:
        if descriptor is not None:
            rights = array.array("i", [descriptor])
            sent = sock.sendmsg(
                [frame[: HEADER.size]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            )
            frame = frame[sent:]
        sock.sendall(frame)
    except (BrokenPipeError, ConnectionResetError):
        raise WireClosed("the other process is gone") from None


def receive_frame(sock: socket.socket) -> tuple[bytes, int | None]:
    """The next payload, waiting for it, and the file descriptor that came with it, if any.

    Raises:
        WireClosed: the other end is gone.
        ProtocolError: a frame longer than MAX_BYTES.
    """
    header, descriptor = b"", None
    while len(header) < HEADER.size:
        try:
            part, descriptors, _, _ = socket.recv_fds(sock, HEADER.size - len(header), 1)
        except ConnectionResetError:
            part, descriptors = b"", []
        for extra in descriptors[:-1]:
            os.close(extra)
        descriptor = descriptors[-1] if descriptors else descriptor
        if not part:
            raise WireClosed("the other process is gone")
        header += part
    (size,) = HEADER.unpack(header)
    if size > MAX_BYTES:
        raise ProtocolError(f"frame must be at most {MAX_BYTES} bytes, got {size}")
    payload = bytearray()
    while len(payload) < size:
        try:
            part = sock.recv(min(size - len(payload), 1 << 20))
        except ConnectionResetError:
            part = b""
        if not part:
            raise WireClosed("the other process is gone")
        payload += part
    return bytes(payload), descriptor
