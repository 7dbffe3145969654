"""The judge's forks: each marks submissions of one slot, one after another, as long as it is clean.

Most of what marking costs is memory that a new fork copies as it touches it. A fork goes on to the
next submission only if nothing distinguishes it from a new one (`judge.leftovers`), and not for
ever. One that is killed takes with it the submission that it marks, no other.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

Order = dict[str, Any]
MOST = 25  # submissions of one fork: what grows with each of them ends with it


@dataclass
class _Fork:
    slot: int
    lane: socket.socket
    order: Order | None  # what it marks now


class Forks:
    """Forks of this process, one to a slot.

    Args:
        grade: marks what an order says, in the fork, and says whether the fork is as it was.
        poll: where the forks' sockets are looked at.
    """

    def __init__(self, grade: Callable[[Order], bool], poll: select.poll) -> None:
        self._grade, self._poll = grade, poll
        self._forks: dict[int, _Fork] = {}
        self._in_line: list[Order] = []

    def take(self, order: Order) -> None:
        """Mark it as soon as its slot is free."""
        self._in_line.append(order)
        self.start()

    def hear(self, descriptor: int) -> Order | None:
        """What the fork behind a socket has marked, if it goes on; its end is for `reap`."""
        fork = next((f for f in self._forks.values() if f.lane.fileno() == descriptor), None)
        if fork is None:  # reaped since the socket was looked at
            return None
        try:
            said = fork.lane.recv(16, socket.MSG_DONTWAIT)
        except BlockingIOError:  # a new fork's socket, with the number of a closed one
            return None
        except OSError:
            said = b""
        if not said:
            self._poll.unregister(descriptor)
            return None
        order, fork.order = fork.order, None
        return order

    def reap(self) -> list[tuple[Order, int]]:
        """What forks that have ended were marking, with their exit status."""
        ended = []
        while self._forks:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            fork = self._forks.pop(pid)
            with contextlib.suppress(KeyError):
                self._poll.unregister(fork.lane)
            fork.lane.close()
            if fork.order is not None:
                ended.append((fork.order, status))
        return ended

    def kill(self) -> None:
        """End them all, and wait for it."""
        for pid, fork in self._forks.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            fork.lane.close()
        self._forks.clear()

    def start(self) -> None:
        """Mark what waits for slots that are free."""
        for order in list(self._in_line):
            same = [fork for fork in self._forks.values() if fork.slot == order["slot"]]
            if any(fork.order is not None for fork in same):
                continue
            self._in_line.remove(order)
            if not any(_sent(fork, order) for fork in same if not order["partial"]):
                self._fork(order)

    def _fork(self, order: Order) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            mine.close()
            for other in self._forks.values():  # else none of them sees that this process ends
                other.lane.close()
            self._serve(order, theirs)
        theirs.close()
        self._poll.register(mine, select.POLLIN)
        self._forks[pid] = _Fork(order["slot"], mine, order)

    def _serve(self, order: Order, lane: socket.socket) -> NoReturn:
        """In the fork: mark one submission after another."""
        try:
            signal.set_wakeup_fd(-1)
            for _ in range(MOST - 1):
                if not self._grade(order) or order["partial"]:
                    os._exit(0)
                lane.sendall(b"next")
                packet = lane.recv(65536)
                if not packet:
                    os._exit(0)
                order = json.loads(packet)
            self._grade(order)
            os._exit(0)
        except BaseException:  # noqa: B036 - a fork must never return into the judge's loop
            traceback.print_exc()
        finally:
            os._exit(1)


def _sent(fork: _Fork, order: Order) -> bool:
    """Whether an idle fork was there to be given the order."""
    try:
        fork.lane.sendall(json.dumps(order).encode())
    except OSError:  # it was killed while it waited
        return False
    fork.order = order
    return True
