"""Marks of tests: which cell, what weight, and how an end is judged."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import fixtures
from autograder.cases import CASE, Case, Recorder, Result, judge_failure, read_case, shares
from autograder.errors import CourseError
from autograder.proxy import (
    LocalLink,
    Misuse,
    Student,
    StudentDied,
    StudentOutOfMemory,
    StudentSpokeBadly,
    StudentTimedOut,
)
from autograder.selfcheck.running import CONFIG, forget_modules

FUNCTIONS = {
    "right": lambda x: 2 * x,
    "wrong": lambda x: 3 * x,
    "raises": lambda x: 1 / 0,
    "nothing": lambda x: None,
    "an_object": lambda x: object(),
    "hungry": lambda x: bytearray(2**60),
}


class LocalBench:
    """A bench over functions of this process."""

    def student(self, case: Case) -> Student:
        return Student(LocalLink(dict(FUNCTIONS)))

    def seed(self, case: Case) -> int:
        return 3

    def reference(self) -> Any:
        import tdlcourse

        return tdlcourse


class Ran:
    """Cases and results of one nested run of pytest."""

    def __init__(self) -> None:
        self.recorder: Any = None
        self.cases: list[Case] = []
        self.errors: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.cases = [item.stash[CASE] for item in session.items]

    def pytest_internalerror(self, excrepr: object) -> None:
        self.errors.append(str(excrepr))


def run(tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch, public: bool = False) -> Ran:
    """Run tests from a text, as the judge does."""
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "test_it.py").write_text("import pytest\n" + textwrap.dedent(code))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    ran = Ran()
    ran.recorder = Recorder([folder] if public else [], LocalBench())
    arguments = ["-c", str(CONFIG), "--rootdir", str(folder), "--noconftest", str(folder)]
    arguments += ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:debugging"]
    pytest.main(arguments, plugins=[fixtures, ran.recorder, ran])
    forget_modules(folder)
    return ran


def case(**changes: Any) -> Case:
    """A hidden case of q1."""
    plain: dict[str, Any] = {
        "id": "hidden/test_q1.py::test_a",
        "question": "q1",
        "weight": 1.0,
        "group": "hidden/test_q1.py::test_a",
        "title": "A claim.",
        "hint": "",
        "public": False,
        "forbid": (),
        "timeout": 1.0,
    }
    return Case(**{**plain, **changes})


class TestMarks:
    """What a mark says."""

    def test_everything_a_mark_can_say(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Id, question, weight, title on one line, hint, forbid and timeout."""
        code = '''
        pytestmark = pytest.mark.question("q2", forbid=["a.b"], timeout=7)
        @pytest.mark.question("q2-part", weight=2, hint="Mind\\n the gap.", forbid=["c"])
        def test_one(student):
            """A claim
            on two lines."""
        def test_two(): pass
        '''
        one, two = run(tmp_path, code, monkeypatch).cases
        assert one == Case(
            id="hidden/test_it.py::test_one",
            question="q2-part",
            weight=2.0,
            group="hidden/test_it.py::test_one",
            title="A claim on two lines.",
            hint="Mind the gap.",
            public=False,
            forbid=("c", "a.b"),
            timeout=7.0,
        )
        assert (two.question, two.weight, two.title) == ("q2", 1.0, "test_two")

    def test_public_tests_earn_nothing_by_default(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Unless they are given a weight."""
        code = """
        @pytest.mark.question("q1")
        def test_a(): pass
        @pytest.mark.question("q1", weight=0.5)
        def test_b(): pass
        """
        cases = run(tmp_path, code, monkeypatch, public=True).cases
        assert [(c.weight, c.public, c.id[:6]) for c in cases] == [
            (0.0, True, "public"),
            (0.5, True, "public"),
        ]

    def test_parameters_are_cases_of_one_group(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each has an id of its own; together they have the function's weight."""
        code = """
        @pytest.mark.question("q1", weight=3)
        @pytest.mark.parametrize("n", [1, 2, 3])
        def test_a(n): pass
        @pytest.mark.question("q1")
        def test_b(): pass
        """
        cases = run(tmp_path, code, monkeypatch).cases
        assert [c.id.rpartition("::")[2] for c in cases] == [
            "test_a[1]",
            "test_a[2]",
            "test_a[3]",
            "test_b",
        ]
        assert list(shares(cases).values()) == pytest.approx([0.25] * 4)

    @pytest.mark.parametrize(
        "mark",
        [
            "question()",
            "question('q1', 'q2')",
            "question(3)",
            "question('q1', wieght=2)",
            "question('q1', weight=-1)",
            "question('q1', weight=float('nan'))",
            "question('q1', weight=float('inf'))",
            "skip",
            "xfail",
            "skipif(False, reason='x')",
        ],
    )
    def test_a_wrong_mark_is_the_authors_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str
    ) -> None:
        """It names the test, before anything is marked."""
        question = "@pytest.mark.question('q1')\n" if "question" not in mark else ""
        code = f"@pytest.mark.{mark}\n{question}def test_a(): pass"
        ran = run(tmp_path, code, monkeypatch)
        assert any("CourseError" in e and "test_a" in e for e in ran.errors)
        assert not ran.recorder.results

    @pytest.mark.parametrize("fixture", ["monkeypatch", "capsys", "caplog"])
    def test_fixtures_that_reach_into_the_grader_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixture: str
    ) -> None:
        """A verdict must not depend on them."""
        code = f"@pytest.mark.question('q1')\ndef test_a({fixture}): pass"
        ran = run(tmp_path, code, monkeypatch)
        assert any("must not use" in error for error in ran.errors)

    def test_a_test_without_a_mark_is_an_error(self) -> None:
        """Nothing is marked by accident."""

        class Item:
            nodeid = "test_x"

            def iter_markers(self, name: str) -> list[Any]:
                return []

        with pytest.raises(CourseError, match="test_x must have a question mark"):
            read_case(Item(), public=True)  # type: ignore[arg-type]


