def param_count(depth, shortcut):
    pass


def resnet_cifar(depth, shortcut):
    pass
