def preact_unit(x, gamma1, beta1, W1, gamma2, beta2, W2):
    return x.clone()
