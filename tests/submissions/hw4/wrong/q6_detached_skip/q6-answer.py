def param_count(depth, shortcut):
    """The number of trainable parameters of resnet_cifar(depth, shortcut).

    Args:
        depth: int, 6 n + 2.
        shortcut: "A" or "B".

    Returns:
        An exact int.
    """
    n = units_per_stage(depth, shortcut)

    def unit(a, b):  # two 3x3 convolutions, two batch normalisations
        return 9 * a * b + 9 * b * b + 4 * b

    total = 9 * 3 * 16 + 2 * 16  # stem
    for a, b in [(16, 16), (16, 32), (32, 64)]:
        total += unit(a, b) + (n - 1) * unit(b, b)
        if shortcut == "B" and a != b:
            total += a * b + 2 * b
    return total + 64 * 10 + 10  # fc


def resnet_cifar(depth, shortcut):
    """The residual network of He et al. for small images, with the names of the statement.

    Args:
        depth: int, 6 n + 2.
        shortcut: "A" (zeros for new channels) or "B" (projection).

    Returns:
        torch.nn.Module from (N, 3, H, W) to (N, 10).
    """
    return ResNet(units_per_stage(depth, shortcut), shortcut)


def units_per_stage(depth, shortcut):
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"depth must be 6 n + 2 with n >= 1, got {depth}")
    if shortcut not in ("A", "B"):
        raise ValueError(f'shortcut must be "A" or "B", got {shortcut!r}')
    return n


class ResNet(nn.Module):
    def __init__(self, n, shortcut):
        super().__init__()
        self.stem = conv(3, 16, 3, 1)
        self.stem_bn = nn.BatchNorm2d(16)
        widths = [16] * n + [32] * n + [64] * n
        self.units = nn.Sequential(
            *[Unit(a, b, shortcut) for a, b in zip([16, *widths], widths, strict=False)]
        )
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.stem_bn(self.stem(x)))
        return self.fc(self.units(x).mean(dim=(2, 3)))


class Unit(nn.Module):
    def __init__(self, a, b, shortcut):
        super().__init__()
        self.stride, self.extra = b // a, b - a  # twice the channels, half the image
        self.conv1, self.bn1 = conv(a, b, 3, self.stride), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = conv(b, b, 3, 1), nn.BatchNorm2d(b)
        self.projects = shortcut == "B" and a != b
        if self.projects:
            self.project, self.project_bn = conv(a, b, 1, self.stride), nn.BatchNorm2d(b)

    def forward(self, x):
        residual = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(residual + self.skip(x))  # the sum first, then ReLU

    def skip(self, x):
        if self.projects:
            return self.project_bn(self.project(x))
        # with stride 1 and no extra channels this is x itself
        return F.pad(x.detach()[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


def conv(a, b, size, stride):
    return nn.Conv2d(a, b, size, stride=stride, padding=size // 2, bias=False)
