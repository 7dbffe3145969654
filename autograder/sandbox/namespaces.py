"""Level `namespaces`: a student's process that sees nothing but the interpreter and its own /tmp.

Theory of operation
-------------------
The zygote forks straight into new user, pid, network, ipc and uts namespaces (`cloning`). The child
is process 1 of its pid namespace: when it ends, the kernel ends every process in there, daemons
included. It leaves the mount namespace, builds a root on a tmpfs from read-only binds of the
system's and the interpreter's folders, a private /tmp and /dev/shm, a minimal /dev and its own
/proc, pivots into it and detaches the old root. /proc is mounted before the old root goes, because
the kernel allows a new /proc only while another one is fully visible.

Started by root, two ids are mapped: 0 (for the mounts) and the student's, which is an id of the
host that owns nothing; the process changes to it for good, so limits on processes are enforced.
Started by an ordinary user, only that user's id can be mapped and serves for both.

At the end every capability is dropped and no_new_privs is set: the mounts are final.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import SandboxError
from autograder.sandbox import kernel
from autograder.sandbox.cloning import fork_into
from autograder.sandbox.kernel import MS_BIND, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REC, MS_REMOUNT

INSIDE_ID = 1000
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin")
ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "fonts",
    "mime.types",
    "alternatives",
)
DEVICES = ("null", "zero", "full", "random", "urandom")
_OUTER = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
)


def fork_out_of_host() -> int:
    """In the zygote: fork into new user, pid, network, ipc and uts namespaces."""
    return fork_into(_OUTER)


def map_own_ids(uid: int, gid: int) -> None:
    """In the child of an ordinary user: map that user to the student's id."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{INSIDE_ID} {uid} 1"),
        ("gid_map", f"{INSIDE_ID} {gid} 1"),
    ):
        _write(f"/proc/self/{name}", text)


def map_ids_of(pid: int, host_id: int) -> None:
    """In the zygote, as root: map 0 and the student's id for process `pid`."""
    table = f"0 0 1\n{INSIDE_ID} {host_id} 1"
    _write(f"/proc/{pid}/uid_map", table)
    _write(f"/proc/{pid}/gid_map", table)


def build_root(
    visible: Iterable[str], hidden: Iterable[str], stage: str | None, disk_mb: int
) -> None:
    """In the child: a private file system, and this process inside it, in /tmp/work.

    Args:
        visible: folders to show read-only at their own paths (interpreter, packages, kit).
        hidden: folders below those to cover with empty ones.
        stage: folder shown read-only at /stage (the submission's own files), if any.
        disk_mb: size of /tmp, in MiB.
    """
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, MS_REC | kernel.MS_PRIVATE)
    root = "/tmp"  # noqa: S108 - any existing folder serves as the mount point
    shown = [Path(p) for p in dict.fromkeys(visible)]
    sources = {str(p): os.open(p, os.O_PATH | os.O_CLOEXEC) for p in shown}
    stage_source = os.open(stage, os.O_PATH | os.O_CLOEXEC) if stage else None
    kernel.mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=2048")
    _private(f"{root}/tmp", disk_mb)  # before the binds, of which some may lie below it
    for folder in SYSTEM:
        _mirror(folder, root)
    for name in ETC:
        _mirror(f"/etc/{name}", root)
    for path, source in sources.items():
        if not Path(root + path).exists():
            is_folder = stat.S_ISDIR(os.fstat(source).st_mode)
            _bind(f"/proc/self/fd/{source}", root + path, folder=is_folder)
        os.close(source)
    for folder in hidden:
        if Path(root + folder).is_dir():
            kernel.mount("tmpfs", root + folder, "tmpfs", MS_RDONLY, "mode=0755,size=4k")
    if stage_source is not None:
        _bind(f"/proc/self/fd/{stage_source}", f"{root}/stage", folder=True)
        os.close(stage_source)
    _devices(root)
    os.mkdir(f"{root}/proc", 0o755)
    kernel.mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | kernel.MS_NOEXEC)
    _write_text(f"{root}/etc/passwd", f"student:x:{INSIDE_ID}:{INSIDE_ID}::/tmp:/bin/false\n")
    _write_text(f"{root}/etc/group", f"student:x:{INSIDE_ID}:\n")
    os.mkdir(f"{root}/old", 0o700)
    kernel.pivot_root(root, f"{root}/old")
    os.chdir("/")
    kernel.detach("/old")
    os.rmdir("/old")
    kernel.mount("none", "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.mkdir("/tmp/work", 0o700)  # noqa: S108 - private to this process
    os.chown("/tmp/work", *_inside_ids())  # noqa: S108
    os.chdir("/tmp/work")  # noqa: S108


def become_student() -> None:
    """In the child: the student's id, no capabilities, no new privileges."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(INSIDE_ID, INSIDE_ID, INSIDE_ID)
        os.setresuid(INSIDE_ID, INSIDE_ID, INSIDE_ID)
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)


def _inside_ids() -> tuple[int, int]:
    return (INSIDE_ID, INSIDE_ID) if os.geteuid() == 0 else (-1, -1)


def _mirror(path: str, root: str) -> None:
    """Show a system path as it is: a link as a link, a folder or file as a read-only bind."""
    if os.path.islink(path):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.symlink(os.readlink(path), root + path)
    elif os.path.exists(path):
        _bind(path, root + path, folder=os.path.isdir(path))


def _bind(source: str, target: str, *, folder: bool) -> None:
    if folder:
        os.makedirs(target, mode=0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write_text(target, "")
    kernel.mount(source, target, None, MS_BIND)
    kernel.mount("none", target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _devices(root: str) -> None:
    os.mkdir(f"{root}/dev", 0o755)
    for name in DEVICES:
        _write_text(f"{root}/dev/{name}", "")
        kernel.mount(f"/dev/{name}", f"{root}/dev/{name}", None, MS_BIND)
    for link, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1")):
        os.symlink(f"/proc/{target}", f"{root}/dev/{link}")
    _private(f"{root}/dev/shm", 64)


def _private(target: str, size_mb: int) -> None:
    os.makedirs(target, exist_ok=True)
    options = f"mode=1777,size={size_mb}m,nr_inodes=20000"
    kernel.mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, options)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise SandboxError(f"{path} must be writable, got {error.strerror}") from None


def _write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
