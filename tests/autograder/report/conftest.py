"""Grading runs as `tdl grade --json` writes them, built from one seed."""

import random

import pytest

# question -> points of its parts; "manual" parts are proofs
LAYOUT = {
    "q0": {"q0": ("judge", 4)},
    "q1": {"q1": ("manual", 14)},
    "q2": {"q2": ("judge", 12), "q2-gates": ("judge", 4)},
    "q3": {"q3": ("judge", 7)},
    "q4": {"q4": ("judge", 23), "q4-train": ("judge", 4)},
    "q5": {"q5": ("judge", 7), "q5-sign": ("judge", 2)},
    "q6": {"q6": ("judge", 8), "q6-proof": ("manual", 4), "q6-witness": ("judge", 2)},
    "q7": {"q7": ("manual", 9)},
}
TESTS_PER_PART = 4


class RunBuilder:
    """Builds classes of any size; a student's marks depend on the seed and the name alone."""

    def __init__(self, seed=0):
        self.seed = seed
        self.random = random.Random(seed)

    def run(self, students, **changes):
        names = [f"student{i:03d}" for i in range(students)]
        submissions = [self.submission(name) for name in names]
        for submission in submissions[5::11]:
            late = random.Random(submission["student"]).uniform(600, 300000)
            submission.update(late_seconds=late, late_penalty=5.0)
        return {
            "schema": 1,
            "course": "Theory of deep learning",
            "assignment": "hw1",
            "created": "2026-11-21T10:30:00+00:00",
            "versions": {
                "python": "3.11.2",
                "torch": "2.13.0",
                "numpy": "2.4.1",
                "nbgrader": "0.9.6",
                "autograder": "0.1.0",
            },
            "seed": {"term": "winter", "fingerprint": "5ad1e0c3"},
            "level": "namespaces",
            "wall_seconds": 0.4 * students,
            "max_score": 100.0,
            "submissions": submissions,
        } | changes

    def submission(self, student, ability=None, outcome="finished", hand_marked=True):
        self.random.seed(f"{self.seed} {student!r}")
        ability = self.random.betavariate(4, 2) if ability is None else ability
        questions = {
            key: self.question(key, parts, ability, hand_marked) for key, parts in LAYOUT.items()
        }
        marked = [part for q in questions.values() for part in q["parts"].values()]
        auto = [part["score"] for part in marked if part["kind"] == "judge"]
        return {
            "student": student,
            "outcome": outcome,
            "score": sum(part["score"] for part in marked if part["score"] is not None),
            "max_score": 100.0,
            "auto_score": float(sum(auto)),
            "needs_manual": not hand_marked,
            "late_seconds": 0.0,
            "late_penalty": 0.0,
            "seconds": self.random.lognormvariate(0, 0.8),
            "cpu_seconds": 0.3,
            "message": "",
            "flags": [],
            "questions": questions,
        }

    def question(self, key, parts, ability, hand_marked):
        marked = {
            name: self.part(key, kind, most, ability, hand_marked)
            for name, (kind, most) in parts.items()
        }
        waits = any(part["score"] is None for part in marked.values())
        score = sum(part["score"] or 0.0 for part in marked.values())
        most = float(sum(part["max_score"] for part in marked.values()))
        verdict = "unmarked" if waits else self.verdict(score, most)
        return {
            "score": None if waits and score == 0 else score,
            "max_score": most,
            "verdict": verdict,
            "parts": marked,
        }

    def part(self, key, kind, most, ability, hand_marked):
        if kind == "manual":
            score = float(round(most * min(1.0, ability * 1.1))) if hand_marked else None
            verdict = "unmarked" if score is None else self.verdict(score, most)
            return {
                "score": score,
                "max_score": float(most),
                "verdict": verdict,
                "kind": kind,
                "tests": [],
            }
        tests = [self.test(key, i, ability) for i in range(TESTS_PER_PART)]
        earned = sum(test["weight"] for test in tests if test["passed"])
        score = most * earned / sum(test["weight"] for test in tests)
        return {
            "score": score,
            "max_score": float(most),
            "verdict": self.verdict(score, most),
            "kind": kind,
            "tests": tests,
        }

    def test(self, key, i, ability):
        public = i == 0
        return {
            "title": f"The shape of {key}'s result is right." if public else "",
            "passed": self.random.random() < ability ** (0.2 + int(key[1:]) / 8),
            "weight": float(i + 1),
            "public": public,
            "hint": f"Look at case {i} of {key} again." if i < 3 else "",
        }

    def verdict(self, score, most):
        if score == most:
            return "correct"
        if self.random.random() < 0.1:
            return self.random.choice(["refused", "crashed", "timed_out", "out_of_memory"])
        if score > 0:
            return "partial"
        return "wrong"

    def absent(self, student, outcome="missing"):
        """A submission that was never opened: no questions, zero points."""
        nothing = self.submission(student, 0.0, outcome)
        nothing.update(score=0.0, auto_score=0.0, questions={}, seconds=0.0, cpu_seconds=0.0)
        if outcome == "not_marked":
            nothing.update(score=None, auto_score=None)
        return nothing


@pytest.fixture(scope="session")
def builder():
    return RunBuilder()
