"""Losses of classification: margin losses, cross-entropy and distillation.

The margin of a prediction f(x) with label y = -1 or +1 is m = y f(x): positive means right.
Logarithms are natural everywhere. All losses are finite at arguments of any finite size.
"""

from __future__ import annotations

from tdlcourse._validate import Array, float_array, int_array, is_tensor, namespace, real


def zero_one(margin: Array) -> Array:
    """0 where the margin is positive, else 1, elementwise.

    Args:
        margin: y f(x), any shape.

    Returns:
        Array of the margin's shape, kind and floating dtype.

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
        logits: (n, K) scores before the softmax.
        labels: (n,) integers in [0, K).

    Returns:
        A number (0-dimensional), in nats, of the logits' kind, dtype and device.

    Raises:
        TypeError: labels are not integers.
        ValueError: wrong shapes, or a label outside [0, K).

    Source:
        Goodfellow, Bengio & Courville, "Deep learning", 2016, section 6.2.2.3. For K = 2 and logits
        (0, z) it is the logistic loss of the margin +z (label 1) or -z (label 0).
    """
    logits = float_array("logits", logits, shape=("n", "K"))
    n, K = logits.shape
    labels = int_array("labels", labels, shape=(n,), low=0, high=K, like=logits)
    return -_log_softmax(logits)[range(n), labels].mean()


def distill_loss(student: Array, teacher: Array, T: float, labels: Array, alpha: float) -> Array:
    """alpha T^2 KL(teacher_T || student_T) + (1 - alpha) cross-entropy, mean over the batch.

    The subscript T is a softmax at temperature T. The teacher is a constant: no gradient enters it.

    Args:
        student: (n, K) logits.
        teacher: (n, K) logits.
        T: temperature, positive. T^2 keeps the soft gradient's size as T grows.
        labels: (n,) integers in [0, K).
        alpha: weight of the soft term, in [0, 1].

    Returns:
        A number (0-dimensional), in nats, of the student's kind, dtype and device.

    Raises:
        TypeError: labels are not integers.
        ValueError: wrong shapes, a label outside [0, K), T or alpha out of range.

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
    log_p, log_q = _log_softmax(teacher / T), _log_softmax(student / T)
    soft = (namespace(log_p).exp(log_p) * (log_p - log_q)).sum(axis=1).mean()
    return alpha * T**2 * soft + (1 - alpha) * cross_entropy(student, labels)
