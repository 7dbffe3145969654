"""assert_close and its kin: what passes, what fails, and in which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.proxy import LocalLink, Student
from autograder.testing import as_array, assert_close, assert_finite, assert_integer, assert_shape

finite = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=0, max_dims=3, max_side=3),
    elements=st.floats(-1e6, 1e6, allow_nan=False),
)


def message(check: Any, *args: Any, **kwargs: Any) -> str:
    """The sentence that a failing check raises."""
    with pytest.raises(AssertionError) as caught:
        check(*args, **kwargs)
    return str(caught.value)


class TestClose:
    """`actual` equals `expected` within the tolerance."""

    @settings(max_examples=100, deadline=None)
    @given(finite)
    def test_everything_is_close_to_itself(self, array: np.ndarray[Any, Any]) -> None:
        """As array, tensor, nested list; in any layout."""
        assert_close(array, array, rtol=0)
        assert_close(torch.as_tensor(array), array, rtol=0)
        if array.size and array.ndim:
            assert_close(array.tolist(), array, rtol=0)
        assert_close(array.T, array.T, rtol=0)

    @settings(max_examples=100, deadline=None)
    @given(finite, st.floats(1e-6, 1e-2), st.data())
    def test_the_tolerance_is_elementwise(
        self, array: np.ndarray[Any, Any], atol: float, data: st.DataObject
    ) -> None:
        """One element beyond the tolerance fails, all within it pass."""
        if not array.size:
            return
        at = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
        near, far = array.copy(), array.copy()
        near[at] += 0.5 * atol
        far[at] += 2 * atol + 1e-9
        assert_close(near, array, rtol=0, atol=atol)
        assert (
            f"{far.size} places wrong" in message(assert_close, far, array, rtol=0, atol=atol)
            or far.shape == ()
        )

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_nan_and_infinity_never_pass(self, value: float) -> None:
        """Not even with infinite tolerance."""
        for actual in (value, [1.0, value], np.array([value, 1.0]), torch.tensor([1.0, value])):
            expected = np.ones(np.shape(actual))
            text = message(assert_close, actual, expected, atol=np.inf, rtol=np.inf)
            assert "must be finite" in text

    def test_an_expected_value_that_is_not_finite_is_the_authors_fault(self) -> None:
        """It is no AssertionError."""
        with pytest.raises(ValueError, match="expected must be finite"):
            assert_close(1.0, np.nan)

    @pytest.mark.parametrize(
        "actual",
        [False, True, [False, True], np.array([False, False]), torch.tensor([True, False])],
    )
    def test_bools_are_zero_and_one_and_nothing_else(self, actual: Any) -> None:
        """False is not close to 0.3."""
        expected = np.full(np.shape(actual), 0.3)
        assert "must" in message(assert_close, actual, expected)
        assert_close(actual, np.asarray(actual, dtype=float))
        assert_close(np.asarray(actual, dtype=float), actual)

    def test_whole_numbers_are_compared_exactly(self) -> None:
        """Beyond the precision of floats and beyond 64 bits."""
        for n in (2**60, 10**30, 10**400):
            assert_close(n, n, rtol=0)
            assert str(n + 1)[-5:] in message(assert_close, n + 1, n, rtol=0)
            assert_close(n + 1, n, rtol=1e-8)
        assert_close([2**60, 1], np.array([2**60, 1]), rtol=0)
        message(assert_close, [2**60 + 1, 1], np.array([2**60, 1]), rtol=0)
        assert_close(np.uint64(2**64 - 1), 2**64 - 1, rtol=0)
        message(assert_close, np.array([255], dtype=np.uint8), np.array([-1]))

    def test_mixed_kinds_of_numbers(self) -> None:
        """Integers for floats, single for double precision, real for complex."""
        assert_close(3, 3.0)
        assert_close(np.float32(0.1), 0.1, rtol=1e-6)
        assert_close(torch.tensor([1.5], dtype=torch.bfloat16), [1.5])
        assert_close(2.0, 2 + 0j)
        assert_close(1 + 2j, 1 + 2j)
        assert "must be real" in message(assert_close, 2 + 0j, 2.0)

    def test_tensors_with_gradients(self) -> None:
        """requires_grad is no obstacle."""
        assert_close(torch.ones(2, requires_grad=True), np.ones(2))

    @pytest.mark.parametrize(
        ("actual", "expected", "words"),
        [
            (None, 1.0, "got None (is a return statement missing?)"),
            ("text", 1.0, "must be an array of numbers, got str"),
            ({"a": 1}, 1.0, "got dict"),
            ([], [1.0], "got list"),
            ([[1.0], [1.0, 2.0]], np.ones((2, 1)), "rectangular"),
            (np.array(["a"]), [1.0], "must hold numbers, got dtype <U1"),
            ([1.0, None], [1.0, 2.0], "got None"),
            (np.ones((2, 1)), np.ones(2), "must have shape (2,), got (2, 1)"),
            (np.ones(1), 1.0, "must have shape (), got (1,)"),
            (1.25, 1.5, "result must be 1.5, got 1.25"),
            (np.array([1.0, 2.0]), np.array([1.0, 3.0]), "worst at [1]: must be 3, got 2"),
            (object(), 1.0, "got object"),
            (set(), 1.0, "got set"),
        ],
        ids=range(13),
    )
    def test_messages_are_sentences(self, actual: Any, expected: Any, words: str) -> None:
        """Kind, shape and value are told in this order."""
        assert words in message(assert_close, actual, expected)

    def test_the_name_is_in_the_message(self) -> None:
        """What the test calls it."""
        assert message(assert_close, 1.0, 2.0, name="loss").startswith("loss must be 2, got 1")

    def test_broadcasting_is_no_equality(self) -> None:
        """A scalar for an array, an empty array for anything, a column for a row."""
        for actual in (1.0, np.ones(0), np.ones((3, 1)), np.ones((1, 3)), np.ones(4)):
            assert "shape" in message(assert_close, actual, np.ones(3))
        assert_close(np.ones((0, 2)), np.ones((0, 2)))

    def test_huge_values_do_not_warn(self) -> None:
        """An overflow in the difference is a wrong value."""
        message(assert_close, 1e308, -1e308)
        message(assert_close, np.float32(3e38), -1e300)

    def test_a_handle_is_no_number(self) -> None:
        """An object of the student's is named by its class."""
        student = Student(LocalLink({"f": lambda: object(), "g": lambda: [object()]}))
        assert "an object of class object" in message(assert_close, student.f(), 1.0)
        assert "an object of class object" in message(assert_close, student.g(), [1.0])

    def test_an_uncalled_function_is_no_number(self) -> None:
        """`assert_close(student.f, 1)` fails."""
        student = Student(LocalLink({"f": lambda: 1}))
        with pytest.raises((AssertionError, TypeError)):
            assert_close(student.f, 1)


