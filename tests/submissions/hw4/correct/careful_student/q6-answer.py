def check_arguments(depth, shortcut):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError(f"depth must be 6n + 2, got {depth}")
    if shortcut != "A" and shortcut != "B":
        raise ValueError(f"shortcut must be A or B, got {shortcut}")
    return (depth - 2) // 6


def param_count(depth, shortcut):
    n = check_arguments(depth, shortcut)
    # n + n + n units: 97,216 n - 21,926 + 2,752 for the projections
    return 97_216 * n - 21_926 + (2752 if shortcut == "B" else 0)


class Net(nn.Module):
    def __init__(self, n, shortcut):
        super().__init__()
        self.stem, self.stem_bn = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.units = nn.ModuleList()
        for k in range(3 * n):
            c = 16 << (k // n)
            first = k in (n, 2 * n)
            u = nn.Module()
            u.conv1 = nn.Conv2d(c // 2 if first else c, c, 3, 2 if first else 1, 1, bias=False)
            u.bn1, u.bn2 = nn.BatchNorm2d(c), nn.BatchNorm2d(c)
            u.conv2 = nn.Conv2d(c, c, 3, 1, 1, bias=False)
            if first and shortcut == "B":
                u.project = nn.Conv2d(c // 2, c, 1, 2, bias=False)
                u.project_bn = nn.BatchNorm2d(c)
            self.units.append(u)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        h = F.relu(self.stem_bn(self.stem(x)))
        for u in self.units:
            r = u.bn2(u.conv2(F.relu(u.bn1(u.conv1(h)))))
            if hasattr(u, "project"):
                h = u.project_bn(u.project(h))
            elif r.shape[1] != h.shape[1]:
                z = torch.zeros_like(r)
                z[:, : h.shape[1]] = h[:, :, ::2, ::2]
                h = z
            h = F.relu(h + r)
        return self.fc(h.mean((-2, -1)))


def resnet_cifar(depth, shortcut):
    return Net(check_arguments(depth, shortcut), shortcut)