class TestShares:
    """Weights within a cell."""

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=12))
    def test_shares_sum_to_one_or_are_all_zero(self, given: list[tuple[str, float]]) -> None:
        """Whatever the weights."""
        weights = dict(given)
        cases = [
            case(id=f"{group}{i}", group=group, weight=weights[group])
            for i, (group, _) in enumerate(given)
        ]
        share = shares(cases)
        assert all(0 <= s <= 1 for s in share.values())
        total = sum(share.values())
        assert total == pytest.approx(1) or not any(c.weight for c in cases) or total == 0


class TestEnds:
    """How a test ends, run for real."""

    @pytest.mark.parametrize(
        ("body", "verdict", "words"),
        [
            ("assert student.right(2) == 4", "correct", ""),
            ("assert student.wrong(2) == 4, 'must be 4'", "wrong", "must be 4"),
            ("student.raises(1)", "crashed", "ZeroDivisionError: division by zero"),
            ("student.missing(1)", "crashed", "name 'missing' is not defined"),
            ("student.nothing(1)[0]", "wrong", "TypeError"),
            ("list(student.an_object(1))", "wrong", "must be plain data"),
            ("a, b = student.an_object(1)", "wrong", "must be plain data"),
            ("student.hungry(1)", "out_of_memory", "MemoryError"),
            ("assert student.right", "not_marked", "is a name in the student's process"),
            ("undefined", "not_marked", "NameError"),
            ("import no_such_module", "not_marked", "ModuleNotFoundError"),
            ("pytest.fail('too slow')", "wrong", "too slow"),
            ("pytest.skip('not today')", "not_marked", "not today"),
            ("pytest.xfail('broken')", "not_marked", "broken"),
            ("{}['loss']", "wrong", "KeyError: 'loss'"),
            ("with pytest.raises(ZeroDivisionError): student.raises(1)", "correct", ""),
            ("with pytest.raises(ValueError): student.raises(1)", "crashed", "ZeroDivision"),
            ("with pytest.raises(ValueError): student.right(1)", "wrong", "DID NOT RAISE"),
            ("raise SystemExit", "wrong", "SystemExit"),
            ("reference.linear.perceptron(None, None, 1)", "not_marked", ""),
        ],
        ids=range(20),
    )
    def test_verdicts(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        body: str,
        verdict: str,
        words: str,
    ) -> None:
        """Whose fault it is decides the verdict."""
        code = "@pytest.mark.question('q1')\ndef test_a(student, reference):\n    " + body
        ran = run(tmp_path, code, monkeypatch)
        assert not ran.errors
        (result,) = ran.recorder.results.values()
        assert (result.verdict, words in result.message) == (verdict, True), result

    def test_setup_and_teardown_must_pass_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A passing body with a failing teardown is not marked, never correct."""
        code = """
        @pytest.fixture
        def before():
            raise ValueError("set-up")
        @pytest.fixture
        def after():
            yield
            raise ValueError("teardown")
        @pytest.mark.question("q1")
        def test_a(before): pass
        @pytest.mark.question("q1")
        def test_b(after): pass
        """
        results = run(tmp_path, code, monkeypatch).recorder.results.values()
        assert [r.verdict for r in results] == ["not_marked", "not_marked"]

    def test_rng_is_keyed_by_the_bench(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The fixture's generator has the case's seed."""
        code = """
        import numpy as np
        @pytest.mark.question("q1")
        def test_a(rng):
            assert rng.random() == np.random.default_rng(3).random()
        """
        (result,) = run(tmp_path, code, monkeypatch).recorder.results.values()
        assert result.verdict == "correct", result.message

    def test_a_file_that_can_not_be_read_is_recorded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A collection error is kept with its reason."""
        ran = run(tmp_path, "import no_such_module_at_all", monkeypatch)
        assert "no_such_module_at_all" in ran.recorder.collection_errors[0]


def judged(error: BaseException, in_call: bool = True, **changes: Any) -> Result:
    """The result of a test that raised."""
    result = Result(case(**changes), "not_marked")
    try:
        raise error
    except BaseException as raised:
        judge_failure(result, raised, in_call=in_call)
    return result


def from_student(error: Exception, **marks: Any) -> Exception:
    """An error as the proxy raises it."""
    for name, value in {"from_student": True, "refused": False, **marks}.items():
        setattr(error, name, value)
    return error


class TestFailures:
    """One error, judged."""

    @pytest.mark.parametrize(
        ("error", "verdict"),
        [
            (StudentTimedOut("x"), "timed_out"),
            (StudentOutOfMemory("x"), "out_of_memory"),
            (StudentDied("x"), "crashed"),
            (StudentSpokeBadly("x"), "crashed"),
            (AssertionError("x"), "wrong"),
            (ValueError("x"), "wrong"),
            (RecursionError("x"), "wrong"),
            (Misuse("x"), "not_marked"),
            (MemoryError("x"), "not_marked"),
            (from_student(AssertionError("x")), "crashed"),
            (from_student(NameError("x")), "crashed"),
            (from_student(MemoryError("x")), "out_of_memory"),
            (from_student(ImportError("x")), "crashed"),
        ],
        ids=range(13),
    )
    def test_in_the_call(self, error: BaseException, verdict: str) -> None:
        """Faults of the process, errors of the student's, errors of ours."""
        assert judged(error).verdict == verdict

    def test_outside_the_call(self) -> None:
        """In set-up only faults of the student's process are the student's."""
        assert judged(ValueError("x"), in_call=False).verdict == "not_marked"
        assert judged(AssertionError("x"), in_call=False).verdict == "not_marked"
        assert judged(StudentDied("x"), in_call=False).verdict == "crashed"

    def test_a_refusal_says_what_is_forbidden_and_nothing_else(self) -> None:
        """The text of a refusal comes from the student's process and is not passed on."""
        said = from_student(RuntimeError("torch.nn.Linear and a hidden 42"), refused=True)
        result = judged(said, forbid=("torch.nn",))
        assert result.verdict == "refused"
        assert result.message == "torch.nn is not allowed in this question"
        lied = from_student(RuntimeError("the hidden input is 42"), refused=True)
        assert "42" not in judged(lied, forbid=("torch.nn",)).message
        assert judged(lied).verdict == "crashed"

    def test_messages_are_short_and_without_pytests_parts(self) -> None:
        """Only the author's sentence is kept."""
        text = "w must be 1\nassert 2 == 1\n +  where 2 = f()"
        assert judged(AssertionError(text)).message == "w must be 1"
        assert len(judged(AssertionError("x" * 10_000)).message) <= 2000
        assert judged(AssertionError("")).message == "AssertionError"

    def test_an_error_of_the_reference_is_ours_wherever_the_checkout_lies(self) -> None:
        """Frames are told by the package's own folder, not by a word in a path."""
        import tdlcourse

        class Frame(ValueError):
            pass

        def raised_in(filename: str) -> Exception:
            names: dict[str, Any] = {"Frame": Frame}
            exec(compile("def f():\n    raise Frame('x')", filename, "exec"), names)
            try:
                names["f"]()
            except Frame as error:
                return error
            raise RuntimeError

        folder = str(Path(str(tdlcourse.__file__)).parent)
        assert judged(raised_in(f"{folder}/linear.py")).verdict == "not_marked"
        assert judged(raised_in("/home/me/tdlcourse/tests/test_q1.py")).verdict == "wrong"

    def test_what_a_callback_raises_is_the_answers_doing(self) -> None:
        """The student's code chose its arguments: nobody can make a mark wait for staff by them."""
        import tdlcourse

        folder = str(Path(str(tdlcourse.__file__)).parent)
        names: dict[str, Any] = {}
        exec(compile("def f():\n    raise ValueError('x')", f"{folder}/linear.py", "exec"), names)
        with pytest.raises(ValueError, match="x") as raised:
            names["f"]()
        assert judged(raised.value).verdict == "not_marked"
        for error in (raised.value, MemoryError("x")):
            error.from_callback = True  # type: ignore[attr-defined]
            assert judged(error).verdict == "wrong"
        missing = NameError("x")
        missing.from_callback = True  # type: ignore[attr-defined]
        assert judged(missing).verdict == "not_marked"
