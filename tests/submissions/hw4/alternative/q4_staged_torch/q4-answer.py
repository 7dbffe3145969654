class Saved:
    pass


def batchnorm_fwd(x, gamma, beta, run, momentum, eps, training):
    x = torch.tensor(np.ascontiguousarray(x))
    s = Saved()
    s.axes = [0] + list(range(2, x.ndim))
    s.view = [1, -1] + [1] * (x.ndim - 2)
    s.m = x.numel() // x.shape[1]
    s.training = training
    old_mean, old_var = torch.tensor(run[0]), torch.tensor(run[1])
    if training:
        if s.m <= 1:
            raise ValueError("x must have two values per channel")
        mean = x.sum(dim=s.axes) / s.m
        s.centred = x - mean.view(s.view)
        var = (s.centred**2).sum(dim=s.axes) / s.m
        new = (
            torch.lerp(old_mean, mean, momentum),
            torch.lerp(old_var, var * s.m / (s.m - 1), momentum),
        )
    else:
        var, new = old_var, (old_mean, old_var)
        s.centred = x - old_mean.view(s.view)
    s.root = torch.sqrt(var + eps).view(s.view)
    s.hat = s.centred / s.root
    s.gamma = torch.tensor(gamma).view(s.view)
    return s.gamma * s.hat + torch.tensor(beta).view(s.view), new, s


def batchnorm_bwd(dy, cache):
    s = cache
    dy = torch.tensor(np.ascontiguousarray(dy))
    dbeta, dgamma = dy.sum(dim=s.axes), (dy * s.hat).sum(dim=s.axes)
    dhat = dy * s.gamma
    dcentred = dhat / s.root
    if s.training:
        droot = -(dhat * s.centred).sum(dim=s.axes).view(s.view) / s.root**2
        dvar = droot / (2 * s.root)
        dcentred = dcentred + 2 * s.centred * dvar / s.m
        dcentred = dcentred - dcentred.sum(dim=s.axes).view(s.view) / s.m
    return dcentred, dgamma, dbeta
