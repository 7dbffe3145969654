"""System calls that student code can't make, whatever its level: a filter in the kernel.

Theory of operation: libseccomp (by its binding pyseccomp) builds a filter once in the zygote, where
the library is looked up and loaded; a forked child only loads it into the kernel, as the last step
of entering its level. From then on the kernel runs the filter at every system call of the process
and of all that it starts, and it can't be taken off. Everything is allowed but what is listed, so
numpy, torch, subprocesses and DataLoader workers go on; what is listed fails with EPERM (clone3 as
if the kernel were too old for it, since its flags lie in memory that a filter can't read: the C
library then uses clone, whose flags can be judged). Calls in another machine's convention (32-bit
programs) kill the process.

Sockets: at level `namespaces` local (unix) ones only, which end in the process's own network and
file system. At level `user` the machine's own unix sockets would be in reach, and a filter can't
read addresses: only connected pairs can be made, no datagram ones, which can be sent to any
address. There this filter is the only barrier to sockets, so the level can't be entered without it;
at the others it is a second one and is left out where libseccomp is not installed (`missing` says).
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from autograder.errors import SandboxError

# Other processes, the kernel itself, its keyrings, mounts, and paths around the file system.
_DENIED = """
    ptrace process_vm_readv process_vm_writev kcmp
    kexec_load kexec_file_load init_module finit_module delete_module reboot bpf perf_event_open
    userfaultfd fanotify_init lookup_dcookie syslog acct swapon swapoff quotactl
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname iopl ioperm
    keyctl add_key request_key
    mount umount2 pivot_root chroot unshare setns name_to_handle_at open_by_handle_at
    shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open mq_unlink
""".split()
# Calls newer than some libraries know by name; their numbers are the same on every machine.
_DENIED_NUMBERS = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "open_tree_attr": 467,
}
_CLONE3 = 435
_NAMESPACE_FLAGS = tuple(1 << bit for bit in (17, 25, 26, 27, 28, 29, 30))
_SOCKET_TYPE = 0xF  # the rest of the argument are flags
_TIOCSTI = 0x5412  # put characters into a terminal's input

_filters: dict[str, Any] = {}


def missing() -> str | None:
    """Why there is no filter on this machine, or None if there is one."""
    try:
        import pyseccomp  # noqa: F401
    except ImportError as error:
        return f"pyseccomp is not installed ({error})"
    except (OSError, RuntimeError, AttributeError) as error:
        return f"libseccomp can't be loaded ({error})"
    return None


def prepare(level: str) -> None:
    """In the zygote: build the filter of a level, once.

    Raises:
        SandboxError: there is none, and the level rests on it.
    """
    if level in _filters:
        return
    reason = missing()
    if reason is not None and level == "user":
        raise SandboxError(f"level user needs a filter of system calls, got none: {reason}")
    _filters[level] = None if reason is not None else _build(level)


def apply(level: str) -> None:
    """In the student's process: obey the level's filter for good, with no new privileges."""
    if level not in _filters:
        raise SandboxError(f"filter of level {level} must be prepared before the fork, got none")
    filter = _filters[level]
    if filter is None:
        return
    try:
        filter.load()
    except OSError as error:
        raise SandboxError(f"filter of system calls must be loadable, got {error}") from None


def _build(level: str) -> Any:
    import pyseccomp as scmp

    filter = scmp.SyscallFilter(scmp.ALLOW)
    denied = scmp.ERRNO(errno.EPERM)
    for name in _DENIED:
        _deny(filter, denied, name)
    for number in _DENIED_NUMBERS.values():
        filter.add_rule(denied, number)
    filter.add_rule(scmp.ERRNO(errno.ENOSYS), _CLONE3)
    for flag in _NAMESPACE_FLAGS:
        filter.add_rule(denied, "clone", scmp.Arg(0, scmp.MASKED_EQ, flag, flag))
    filter.add_rule(denied, "ioctl", scmp.Arg(1, scmp.MASKED_EQ, 0xFFFFFFFF, _TIOCSTI))
    filter.add_rule(denied, "socketpair", scmp.Arg(0, scmp.NE, socket.AF_UNIX))
    if level == "user":
        filter.add_rule(denied, "socket")
        for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):  # the kernel makes datagrams of both
            filter.add_rule(
                denied, "socketpair", scmp.Arg(1, scmp.MASKED_EQ, _SOCKET_TYPE, int(kind))
            )
    else:
        filter.add_rule(denied, "socket", scmp.Arg(0, scmp.NE, socket.AF_UNIX))
    return filter


def _deny(filter: Any, action: int, name: str) -> None:
    import pyseccomp

    try:
        filter.add_rule(action, name)
    except (ValueError, OSError) as error:
        # A call that this machine does not have can't be made either.
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:
            raise SandboxError(f"{name} must be deniable, got {error}") from None
