def param_count(*args):
    raise ValueError('not today')


def resnet_cifar(*args):
    raise ValueError('not today')
