"""Losses of classification: margin losses, cross-entropy and distillation.

The margin of a prediction f(x) with label y = -1 or +1 is m = y f(x): positive means right.
Logarithms are natural everywhere. All losses are finite as long as differences of their arguments
are: in float64, up to about 1e308.
"""

from __future__ import annotations

from tdlcourse._validate import Array, error, float_array, int_array, is_tensor, namespace, real


def zero_one(margin: Array) -> Array:
    """0 where the margin is positive, else 1, elementwise.

    Args:
        margin: y f(x), any shape.

    Returns:
        Array of the margin's shape, kind and floating dtype.

    Raises:
        TypeError: the margin is not an array of real numbers.

    Source:
        Shalev-Shwartz & Ben-David, "Understanding machine learning", 2014, section 9.1.
        Conventions differ at margin 0; here it is an error, as it is for the perceptron.
    """
    margin = float_array("margin", margin)
    xp = namespace(margin)
    return xp.where(margin > 0, xp.zeros_like(margin), xp.ones_like(margin))


def logistic(margin: Array) -> Array:
    """log(1 + exp(-margin)), elementwise.

    Divided by log 2 it is an upper bound of the 0-1 loss.

    Args:
        margin: y f(x), any shape.

    Returns:
        Array of the margin's shape, kind and floating dtype, in nats.

    Raises:
        TypeError: the margin is not an array of real numbers.

    Source:
        Shalev-Shwartz & Ben-David 2014, section 9.3. As logaddexp(0, -m), which neither overflows
        at m = -10^4 nor loses the tail at m = +40.
    """
    margin = float_array("margin", margin)
    xp = namespace(margin)
    return xp.logaddexp(xp.zeros_like(margin), -margin)


def hinge(margin: Array) -> Array:
    """max(0, 1 - margin), elementwise: an upper bound of the 0-1 loss.

    Args:
        margin: y f(x), any shape.

    Returns:
        Array of the margin's shape, kind and floating dtype.

    Raises:
        TypeError: the margin is not an array of real numbers.

    Source:
        Cortes & Vapnik, "Support-vector networks", 1995; Shalev-Shwartz & Ben-David, section 15.2.
    """
    return (1 - float_array("margin", margin)).clip(0)


def _log_softmax(logits: Array) -> Array:
    xp = namespace(logits)
    shifted = logits - xp.amax(logits, axis=1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits: Array, labels: Array) -> Array:
    """Mean over the batch of -log softmax(logits)[label].

    Args:
        logits: (n, K) scores before the softmax, n >= 1.
        labels: (n,) integers in [0, K).

    Returns:
        A number (0-dimensional), in nats, of the logits' kind, dtype and device.

    Raises:
        TypeError: labels are not integers.
        ValueError: wrong shapes, no rows, or a label outside [0, K).

    Source:
        Goodfellow, Bengio & Courville, "Deep learning", 2016, section 6.2.2.3. For K = 2 and logits
        (0, z) it is the logistic loss of the margin +z (label 1) or -z (label 0).
    """
    logits = float_array("logits", logits, shape=("n", "K"))
    n, K = logits.shape
    if n == 0:
        raise error("logits", "at least one row", tuple(logits.shape))
    labels = int_array("labels", labels, shape=(n,), low=0, high=K, like=logits)
    return -_log_softmax(logits)[range(n), labels].mean()


def distill_loss(student: Array, teacher: Array, T: float, labels: Array, alpha: float) -> Array:
    """alpha T^2 KL(teacher_T || student_T) + (1 - alpha) cross-entropy, mean over the batch.

    The subscript T is a softmax at temperature T. The teacher is a constant: no gradient enters it.

    Args:
        student: (n, K) logits, n >= 1.
        teacher: (n, K) logits.
        T: temperature, positive. T^2 keeps the soft gradient's size as T grows.
        labels: (n,) integers in [0, K).
        alpha: weight of the soft term, in [0, 1].

    Returns:
        A number (0-dimensional), in nats, of the student's kind, dtype and device.

    Raises:
        TypeError: labels are not integers.
        ValueError: wrong shapes, no rows, a label outside [0, K), T or alpha out of range.

    Source:
        Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network", 2015, section 2.
        They minimise the soft cross-entropy, which is the KL divergence plus the teacher's
        entropy: another value, the same gradient.
    """
    student = float_array("student", student, shape=("n", "K"))
    teacher = float_array("teacher", teacher, shape=student.shape, like=student)
    teacher = teacher.detach() if is_tensor(teacher) else teacher
    T = real("T", T, low=0, open_low=True)
    alpha = real("alpha", alpha, low=0, high=1)
    hard = cross_entropy(student, labels)
    return alpha * _soft_losses(student, teacher, T).mean() + (1 - alpha) * hard


def _soft_losses(student: Array, teacher: Array, T: float) -> Array:
    """T^2 KL(teacher_T || student_T) of each row.

    With x = log(q / p) the divergence is sum p (exp(x) - 1 - x), whose terms are >= 0. At high
    temperature x is small, and neither it nor the bracket may come from a difference of numbers of
    size 1: the divergence is of size 1 / T^2.
    """
    xp = namespace(student)
    T = min(T, float(xp.finfo(student.dtype).max) ** 0.75)  # the loss has reached its limit
    log_p, log_q = _log_softmax(teacher / T), _log_softmax(student / T)
    p, zero = xp.exp(log_p), xp.zeros_like(log_p)
    gap = student - teacher
    gap = gap - xp.amax(gap, axis=1, keepdims=True)
    close = (gap > -T).all(axis=1, keepdims=True)
    gap = xp.where(close, gap, zero)
    ratio = gap / T - xp.log1p((p * xp.expm1(gap / T)).sum(axis=1, keepdims=True))
    ratio = xp.where(close, ratio, log_q - log_p)
    small = abs(ratio) < 0.1
    x = xp.where(small, ratio, zero)
    series = xp.ones_like(x)  # 2 (exp(x) - 1 - x) / x^2 = 1 + x/3 (1 + x/4 (1 + ...))
    for k in range(12, 2, -1):
        series = 1 + x / k * series
    rest = xp.where(small, zero, xp.exp(log_q) - p - p * ratio)
    return (p * (T * x) ** 2 * series / 2 + T * (T * rest)).sum(axis=1)
