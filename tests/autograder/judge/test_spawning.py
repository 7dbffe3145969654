"""A zygote that does not come up says why."""

from __future__ import annotations

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
