def param_count(*args):
    raise RuntimeError('not today')


def resnet_cifar(*args):
    raise RuntimeError('not today')
