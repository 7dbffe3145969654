"""The Linux calls that Python 3.11 lacks, by ctypes: unshare, mount, pivot_root, prctl, capset.

Theory of operation: each function is one system call, takes and returns plain numbers and paths,
and raises `SandboxError` with the call's name and the system's reason if it fails. Nothing is
retried and nothing is ignored, so a sandbox that can't be set up is an error and never a weaker
sandbox.
"""

from __future__ import annotations

import ctypes
import os

from autograder.errors import SandboxError

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
PR_SET_CHILD_SUBREAPER = 36
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
_libc.syscall.restype = ctypes.c_long


def _check(result: int, what: str) -> None:
    if result < 0:
        raise SandboxError(f"{what} must be permitted, got {os.strerror(ctypes.get_errno())}")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags`."""
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount `source` on `target`."""
    arguments = [part.encode() if part is not None else None for part in (source, target, kind)]
    options = data.encode() if data is not None else None
    _check(_libc.mount(*arguments, flags, options), f"mount on {target}")


def detach(target: str) -> None:
    """Unmount `target` and all below it, lazily."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount of {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and put the old root at `old`."""
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise SandboxError(f"machine must be x86_64 or aarch64, got {os.uname().machine}")
    _check(_libc.syscall(number, new.encode(), old.encode()), "pivot_root")


def prctl(option: int, value: int = 0) -> None:
    """Set an attribute of this process."""
    zero = ctypes.c_ulong(0)
    _check(_libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def drop_capabilities() -> None:
    """Give up every capability, for this process and whatever it executes."""
    for capability in range(_LAST_CAPABILITY + 1):
        zero = ctypes.c_ulong(0)
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), zero, zero, zero) < 0:
            break  # past the last one that this kernel knows
    header, data = _Header(_CAPABILITY_VERSION_3, 0), (_Data * 2)()
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
