def amp_logits(Ws, bs, X):
    V = torch.tensor(X).bfloat16()
    for k in range(len(Ws)):
        V = V @ torch.tensor(Ws[k]).bfloat16().T + torch.tensor(bs[k]).bfloat16()
        if k + 1 < len(Ws):
            V = V.clamp(min=0)
    return V.to(torch.float32)
