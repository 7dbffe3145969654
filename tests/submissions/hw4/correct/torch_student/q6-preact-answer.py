def preact_unit(x, gamma1, beta1, W1, gamma2, beta2, W2):
    C = x.shape[1]
    net = nn.Sequential(
        nn.BatchNorm2d(C, track_running_stats=False),
        nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, bias=False),
        nn.BatchNorm2d(C, track_running_stats=False),
        nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, bias=False),
    ).double()
    given = {
        "0.weight": gamma1,
        "0.bias": beta1,
        "2.weight": W1,
        "3.weight": gamma2,
        "3.bias": beta2,
        "5.weight": W2,
    }
    return x + torch.func.functional_call(net, given, (x,))
