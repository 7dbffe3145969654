"""Starts what a bench needs: the tests collected, a zygote, a stage for the release's files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from autograder import fixtures
from autograder.cases import Recorder
from autograder.errors import CourseError
from autograder.grade.course import CourseFolder
from autograder.grade.server import run_pytest
from autograder.grade.submission import MAX_FILES, MAX_STAGED_BYTES, copy_plain_files
from autograder.judge.marking import WireBench
from autograder.judge.session import Launcher
from autograder.judge.spawning import Zygote
from autograder.mutation.bench import Bench
from autograder.sandbox import levels


def with_bench(course: CourseFolder, assignment: str, work: Callable[[Bench], None]) -> None:
    """Collect an assignment's tests, start a zygote, and work with both.

    The process must have been started for this: its working directory changes.

    Raises:
        CourseError: the tests can't be collected.
        SandboxError: no allowed level of confinement works.
    """
    settings = course.sandbox
    level = levels.choose(settings.level, settings.minimum)
    zygote = Zygote(level, course.course.embargo.get(assignment, []), settings.preload)
    public, hidden = course.test_roots(assignment)
    with tempfile.TemporaryDirectory(prefix="tdl-bench-") as temporary:
        stage = Path(temporary) / "stage"
        stage.mkdir()
        Path(temporary).chmod(0o755)
        stage.chmod(0o755)
        release = course.release_folder(assignment)
        if release.is_dir():
            copy_plain_files(release, stage, [MAX_FILES, MAX_STAGED_BYTES], [])
        zygote.wait_ready()
        wire = WireBench()
        recorder = Recorder(public, wire)
        loop = _Loop()

        def use(items: Sequence[pytest.Item]) -> None:
            launcher = Launcher(zygote.orders, zygote.plan)
            folder = str(stage) if any(stage.iterdir()) else None
            scope, limits = course.scope(assignment), settings.limits(assignment)
            work(Bench(items, recorder, wire, launcher, scope, folder, limits))

        loop.use = use
        before = Path.cwd()
        try:
            run_pytest([str(p) for p in (*public, *hidden)], temporary, [fixtures, recorder, loop])
        finally:
            os.chdir(before)
            zygote.close()
    if loop.error is not None:
        raise loop.error
    if not loop.ran:
        raise CourseError(f"tests must be collectable, got {'; '.join(recorder.collection_errors)}")


class _Loop:
    """Pytest plugin: instead of running the tests, work with them."""

    def __init__(self) -> None:
        self.use: Callable[[Sequence[pytest.Item]], None] = lambda items: None
        self.ran = False
        self.error: BaseException | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "no"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.ran = not session.testsfailed
        if self.ran:
            try:
                self.use(session.items)
            except BaseException as error:  # noqa: B036 - pytest would only print it
                self.error = error
        return True
