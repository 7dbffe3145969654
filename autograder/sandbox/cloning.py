"""Fork straight into new namespaces, which Python's os.fork can't.

Theory of operation: the clone system call with the flags of the wanted namespaces is a fork whose
child starts inside them, where unshare would need a second fork (a pid namespace holds only
processes born into it). The call is made raw, so three things that the C library and Python do
around a fork are done here. Python's own hooks are called. The address where the C library keeps
the thread's id is asked of the kernel and handed back to it, so that the child's copy is right
(raise and abort need it). Locks of the C library need no care because the caller has one thread
only, which the zygote checks. Python's own lock is held through the call (PyDLL): in the child no
other thread would be there to give it back.
"""

from __future__ import annotations

import ctypes
import os
import signal

from autograder.errors import SandboxError

_CLONE_CHILD_CLEARTID, _CLONE_CHILD_SETTID = 0x00200000, 0x01000000
_PR_GET_TID_ADDRESS = 40
_CLONE = {"x86_64": 56, "aarch64": 220}

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def fork_into(namespaces: int) -> int:
    """Fork with clone's namespace flags; 0 in the child, its process id in the parent.

    Raises:
        SandboxError: the machine is unknown, or the kernel refuses.
    """
    machine = os.uname().machine
    number = _CLONE.get(machine)
    if number is None:
        raise SandboxError(f"machine must be x86_64 or aarch64, got {machine}")
    address = ctypes.c_void_p()
    zero = ctypes.c_ulong(0)
    if _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address), zero, zero, zero) < 0:
        raise SandboxError(f"prctl must tell the thread's id, got {_reason()}")
    flags = ctypes.c_ulong(
        namespaces | signal.SIGCHLD | _CLONE_CHILD_SETTID | _CLONE_CHILD_CLEARTID
    )
    # The last two arguments (child's thread id, thread storage) are in another order on each
    # machine.
    tail = (address, zero) if machine == "x86_64" else (zero, address)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(_libc.syscall(number, flags, zero, zero, *tail))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise SandboxError(f"clone into new namespaces must be permitted, got {_reason()}")
    return pid


def _reason() -> str:
    return os.strerror(ctypes.get_errno())
