def posterior(prior, likelihood, observations):
    """Posterior probabilities of H given conditionally independent observations.

    Args:
        prior: float64 array [k], P(H = h).
        likelihood: float64 array [k, m], entry (h, v) is P(x = v | H = h).
        observations: int64 array [t], values in 0..m-1; t may be 0.

    Returns:
        float64 array [k], P(H = h | observations).
    """
    observations = np.unique(observations)
    with np.errstate(divide="ignore"):  # log(0) = -inf is meant: impossible stays impossible
        log_joint = np.log(prior) + np.log(likelihood[:, observations]).sum(axis=1)
    joint = np.exp(log_joint - log_joint.max())  # the most probable h now has weight 1
    return joint / joint.sum()
