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
from autograder.wire import WireClosed, receive_frame, send_frame


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
        self._copies: list[int] = []
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
            send_frame(other, encode({"failed": f"can't copy the process: {error}"}))
            other.close()
            return
        if child:
            other.close()
            self._copies.append(child)
            return
        self._copies = []
        self._sock.close()
        self._sock = other
        send_frame(self._sock, encode({"ready": os.getpid()}))

    def _reap(self) -> None:
        """Wait for copies that have ended: each counts as a process until then."""
        still = []
        for pid in self._copies:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    still.append(pid)
        self._copies = still

    def _ask(self, question: bytes) -> bytes:
        send_frame(self._sock, question)
        answer, _ = receive_frame(self._sock)
        return answer

    def _interrupt(self, _number: int, _frame: Any) -> None:
        # Between requests nothing of the student's runs: an interrupt that comes late is dropped.
        if self._busy:
            raise KeyboardInterrupt
