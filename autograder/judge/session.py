"""A student's process as the judge sees it: start it, run cells in it, copy it, ask it, end it.

Every wait is bounded twice: in CPU-seconds of that process, and in wall-clock seconds that are a
generous multiple. At the limit the process is interrupted; if it answers within a grace period it
can go on being asked (its answer is dropped), else it is killed.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from autograder.errors import SandboxError, shown
from autograder.protocol import HEADER, MAX_BYTES, ProtocolError, decode, encode
from autograder.proxy import (
    Link,
    StudentDied,
    StudentOutOfMemory,
    StudentSpokeBadly,
    StudentTimedOut,
)
from autograder.sandbox.limits import Limits

GRACE = 2.0
LOOK_EVERY = 0.05
MAX_QUESTIONS = 200_000
LAST_SENT = 3  # requests that a link remembers, and up to how many bytes each
KEPT_BYTES = 100_000
TICKS = os.sysconf("SC_CLK_TCK")
# What may be the machine's doing: killed by something else on it, or slowed down by that.
KILLED, VANISHED = "it was killed by the system", "it ended before it answered"
LATE = "seconds on the wall clock"
_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True)
class Ending:
    """How a student's process ended, as its supervisor saw it."""

    status: int = 0
    cpu_seconds: float = 0.0
    max_rss_mb: float = 0.0
    failed: str = ""

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class Launcher:
    """Orders student processes from a zygote.

    Args:
        orders: the socket to the zygote, shared by all forks of the judge.
        plan: what every order has in common (level, limits, visible folders, environment).
    """

    def __init__(self, orders: socket.socket, plan: dict[str, Any]) -> None:
        self._orders, self._plan = orders, plan

    def launch(self, *, slot: int, seed: int, stage: str | None, limits: Limits) -> StudentProcess:
        """A confined process with an empty namespace.

        Raises:
            SandboxError: it can't be started, or not confined.
        """
        wire, their_wire = socket.socketpair()
        control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        order = {**self._plan, "seed": seed, "stage": stage, "limits": limits.plain()}
        order["host_id"] = self._plan["first_host_id"] + slot
        rights = array.array("i", [their_wire.fileno(), their_control.fileno()])
        packet = [json.dumps(order).encode()]
        try:
            self._orders.sendmsg(packet, [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError as error:
            raise SandboxError(f"zygote must take orders, got {error}") from None
        finally:
            their_wire.close()
            their_control.close()
        process = StudentProcess(wire, control, limits)
        process.start()
        return process


class StudentProcess:
    """One process over there, with its wire."""

    def __init__(self, wire: socket.socket, control: socket.socket | None, limits: Limits) -> None:
        self._wire, self._control, self.limits = wire, control, limits
        self._buffer = bytearray()
        self._pidfd = -1
        self._ending: Ending | None = None
        self.pid = 0
        self.alive = True
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        wire.setblocking(False)

    def start(self) -> None:
        """Wait until it is confined and serves.

        Raises:
            SandboxError: it could not be started or confined.
        """
        try:
            greeting = decode(self._receive(_Clock(self, 60.0, 120.0)))
        except (StudentDied, StudentTimedOut, ProtocolError) as error:
            self.kill()
            reason = self.ending().failed or shown(str(error))
            raise SandboxError(f"student process must start, got: {reason}") from None
        if type(greeting) is not dict or "failed" in greeting:
            self.kill()
            if type(greeting) is not dict:
                raise SandboxError("student process must greet with a dict, got other")
            raise SandboxError(f"student process must start, got: {greeting['failed']}")
        if self.pid > 0:
            with contextlib.suppress(OSError):
                self._pidfd = os.pidfd_open(self.pid)

    def run_cell(self, source: str, *, silent: bool = False) -> dict[str, Any]:
        """Outputs of one cell; see `CellShell.run`.

        Raises:
            StudentTimedOut, StudentDied: it did not end, or the process ended with it.
            StudentSpokeBadly: the reply is none.
        """
        message = encode({"op": "exec", "source": source, "silent": silent})
        try:
            reply = decode(self.transact(message, self.limits.cell_seconds))
        except ProtocolError as error:
            self.kill()
            raise StudentSpokeBadly(str(error)) from None
        if type(reply) is not dict:
            raise StudentSpokeBadly("reply must be a dict, got other")
        return reply

    def copy(self) -> StudentProcess:
        """A copy of the process as it is now, which goes its own way.

        Raises:
            StudentDied: it can't copy itself.
        """
        mine, theirs = socket.socketpair()
        rights = array.array("i", [theirs.fileno()])
        try:
            self._wire.setblocking(True)
            self._wire.settimeout(5.0)
            header = HEADER.pack(0)
            self._wire.sendmsg([header], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError:
            raise StudentDied("the process ended") from None
        finally:
            self._wire.setblocking(False)
            theirs.close()
        copied = StudentProcess(mine, None, self.limits)
        try:
            copied.start()
        except SandboxError as error:
            raise StudentDied(str(error)) from None
        return copied

    def transact(self, payload: bytes, cpu_seconds: float, link: Link | None = None) -> bytes:
        """The reply to a request; questions go to `link`."""
        if not self.alive:
            raise StudentDied("the process has ended")
        # In the middle of callbacks the next frame may be a question, so an interrupt has no
        # certain answer: a test's call ends its process at the limit, and the copy is renewed.
        clock = _Clock(self, cpu_seconds, self.limits.wall(cpu_seconds), fatal=link is not None)
        self._send(payload, clock)
        for _ in range(MAX_QUESTIONS):
            reply = self._receive(clock)
            if link is None or not _is_question(reply):
                return reply
            clock.check()
            self._send(link.answer(reply), clock)
        self.kill()
        raise StudentSpokeBadly(f"a call must ask at most {MAX_QUESTIONS} times, got more")

    def _send(self, payload: bytes, clock: _Clock) -> None:
        frame = memoryview(HEADER.pack(len(payload)) + payload)
        while frame:
            try:
                frame = frame[self._wire.send(frame) :]
            except BlockingIOError:
                clock.wait(self._wire, select.POLLOUT)
            except OSError:
                raise self._died() from None

    def _receive(self, clock: _Clock) -> bytes:
        header = self._take(HEADER.size, clock)
        (size,) = HEADER.unpack(header)
        if size > MAX_BYTES:
            self.kill()
            raise StudentSpokeBadly(f"frame must be at most {MAX_BYTES} bytes, got {size}")
        return self._take(size, clock)

    def _take(self, size: int, clock: _Clock) -> bytes:
        while len(self._buffer) < size:
            try:
                part, ancillary, _, _ = self._wire.recvmsg(1 << 18, socket.CMSG_SPACE(64))
            except BlockingIOError:
                clock.wait(self._wire, select.POLLIN)
                continue
            except OSError:
                part, ancillary = b"", []
            self._read_ancillary(ancillary)
            if not part:
                raise self._died()
            self._buffer += part
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _read_ancillary(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        """The sender's pid, as the kernel says; descriptors are not wanted and are closed."""
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                extra = array.array("i")
                extra.frombytes(data[: len(data) - len(data) % extra.itemsize])
                for number in extra:
                    os.close(number)
            elif kind == socket.SCM_CREDENTIALS and not self.pid:
                self.pid = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]

    def _died(self) -> StudentDied | StudentTimedOut | StudentOutOfMemory:
        ending = self.ending()
        self.kill()
        if ending.signal == signal.SIGXCPU or (
            ending.signal == signal.SIGKILL and ending.cpu_seconds >= self.limits.cpu_seconds
        ):
            return StudentTimedOut(f"it used more than {self.limits.cpu_seconds:g} CPU-seconds")
        if ending.signal == signal.SIGKILL:
            return StudentOutOfMemory(f"{KILLED}, probably for its memory")
        if ending.signal:
            return StudentDied(f"it ended by signal {signal.Signals(ending.signal).name}")
        return StudentDied(f"{VANISHED} (a crash, an exit or a limit)")

    def interrupt(self, clock: _Clock) -> None:
        """Stop what it does now, or end it.

        Raises:
            StudentTimedOut: always; the process is alive if it answered the interrupt.
        """
        if clock.fatal:
            self.kill()
            raise StudentTimedOut(f"it needed more than {clock.exceeded}")
        late = _Clock(self, float("inf"), GRACE, interrupting=True)
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGINT)
        try:
            self._receive(late)
        except (StudentDied, StudentTimedOut, StudentSpokeBadly, StudentOutOfMemory):
            self.kill()
        raise StudentTimedOut(f"it needed more than {clock.exceeded}")

    def ending(self) -> Ending:
        """How the process ended; waits for it for a short time."""
        if self._control is None or self._ending is not None:
            return self._ending or Ending()
        self._control.settimeout(10 * GRACE)
        try:
            packet = self._control.recv(65536)
            self._ending = Ending(**json.loads(packet)) if packet else Ending()
        except (OSError, ValueError, TypeError):
            self._ending = Ending()
        return self._ending

    def kill(self) -> None:
        """End the process (and, where it is the first of its namespace, everything in it)."""
        self.alive = False
        if self._pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            os.close(self._pidfd)
            self._pidfd = -1
        self._wire.close()

    def close(self) -> Ending:
        """End it and say what it used."""
        self.alive = False
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(b"k")
        ending = self.ending()
        self.kill()
        if self._control is not None:
            self._control.close()
            self._control = None
        return ending

    def cpu_seconds(self) -> float:
        """CPU time used so far by its threads and the children it has waited for."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return sum(int(field) for field in fields[11:15]) / TICKS


class _Clock:
    """The two limits of one request."""

    def __init__(
        self,
        process: StudentProcess,
        cpu: float,
        wall: float,
        *,
        interrupting: bool = False,
        fatal: bool = False,
    ) -> None:
        self._process, self._cpu, self._wall = process, cpu, wall
        self._interrupting, self.fatal = interrupting, fatal
        self._started = self._looked = time.monotonic()
        self._own_started = time.process_time()
        self._cpu_started: float | None = None
        self.exceeded = ""

    def wait(self, sock: socket.socket, event: int) -> None:
        """Wait a little for the socket; at a limit, interrupt."""
        poll = select.poll()
        poll.register(sock, event)
        poll.poll(LOOK_EVERY * 1000)
        self.check()

    def check(self) -> None:
        """Interrupt at a limit; cheap, since CPU time is looked up only now and then."""
        now = time.monotonic()
        if now - self._started > self._wall:
            self._give_up(f"{self._wall:g} {LATE}")
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        used = self._process.cpu_seconds()
        if self._cpu_started is None:
            self._cpu_started = used
        own = time.process_time() - self._own_started  # a callback's work is the caller's
        if used - self._cpu_started + own > self._cpu:
            self._give_up(f"{self._cpu:g} CPU-seconds")

    def _give_up(self, exceeded: str) -> None:
        self.exceeded = exceeded
        if self._interrupting:
            raise StudentTimedOut("it did not stop")
        self._process.interrupt(self)


def _is_question(payload: bytes) -> bool:
    """Whether a frame is a callback's question; cheap, since replies can be large."""
    return payload[:1] == b"d" and payload[5:13] == b"s\0\0\0\3ask"


class WireLink(Link):
    """Requests to a student's process in another sandbox.

    Attributes:
        sent: the last requests as they were sent, empty where one was too large to keep.
    """

    def __init__(self, process: StudentProcess, cpu_seconds: float) -> None:
        super().__init__()
        self._process, self._cpu_seconds = process, cpu_seconds
        self.sent: deque[bytes] = deque(maxlen=LAST_SENT)

    def transact(self, payload: bytes) -> bytes:
        self.sent.append(payload if len(payload) <= KEPT_BYTES else b"")
        return self._process.transact(payload, self._cpu_seconds, self)
