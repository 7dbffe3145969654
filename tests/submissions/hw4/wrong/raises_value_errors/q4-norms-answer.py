def layer_norm(*args):
    raise ValueError('not today')


def group_norm(*args):
    raise ValueError('not today')


def instance_norm(*args):
    raise ValueError('not today')
