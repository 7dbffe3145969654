"""`validate_run` accepts what the schema says and names what breaks it."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.report.schema import OUTCOMES, VERDICTS, validate_run


@pytest.fixture
def run(builder):
    return copy.deepcopy(builder.run(3))


def paths(value, path=()):
    """Every place in a JSON value, as a path of keys."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        yield (*path, key)
        if isinstance(member, dict | list):
            yield from paths(member, (*path, key))


def parent(value, path):
    for key in path[:-1]:
        value = value[key]
    return value


def test_a_run_read_back_from_json_is_accepted_and_returned_itself(run):
    again = json.loads(json.dumps(run))
    assert validate_run(again) is again


def test_a_key_that_the_schema_does_not_know_is_ignored(run):
    run["submissions"][0]["group"] = "g3"
    validate_run(run)


def test_an_empty_class_is_a_run(builder):
    validate_run(builder.run(0))


@pytest.mark.parametrize(
    "path",
    [
        ("schema",),
        ("submissions",),
        ("versions", "torch"),
        ("seed", "fingerprint"),
        ("submissions", 1, "late_penalty"),
        ("submissions", 1, "questions", "q2", "parts"),
        ("submissions", 2, "questions", "q2", "parts", "q2", "tests", 0, "hint"),
    ],
)
def test_a_missing_key_is_named(run, path):
    del parent(run, path)[path[-1]]
    with pytest.raises(ValueError, match=rf"^run.*\.{path[-1]} must be given, got no such key$"):
        validate_run(run)


@given(data=st.data())
def test_a_value_of_a_foreign_type_is_never_accepted(builder, data):
    run = builder.run(2)
    path = data.draw(st.sampled_from(sorted(paths(run), key=str)))
    parent(run, path)[path[-1]] = data.draw(st.sampled_from([object(), b"x", {1}, float("nan")]))
    with pytest.raises(ValueError, match=r" must be .*, got "):
        validate_run(run)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("score", True, "a finite number or null, got True"),
        ("score", float("inf"), "a finite number or null, got inf"),
        ("score", "7", "a finite number or null, got '7'"),
        ("seconds", -1, "a number >= 0, got -1"),
        ("seconds", None, "a finite number, got None"),
        ("needs_manual", 1, "true or false, got 1"),
        ("student", "", "a non-empty string, got ''"),
        ("flags", "late", "a list, got 'late'"),
        ("questions", [], "an object, got []"),
        ("outcome", "ok", "one of 'finished', .*, got 'ok'"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(run, key, value, expected):
    run["submissions"][1][key] = value
    with pytest.raises(ValueError) as caught:
        validate_run(run)
    message = str(caught.value)
    assert message.startswith(f"run.submissions[1].{key} must be ")
    assert expected.split(".*")[-1] in message


@pytest.mark.parametrize(
    ("key", "value"),
    [("schema", 2), ("schema", True), ("created", "yesterday"), ("max_score", -1.0)],
)
def test_a_wrong_head_is_refused(run, key, value):
    run[key] = value
    with pytest.raises(ValueError, match=f"run.{key} must be "):
        validate_run(run)


def test_a_fingerprint_is_hexadecimal(run):
    run["seed"]["fingerprint"] = "the secret itself"
    with pytest.raises(ValueError, match="run.seed.fingerprint must be hexadecimal digits"):
        validate_run(run)


@pytest.mark.parametrize("data", [None, [], "run", 3])
def test_what_is_no_object_is_no_run(data):
    with pytest.raises(ValueError, match="^run must be an object, got "):
        validate_run(data)


def test_found_is_cut_at_80_characters(run):
    run["course"] = ["x" * 1000]
    with pytest.raises(ValueError) as caught:
        validate_run(run)
    assert len(str(caught.value).split("got ")[1]) == 80


def test_a_student_occurs_once(run):
    run["submissions"][1]["student"] = run["submissions"][0]["student"]
    with pytest.raises(ValueError, match="one per student, got '2 of student"):
        validate_run(run)


def test_not_marked_never_has_a_score(run):
    run["submissions"][0]["outcome"] = "not_marked"
    with pytest.raises(ValueError, match=r"submissions\[0\].score must be null"):
        validate_run(run)


def test_one_part_not_marked_leaves_question_and_total_without_score(run):
    submission = run["submissions"][0]
    question = submission["questions"]["q2"]
    question["parts"]["q2"].update(verdict="not_marked", score=None)
    with pytest.raises(ValueError, match=r"questions\['q2'\].score must be null"):
        validate_run(run)
    question.update(score=None)
    with pytest.raises(ValueError, match=r"submissions\[0\].score must be null"):
        validate_run(run)
    submission.update(score=None)
    validate_run(run)


def test_outcomes_and_verdicts_are_those_of_the_design():
    assert OUTCOMES[:5] == ("finished", "crashed", "timed_out", "out_of_memory", "killed")
    assert VERDICTS[:4] == ("correct", "partial", "wrong", "refused")
    assert "not_marked" in OUTCOMES
    assert "not_marked" in VERDICTS
