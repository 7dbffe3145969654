"""What attacks aim at, made by the test and nothing else: canaries, and listeners on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import socket
import stat
import tempfile
import threading
from pathlib import Path
from types import TracebackType


class World:
    """Canary files and listeners of one class; a context.

    Args:
        root: the course's folder.
        checkout: where the grader's code lies.

    Attributes:
        canaries: name -> the word that must not come back.
        reached: what listeners were told.
    """

    def __init__(self, root: Path, checkout: Path) -> None:
        self.canaries = {
            name: f"CANARY{name}{secrets.token_hex(8)}"
            for name in ("hidden", "gradebook", "other", "environment", "private", "world")
        }
        self.root, self.checkout = root, checkout
        self.private = root.parent / "private"
        self.open = Path(tempfile.mkdtemp(prefix="tdl-attack-world-"))
        self.left = f"tdl-left-{secrets.token_hex(4)}"
        self.reached: list[bytes] = []
        self._abstract = f"tdl-attack-{secrets.token_hex(8)}"
        self._sockets: list[socket.socket] = []
        self._stop, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> World:
        self.private.mkdir(mode=0o700)
        (self.private / "secret.txt").write_text(self.canaries["private"])
        (self.private / "gradebook.csv").write_text(self.canaries["gradebook"])
        (self.private / "made").mkdir()
        self.open.chmod(0o755)
        (self.open / "secret.txt").write_text(self.canaries["world"])
        (self.open / "open").mkdir()
        (self.open / "open").chmod(0o777)
        os.environ["TDL_TEST_CANARY"] = self.canaries["environment"]
        stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
        tcp = self._listener(socket.AF_INET, stream, ("127.0.0.1", 0))
        udp = self._listener(socket.AF_INET, datagram, ("127.0.0.1", 0))
        self._listener(socket.AF_UNIX, stream, str(self.open / "socket"))
        (self.open / "socket").chmod(0o777)
        self._listener(socket.AF_UNIX, stream, "\0" + self._abstract)
        self._listener(socket.AF_UNIX, datagram, "\0" + self._abstract + "d")
        self.names = {
            "ROOT": str(self.root),
            "CHECKOUT": str(self.checkout),
            "PRIVATE": str(self.private),
            "WORLD": str(self.open),
            "CANARIES": str(self.private / "made"),
            "LEFT": self.left,
            "KEY": str(secrets.randbelow(2**30) + 1),
            "PID": str(os.getpid()),
            "TCP": str(tcp.getsockname()[1]),
            "UDP": str(udp.getsockname()[1]),
            "ABSTRACT": self._abstract,
            "OTHER": self.canaries["other"],
        }
        self._thread.start()
        return self

    def _listener(self, family: int, kind: int, address: object) -> socket.socket:
        listener = socket.socket(family, kind)
        listener.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            listener.listen(8)
        self._sockets.append(listener)
        return listener

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._stop, *self._sockets], [], [])
            if self._stop in ready:
                return
            for listener in ready:
                if listener.type == socket.SOCK_DGRAM:
                    self.reached.append(listener.recv(1000))
                    continue
                connection, _ = listener.accept()
                connection.settimeout(0.5)
                with connection, contextlib.suppress(OSError):
                    self.reached.append(b"connected")
                    self.reached.append(connection.recv(1000))

    def fill(self, folder: Path) -> None:
        """Put what this world has into the places of its names, in a submission's files."""
        for path in (p for p in folder.rglob("*") if stat.S_ISREG(p.lstat().st_mode)):
            text = before = path.read_bytes()
            for name, value in self.names.items():
                new = json.dumps(value)[1:-1] if path.suffix == ".ipynb" else value
                text = text.replace(f"@{name}@".encode(), new.encode())
            if text != before:
                path.write_bytes(text)

    def damage(self) -> list[str]:
        """Canary files that changed, appeared or vanished."""
        expected = {
            self.private / "secret.txt": self.canaries["private"],
            self.private / "gradebook.csv": self.canaries["gradebook"],
            self.open / "secret.txt": self.canaries["world"],
        }
        found = [
            str(path)
            for path, text in expected.items()
            if not path.is_file() or path.read_text("utf-8") != text
        ]
        found += [
            str(p)
            for folder in (self.private / "made", self.open / "open")
            if folder.is_dir()
            for p in folder.iterdir()
        ]
        return found + [
            str(path)
            for folder in ("/tmp", "/var/tmp", "/dev/shm")
            for path in Path(folder).glob(f"{self.left}*")
        ]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wake.send(b"x")
        self._thread.join(5)
        for listener in (*self._sockets, self._stop, self._wake):
            listener.close()
        os.environ.pop("TDL_TEST_CANARY", None)
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            for path in Path(folder).glob(f"{self.left}*"):
                path.unlink()
        for folder in (self.open, self.private, Path(f"{self.private}x")):  # x: an attack's name
            shutil.rmtree(folder, ignore_errors=True)
