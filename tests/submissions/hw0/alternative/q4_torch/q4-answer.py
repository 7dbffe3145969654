def posterior(prior, likelihood, observations):
    """Posterior probabilities of H given conditionally independent observations.

    Args:
        prior: float64 array [k], P(H = h).
        likelihood: float64 array [k, m], entry (h, v) is P(x = v | H = h).
        observations: int64 array [t], values in 0..m-1; t may be 0.

    Returns:
        float64 array [k], P(H = h | observations).
    """
    log_joint = torch.from_numpy(prior).log()
    for v in observations.tolist():
        log_joint = log_joint + torch.from_numpy(likelihood)[:, v].log()
    return (log_joint - log_joint.logsumexp(0)).exp()
