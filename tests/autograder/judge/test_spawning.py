"""A zygote that does not come up says why."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from autograder.errors import SandboxError
from autograder.judge.spawning import Zygote


def test_a_zygote_that_is_slow_to_import_is_said_to_be() -> None:
    """It writes nothing to its standard error, so the message is ours."""
    zygote = Zygote("limits", (), ("torch",))
    try:
        with pytest.raises(SandboxError, match=r"got no greeting within 0\.01 s; still importing"):
            zygote.wait_ready(0.01)
    finally:
        zygote.close()


def test_a_zygote_that_ends_is_told_apart_from_a_slow_one() -> None:
    """It is not waited for."""
    zygote = Zygote("limits", (), ())
    zygote._process.kill()
    with pytest.raises(SandboxError, match="must start, got"):
        zygote.wait_ready()
    zygote.close()


CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
IDS = """
from autograder.judge.spawning import Zygote
zygote = Zygote("limits", (), ())
print(zygote._process.pid, zygote.plan["first_host_id"])
zygote.close()
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare (Debian: util-linux)")
def test_containers_on_one_machine_share_no_student_id() -> None:
    """Their process ids are the same; an id that both used would have one limit for both."""
    told = set()
    for _ in range(2):
        done = subprocess.run([*CONTAINER, sys.executable, "-c", IDS], capture_output=True)
        if done.returncode and b"unshare" in done.stderr:
            pytest.skip(f"no namespaces here: {done.stderr.decode().strip()}")
        told.add(done.stdout.decode())
    assert len({line.split()[0] for line in told}) == 1
    assert len({line.split()[1] for line in told}) == 2
