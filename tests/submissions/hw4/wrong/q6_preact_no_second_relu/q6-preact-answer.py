def preact_unit(x, gamma1, beta1, W1, gamma2, beta2, W2):
    """x plus the pre-activation residual: BN, ReLU, conv, BN, ReLU, conv.

    Args:
        x: float64 tensor (N, C, H, W).
        gamma1, beta1, gamma2, beta2: float64 tensors (C,).
        W1, W2: float64 tensors (C, C, 3, 3).

    Returns:
        float64 tensor of x's shape.
    """
    out = x
    for gamma, beta, W in [(gamma1, beta1, W1), (gamma2, beta2, W2)]:
        out = F.batch_norm(out, None, None, gamma, beta, training=True, eps=1e-5)
        out = torch.relu(out) if W is W1 else out
        out = F.conv2d(out, W, padding=1)
    return x + out
