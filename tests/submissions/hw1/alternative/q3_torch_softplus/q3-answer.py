def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    import torch

    m = torch.as_tensor(np.array(m, dtype=np.float64))
    return {
        "zero_one": (m <= 0).double(),
        "logistic": torch.logaddexp(torch.zeros_like(m), -m),
        "hinge": torch.clamp(1 - m, min=0),
    }
