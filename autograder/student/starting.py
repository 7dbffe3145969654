"""The first steps of a student's process: from a fork of the zygote to serving, confined."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from typing import Any, NoReturn

from autograder.protocol import encode
from autograder.sandbox.entering import Confinement, enter
from autograder.sandbox.limits import Limits
from autograder.student.namespace import seed_everything
from autograder.student.serving import serve
from autograder.student.sharing import hand_tensors_over_by_value
from autograder.wire import send_frame


def read_plan(order: dict[str, Any]) -> Confinement:
    """The confinement that an order asks for."""
    return Confinement(
        level=order["level"],
        limits=Limits(**order["limits"]),
        visible=tuple(order["visible"]),
        hidden=tuple(order["hidden"]),
        stage=order["stage"],
        host_id=order["host_id"],
    )


def become_student(
    order: dict[str, Any],
    plan: Confinement,
    released: socket.socket,
    folder: str | None,
    ids: tuple[int, int],
    wire: socket.socket,
    shell: Any,
) -> NoReturn:
    """Enter the sandbox and serve the judge; never returns, and never runs anything unconfined."""
    try:
        os.setsid()
        os.environ.clear()
        os.environ.update(order["environment"])
        enter(plan, released, folder, ids)
        if order["stage"] and plan.level == "namespaces":  # elsewhere the zygote has copied it
            shutil.copytree("/stage", ".", dirs_exist_ok=True, symlinks=True)
        file = tempfile.TemporaryFile(dir=".")  # noqa: SIM115 - lives as long as the process
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        seed_everything(order["seed"])
        if plan.level == "user":
            hand_tensors_over_by_value()
        shell.enter(file.fileno())
    except BaseException as error:  # noqa: B036 - nothing may run unconfined
        with contextlib.suppress(Exception):
            send_frame(wire, encode({"failed": f"{type(error).__name__}: {error}"}))
        os._exit(3)
    serve(wire, shell)
