X_complex = 1e100 * torch.tensor([[1.0 + 0.0j], [1.0j]], dtype=torch.complex128)
