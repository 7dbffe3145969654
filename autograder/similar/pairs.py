"""Pairs of answers with more in common than the class's other pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from autograder.similar.fingerprints import Fingerprint, fingerprints

LEAST_SHARED = 3  # fewer fingerprints in common say nothing
COMMON = 0.25  # a fingerprint that so large a part of the class has is common knowledge
COMMON_LEAST = 4  # of at least so many students
# A solution that leaked to a large part of the class is common as well, so answers that are nearly
# all of a known program are listed whatever others wrote.
COPIED, COPIED_SHARED = 0.8, 10


@dataclass(frozen=True)
class Pair:
    """Two answers and what they share.

    Attributes:
        question: grade id of the answer.
        left, right: names.
        share: shared fingerprints over those of the smaller answer, in [0, 1].
        shared: number of shared fingerprints.
        left_lines, right_lines: line numbers of the shared parts.
    """

    question: str
    left: str
    right: str
    share: float
    shared: int
    left_lines: frozenset[int]
    right_lines: frozenset[int]


def similar_pairs(
    question: str,
    answers: Mapping[str, str],
    released: Iterable[str],
    known: Mapping[str, str] | None = None,
    least: float = 0.4,
) -> list[Pair]:
    """Pairs that share at least `least` of the smaller answer, most alike first.

    Args:
        question: grade id of the answers.
        answers: student -> program.
        released: programs that everybody was given; what is in them is ignored.
        known: name -> program that answers are also compared with, such as the model solution.
        least: share from which a pair is listed.
    """
    given = {print_.hash for program in released for print_ in fingerprints(program)}
    whole = {name: _own(program, given) for name, program in answers.items()}
    common = _common(whole)
    prints = {name: [p for p in own if p.hash not in common] for name, own in whole.items()}
    others = {name: _own(program, given) for name, program in (known or {}).items()}
    found = [_pair(question, a, b, prints[a], prints[b]) for a, b in _candidates(prints)]
    kept = [p for p in found if p.shared >= LEAST_SHARED and p.share >= least]
    for name, other in others.items():
        for student, own in prints.items():
            pair = _pair(question, student, name, own, other)
            copied = _pair(question, student, name, whole[student], other)
            if copied.shared >= COPIED_SHARED and copied.share >= max(COPIED, least):
                kept.append(copied)
            elif pair.shared >= LEAST_SHARED and pair.share >= least:
                kept.append(pair)
    return sorted(kept, key=lambda p: (-p.share, -p.shared, p.left, p.right))


def _own(program: str, given: set[int]) -> list[Fingerprint]:
    return [print_ for print_ in fingerprints(program) if print_.hash not in given]


def _common(prints: Mapping[str, list[Fingerprint]]) -> set[int]:
    """Hashes that many students have: the usual way to write it."""
    counts = Counter(hash for own in prints.values() for hash in {p.hash for p in own})
    limit = max(COMMON_LEAST, COMMON * len(prints))
    return {hash for hash, count in counts.items() if count > limit}


def _candidates(prints: Mapping[str, list[Fingerprint]]) -> list[tuple[str, str]]:
    """Pairs with any fingerprint in common, found by fingerprint and not by trying all pairs."""
    holders: dict[int, set[str]] = defaultdict(set)
    for name, own in prints.items():
        for print_ in own:
            holders[print_.hash].add(name)
    return sorted({pair for names in holders.values() for pair in combinations(sorted(names), 2)})


def _pair(question: str, left: str, right: str, a: list[Fingerprint], b: list[Fingerprint]) -> Pair:
    hashes = {p.hash for p in a} & {p.hash for p in b}
    smaller = min(len({p.hash for p in a}), len({p.hash for p in b}))
    share = len(hashes) / smaller if smaller else 0.0
    return Pair(question, left, right, share, len(hashes), _lines(a, hashes), _lines(b, hashes))


def _lines(prints: list[Fingerprint], hashes: set[int]) -> frozenset[int]:
    return frozenset(
        line
        for print_ in prints
        if print_.hash in hashes
        for line in range(print_.first_line, print_.last_line + 1)
    )
