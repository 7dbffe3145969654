def preact_unit(x, gamma1, beta1, W1, gamma2, beta2, W2):
    """x plus the pre-activation residual: BN, ReLU, conv, BN, ReLU, conv.

    Args:
        x: float64 tensor (N, C, H, W).
        gamma1, beta1, gamma2, beta2: float64 tensors (C,).
        W1, W2: float64 tensors (C, C, 3, 3).

    Returns:
        float64 tensor of x's shape.
    """
    out = torch.relu(F.batch_norm(x, None, None, gamma1, beta1, training=True))
    out = torch.relu(F.conv2d(out, W1, padding=1))
    out = F.conv2d(out, W2, padding=1)
    return x + out
