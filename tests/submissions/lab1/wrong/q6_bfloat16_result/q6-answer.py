def amp_logits(Ws, bs, X):
    """Logits of the ReLU network, computed in bfloat16.

    Args:
        Ws: list of float32 (out, in).
        bs: list of float32 (out,).
        X: float32 (n, in of the first layer).

    Returns:
        float32 (n, out of the last layer).
    """
    V = torch.as_tensor(X, device=DEVICE)
    with torch.no_grad(), torch.autocast(torch.device(DEVICE).type, torch.bfloat16):
        for layer, (W, b) in enumerate(zip(Ws, bs, strict=True)):
            W, b = (torch.as_tensor(a, device=DEVICE) for a in (W, b))
            V = torch.nn.functional.linear(V, W, b)
            V = torch.relu(V) if layer < len(Ws) - 1 else V
    return V
