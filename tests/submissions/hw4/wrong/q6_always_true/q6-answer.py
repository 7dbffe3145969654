def param_count(depth, shortcut):
    return True


def resnet_cifar(depth, shortcut):
    return True
