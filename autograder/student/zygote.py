"""A warm process that forks a confined student's process per submission.

Theory of operation
-------------------
Started as `python zygote.py` in an environment without secrets, with the student kit first on its
path; it imports what submissions import (numpy, torch, IPython, ...), warms them, and never runs
student code. It holds no answer and no secret, so what a fork inherits is public.

Orders come as packets on one socket: a JSON plan and two descriptors, the wire (for the student)
and the control socket. The zygote forks the student's process, lets it go on once its ids are
mapped, and waits for it. When the control socket says so or is closed, it kills the process; when
the process has ended, it kills what is left of it and reports on the control socket how it ended.

Forking a process that has run several threads can hang, so the zygote checks before every fork that
it has one thread only; libraries are told to use one thread before they are imported.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from autograder.errors import SandboxError
from autograder.sandbox import cgroups, kernel, user
from autograder.sandbox.entering import Confinement, fork_student, private_folder, release
from autograder.sandbox.hugepages import use_huge_pages
from autograder.student.starting import become_student, read_plan


def main(descriptor: int, preload: tuple[str, ...]) -> NoReturn:
    """Serve orders until the other end of the socket is closed."""
    from autograder.student.shell import CellShell

    for name in preload:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "torch" in preload:  # by any other name, e.g. torch.nn, it is imported but not warmed
        warm_torch()
    shell = CellShell()
    shell.warm()
    orders = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    use_huge_pages()
    orders.sendall(json.dumps({"ready": os.getpid(), "threads": threads()}).encode())
    _Zygote(orders, shell).run()
    sys.exit(0)


def warm_torch() -> None:
    """Run what is dear the first time: an optimizer, a backward pass, a convolution."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    layer = torch.nn.Linear(4, 4)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.zeros(2, 4)).sum().backward()
    optimizer.step()
    torch.nn.functional.conv2d(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 2, 2))


def threads() -> int:
    """Operating-system threads of this process."""
    return len(os.listdir("/proc/self/task"))


@dataclass
class _Child:
    """A student's process, until it has ended."""

    control: socket.socket
    plan: Confinement
    folder: str | None
    group: cgroups.Group | None


class _Zygote:
    def __init__(self, orders: socket.socket, shell: Any) -> None:
        self._orders, self._shell = orders, shell
        self._children: dict[int, _Child] = {}
        self._controls: dict[int, int] = {}  # descriptor of a control socket -> process id
        self._poll = select.poll()
        self._poll.register(orders, select.POLLIN)
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        os.set_blocking(reader, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._ended, self._waker = reader, writer
        self._groups = cgroups.find_groups()
        self._poll.register(reader, select.POLLIN)
        self._orphans = False

    def run(self) -> None:
        while True:
            for descriptor, _ in self._poll.poll(100 if self._orphans else None):
                if descriptor == self._orders.fileno():
                    if not self._take_order():
                        return
                elif descriptor == self._ended:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._ended, 4096)
                elif descriptor in self._controls:
                    self._poll.unregister(descriptor)
                    pid = self._controls.pop(descriptor)
                    # Unread data would reset the connection and lose the report that is to come.
                    with contextlib.suppress(OSError):
                        self._children[pid].control.recv(16)
                    os.kill(pid, signal.SIGKILL)
            self._reap()

    def _take_order(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._orders, 65536, 2)
        if not packet:
            return False
        wire, control = (socket.socket(fileno=number) for number in descriptors)
        try:
            self._start(json.loads(packet), wire, control)
        except Exception as error:
            with contextlib.suppress(OSError):
                control.sendall(json.dumps({"failed": str(error)}).encode())
            control.close()
        wire.close()
        return True

    def _start(self, order: dict[str, Any], wire: socket.socket, control: socket.socket) -> None:
        if threads() != 1:
            raise SandboxError(f"zygote must have one thread before a fork, got {threads()}")
        plan = read_plan(order)
        if plan.level == "limits" and not self._orphans:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            self._orphans = True
        folder = private_folder(plan)
        ids = os.geteuid(), os.getegid()
        gc.freeze()  # what came since would be looked through, and so copied, in the child
        pid, released = fork_student(plan)
        if pid == 0:
            self._forget_the_others(control)
            become_student(order, plan, released, folder, ids, wire, self._shell)
        group = self._grouped(pid, released, plan)
        self._children[pid] = _Child(control, plan, folder, group)
        self._controls[control.fileno()] = pid
        self._poll.register(control, select.POLLIN | select.POLLHUP)
        release(plan, pid, released)

    def _grouped(
        self, pid: int, released: socket.socket, plan: Confinement
    ) -> cgroups.Group | None:
        """Bound the submission as a whole, where the machine can, before anything of it runs."""
        if self._groups is None:
            return None
        group = None
        try:
            group = self._groups.make(plan.limits)
            group.add(pid)
        except SandboxError:
            os.kill(pid, signal.SIGKILL)
            released.close()
            if group is not None:
                group.close()
            raise
        return group

    def _forget_the_others(self, control: socket.socket) -> None:
        """In the child: close every descriptor that is the zygote's business."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for sock in (self._orders, control, *(c.control for c in self._children.values())):
            sock.close()
        os.close(self._ended)
        os.close(self._waker)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid in self._children:
                    self._report(pid, status, usage)
        if self._orphans:
            self._kill_orphans()

    def _report(self, pid: int, status: int, usage: Any) -> None:
        child = self._children.pop(pid)
        if child.control.fileno() in self._controls:
            self._poll.unregister(child.control)
            del self._controls[child.control.fileno()]
        failed = ""
        if child.group is not None:
            child.group.close()
        if child.plan.level == "user":
            try:
                user.kill_all_of(child.plan.host_id)
                user.remove_files_of(child.plan.host_id)
            except (SandboxError, OSError) as error:
                failed = str(error)  # one child's remains must not end the zygote
        report = {
            "failed": failed,
            "status": status,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "max_rss_mb": usage.ru_maxrss / 1024,
        }
        with contextlib.suppress(OSError):
            child.control.sendall(json.dumps(report).encode())
        child.control.close()
        if child.folder is not None:
            shutil.rmtree(child.folder, ignore_errors=True)

    def _kill_orphans(self) -> None:
        """Kill what students' processes left behind: as their subreaper we are its parent."""
        me = os.getpid()
        with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as file:
            for pid in map(int, file.read().split()):
                if pid not in self._children:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), tuple(sys.argv[2].split(",")) if sys.argv[2] else ())