class TestOthers:
    """assert_shape, assert_finite, assert_integer, as_array."""

    def test_shape(self) -> None:
        """Of arrays, tensors, numbers and lists."""
        assert_shape(np.ones((2, 3)), (2, 3))
        assert_shape([[1], [2]], (2, 1))
        assert_shape(3, ())
        assert message(assert_shape, np.ones(3), (2,), name="w") == (
            "w must have shape (2,), got (3,)"
        )

    def test_finite(self) -> None:
        """NaN is named before infinity, and places are counted."""
        assert_finite([1, 2])
        assert_finite(10**400)
        assert "NaN in 1 of 2" in message(assert_finite, [1.0, np.nan])
        assert "infinite values in 2 of 2" in message(assert_finite, [np.inf, -np.inf])
        message(assert_finite, None)

    @pytest.mark.parametrize("value", [3, np.int8(3), np.array(3), torch.tensor(3), 10**30])
    def test_whole_numbers(self, value: Any) -> None:
        """Any integer scalar; its value is returned as an int."""
        got = assert_integer(value)
        assert type(got) is int
        assert got in (3, 10**30)

    @pytest.mark.parametrize(
        "value",
        [True, np.bool_(True), torch.tensor(True), 3.0, np.float64(3), [3], np.array([3]), "3"],
        ids=range(8),
    )
    def test_no_whole_numbers(self, value: Any) -> None:
        """No bool, no float, no array of one."""
        assert "must" in message(assert_integer, value, name="count")

    def test_none_is_no_whole_number(self) -> None:
        """The missing return statement is named."""
        assert "return statement" in message(assert_integer, None)

    def test_as_array_keeps_dtype(self) -> None:
        """Of arrays and tensors."""
        assert as_array(np.ones(2, dtype=np.float32)).dtype == np.float32
        assert as_array(torch.ones(2, dtype=torch.int16)).dtype == np.int16
        assert as_array([1, 2.5]).dtype == np.float64
