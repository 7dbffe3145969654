"""Forks of a warm zygote don't hang; the long version is benchmarks/forks.py."""

from benchmarks.forks import CASES, run_cases


def test_no_case_hangs_or_fails_after_a_fork() -> None:
    """Threads, loaders, BLAS, pools, jit, vmap: each works in a fork of the warm zygote."""
    figures = run_cases(2 * len(CASES))
    assert figures["hangs"] == 0
    assert figures["failures"] == 0
