def layer_norm(*args):
    raise RuntimeError('not today')


def group_norm(*args):
    raise RuntimeError('not today')


def instance_norm(*args):
    raise RuntimeError('not today')
