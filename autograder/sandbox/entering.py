"""The way from a fork into a level: what zygote and student each do, in order."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

from autograder.errors import SandboxError
from autograder.sandbox import namespaces, seccomp, user
from autograder.sandbox.limits import Limits, apply_limits

FIRST_HOST_ID = 2_000_000_000  # ids that own nothing; one per slot


@dataclass(frozen=True)
class Confinement:
    """How to confine a student's process.

    Attributes:
        level: one of `levels.LEVELS`.
        limits: its bounds.
        visible: folders it may read (level namespaces).
        hidden: folders below those that it may not (level namespaces).
        stage: folder of files that come with the submission.
        host_id: user id of the host that the student has; no two at a time share one.
    """

    level: str
    limits: Limits
    visible: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    stage: str | None = field(default=None)
    host_id: int = FIRST_HOST_ID


def fork_student(plan: Confinement) -> tuple[int, socket.socket]:
    """In the zygote: fork the student's process; its id (0 in it) and a socket between the two.

    The child must call `enter` before anything else; it waits there until it is released.

    Raises:
        SandboxError: the kernel refuses, or the level lacks a filter that it rests on.
    """
    seccomp.prepare(plan.level)
    mine, theirs = socket.socketpair()
    pid = namespaces.fork_out_of_host() if plan.level == "namespaces" else os.fork()
    if pid == 0:
        mine.close()
        return 0, theirs
    theirs.close()
    return pid, mine


def release(plan: Confinement, pid: int, sock: socket.socket) -> None:
    """In the zygote: map the child's ids if we are root, then let it go on.

    Raises:
        SandboxError: the ids can't be mapped; the child has been told and ends.
    """
    answer = b"ok"
    try:
        if plan.level == "namespaces" and os.geteuid() == 0:
            namespaces.map_ids_of(pid, plan.host_id)
    except SandboxError as error:
        answer = str(error).encode()
        raise
    finally:
        sock.sendall(answer)
        sock.close()


def private_folder(plan: Confinement) -> str | None:
    """In the zygote: the staged files made reachable, in a folder of the student's own.

    At level namespaces the stage itself is shown, and there is a private /tmp.
    """
    if plan.level == "namespaces":
        for here, _, _ in os.walk(plan.stage or os.devnull):
            os.chmod(here, 0o755)  # noqa: S103 - read by the student's id, which owns nothing
        return None
    folder = tempfile.mkdtemp(prefix="tdl-student-")
    if plan.stage:
        shutil.copytree(plan.stage, folder, dirs_exist_ok=True, symlinks=True)
        os.chmod(folder, 0o700)
    if plan.level == "user":
        for here, _, names in os.walk(folder):
            for path in (here, *(os.path.join(here, name) for name in names)):
                os.chown(path, plan.host_id, plan.host_id, follow_symlinks=False)
    return folder


def enter(
    plan: Confinement, released: socket.socket, folder: str | None, ids: tuple[int, int]
) -> None:
    """In the student's process, before any student code: into the level, for good.

    Args:
        plan: how.
        released: the socket of `fork_student`.
        folder: what `private_folder` made.
        ids: user and group of the zygote.

    Raises:
        SandboxError: any step failed; the process must end then.
    """
    answer = released.recv(1000)
    released.close()
    if answer != b"ok":
        raise SandboxError(answer.decode("utf-8", "replace") or "the zygote ended")
    try:
        if plan.level == "namespaces":
            if ids[0] != 0:
                namespaces.map_own_ids(*ids)
            namespaces.build_root(plan.visible, plan.hidden, plan.stage, plan.limits.disk_mb)
            namespaces.become_student()
        elif folder is not None:
            os.chdir(folder)
            if plan.level == "user":
                user.become(plan.host_id)
        os.environ["HOME"] = os.getcwd()
        apply_limits(plan.limits)
        seccomp.apply(plan.level)
    except OSError as error:
        raise SandboxError(f"level {plan.level} must be enterable, got {error}") from error


def try_namespaces() -> str | None:
    """Enter level `namespaces` once in a process that is thrown away; the reason if it fails."""
    plan = Confinement("namespaces", Limits(), visible=(sys.base_prefix, sys.prefix))
    mine, theirs = socket.socketpair()
    ids = os.geteuid(), os.getegid()
    try:
        pid, released = fork_student(plan)
    except SandboxError as error:
        return str(error)
    if pid == 0:
        try:
            theirs.sendall(_reason(lambda: enter(plan, released, None, ids)).encode())
        finally:
            os._exit(0)
    theirs.close()
    with contextlib.suppress(SandboxError):
        release(plan, pid, released)
    answer = mine.recv(2000).decode("utf-8", "replace")
    mine.close()
    os.waitpid(pid, 0)
    return None if answer == "works" else answer or "it ended at once"


def try_user() -> str | None:
    """Become another user in a process that is thrown away; the reason if it can't run Python."""
    mine, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        mine.close()
        try:
            theirs.sendall(_reason(_read_interpreter).encode())
        finally:
            os._exit(0)
    theirs.close()
    answer = mine.recv(2000).decode("utf-8", "replace")
    mine.close()
    os.waitpid(pid, 0)
    return None if answer == "works" else answer or "it ended at once"


def _read_interpreter() -> None:
    seccomp.prepare("user")
    user.become(FIRST_HOST_ID)
    for folder in dict.fromkeys((os.path.dirname(os.__file__), *interpreter_paths())):
        try:
            os.listdir(folder)
        except OSError as error:
            raise SandboxError(
                f"interpreter must be readable by another user, got {folder}: {error.strerror}"
            ) from None


def interpreter_paths() -> list[str]:
    """Folders on the module search path outside this checkout."""
    return [path for path in sys.path if path.endswith(("-packages", "lib-dynload"))]


def _reason(step: Callable[[], object]) -> str:
    try:
        step()
    except Exception as error:
        return str(error)
    return "works"
