def param_count(depth, shortcut):
    return 0


class Empty(nn.Module):
    def forward(self, x):
        return torch.zeros(len(x), 10, dtype=x.dtype)


def resnet_cifar(depth, shortcut):
    return Empty()
