def posterior(prior, likelihood, observations):
    """Posterior probabilities of H given conditionally independent observations.

    Args:
        prior: float64 array [k], P(H = h).
        likelihood: float64 array [k, m], entry (h, v) is P(x = v | H = h).
        observations: int64 array [t], values in 0..m-1; t may be 0.

    Returns:
        float64 array [k], P(H = h | observations).
    """
    belief = prior.copy()
    for v in observations:
        belief = belief * likelihood[:, v]
        belief = belief / belief.sum()
    return belief
