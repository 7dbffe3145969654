def clip_by_norm(grads, max_norm):
    tensors = [torch.tensor(g) for g in grads]
    norm = torch.cat([t.flatten() for t in tensors]).norm()
    scale = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
    return [t * scale for t in tensors], float(norm)
