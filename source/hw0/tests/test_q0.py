"""Public tests of q0: the form of `walk`, and the installation."""

import pytest

pytestmark = pytest.mark.question("q0")

STEPS = {"fetch", "check", "restart", "validate", "submit"}
CHOICES = {
    "counts": ("first", "best", "last"),
    "green_is_full": (True, False),
    "may_rename": (True, False),
    "deleted_cell": ("green", "NameError", "k = 0"),
}


def entry(student, key):
    walk = student.value("walk")
    assert isinstance(walk, dict), "walk must be a dictionary"
    assert walk.get(key) is not None, f'walk["{key}"] has no value yet: fill it in'
    return walk[key]


def test_installation(student):
    """Python is 3.11 or newer, NumPy 2.0 or newer, PyTorch 2.6 or newer."""
    found = student.value("installation")
    assert tuple(found["python"]) >= (3, 11), f"Python must be 3.11 or newer, got {found['python']}"
    for name, oldest in (("numpy", (2, 0)), ("torch", (2, 6))):
        version = tuple(int(part) for part in found[name].split(".")[:2])
        assert version >= oldest, f"{name} must be at least {oldest}, got {found[name]}"


def test_first_random_numbers(student):
    """Seeded generators give the numbers here that they give on every machine of the course."""
    found = student.value("installation")
    advice = "the random numbers of this installation differ: send this line to the course staff"
    assert abs(found["numpy_draw"] - 0.6369616873214543) < 1e-12, advice
    assert abs(found["torch_draw"] - 0.49625658988952637) < 1e-7, advice


def test_order_form(student):
    """walk["order"] is a list of the five words, each of them once."""
    order = entry(student, "order")
    assert isinstance(order, list | tuple), 'walk["order"] must be a list'
    assert len(order) == 5, f'walk["order"] must have 5 entries, got {len(order)}'
    assert set(order) == STEPS, f'walk["order"] must hold the words {sorted(STEPS)}'


def test_graded_file_form(student):
    """walk["graded_file"] is the name of a notebook."""
    name = entry(student, "graded_file")
    assert isinstance(name, str), 'walk["graded_file"] must be a string'
    assert name.endswith(".ipynb"), 'walk["graded_file"] must end in .ipynb'


def test_choices_form(student):
    """Each of the other answers is one of the choices in the statement."""
    for key, choices in CHOICES.items():
        answer = entry(student, key)
        plain = type(answer) is type(choices[0]) and answer in choices
        assert plain, f'walk["{key}"] must be one of {choices}, got {answer!r}'
