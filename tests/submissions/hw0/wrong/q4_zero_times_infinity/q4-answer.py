def posterior(prior, likelihood, observations):
    """Posterior probabilities of H given conditionally independent observations.

    Args:
        prior: float64 array [k], P(H = h).
        likelihood: float64 array [k, m], entry (h, v) is P(x = v | H = h).
        observations: int64 array [t], values in 0..m-1; t may be 0.

    Returns:
        float64 array [k], P(H = h | observations).
    """
    counts = np.bincount(observations, minlength=likelihood.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        log_joint = np.log(prior) + np.log(likelihood) @ counts
    joint = np.exp(log_joint - log_joint.max())
    return joint / joint.sum()
