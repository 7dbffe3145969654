"""The loop of a student's process: run a cell, make a copy of itself, answer requests.

Runs inside the sandbox. Whoever holds the other end of the socket is the judge; nothing that is
sent from here is believed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from typing import Any, NoReturn

from autograder.protocol import ProtocolError, encode
from autograder.student.namespace import NamespaceServer
from autograder.student.shell import CellShell
from autograder.wire import NO_COPY, WireClosed, receive_frame, send_frame


def serve(sock: socket.socket, shell: CellShell) -> NoReturn:
    """Answer frames until the judge closes the socket; never returns."""
    try:
        _Loop(sock, shell).run()
    except (WireClosed, ProtocolError, OSError):
        pass
    finally:
        os._exit(0)


class _Loop:
    def __init__(self, sock: socket.socket, shell: CellShell) -> None:
        self._sock = sock
        self._shell = shell
        self._server = NamespaceServer(shell.namespace, self._ask, {"exec": self._run_cell})
        self._busy = False
        self._copies: list[int] = []  # process groups of copies, each led by one
        self._is_copy = False
        signal.signal(signal.SIGINT, self._interrupt)

    def run(self) -> None:
        send_frame(self._sock, encode({"ready": os.getpid()}))
        while True:
            payload, descriptor = receive_frame(self._sock)
            if descriptor is not None:
                self._copy(descriptor)
                continue
            self._busy = True
            try:
                reply = self._server.handle(payload)
            except KeyboardInterrupt:
                reply = encode({"error": {"types": ["KeyboardInterrupt"], "message": "stopped"}})
            finally:
                self._busy = False
            send_frame(self._sock, reply)

    def _run_cell(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._shell.run(request["source"], silent=bool(request.get("silent")))

    def _copy(self, descriptor: int) -> None:
        """Fork; the copy serves the new socket, this process goes on as before."""
        other = socket.socket(fileno=descriptor)
        self._reap()
        try:
            child = os.fork()
        except OSError as error:
            send_frame(other, encode({"failed": f"{NO_COPY}: {error}"}))
            other.close()
            return
        if not self._is_copy:
            # By both, so that neither has to wait for the other.
            with contextlib.suppress(OSError):
                os.setpgid(child, child)
        if child:
            other.close()
            self._copies.append(child)
            return
        self._copies, self._is_copy = [], True
        self._sock.close()
        self._sock = other
        send_frame(self._sock, encode({"ready": os.getpid()}))

    def _reap(self) -> None:
        """Wait for copies that have ended: each counts as a process until then.

        A copy's own copies stay in its group. When it ends, the first process of the namespace
        (this one) becomes their parent and is the only one that can wait for them; it must not
        wait for just any child, since the student's code waits for its own.
        """
        self._copies = [copy for copy in self._copies if self._lives(copy)]

    def _lives(self, copy: int) -> bool:
        """Whether of a copy and its copies some may still have to be waited for."""
        wanted = copy if self._is_copy else -copy
        try:
            while os.waitpid(wanted, os.WNOHANG)[0] != 0:
                pass
            return True
        except ChildProcessError:
            return False

    def _ask(self, question: bytes) -> bytes:
        send_frame(self._sock, question)
        answer, _ = receive_frame(self._sock)
        return answer

    def _interrupt(self, _number: int, _frame: Any) -> None:
        # Between requests nothing of the student's runs: an interrupt that comes late is dropped.
        if self._busy:
            raise KeyboardInterrupt
