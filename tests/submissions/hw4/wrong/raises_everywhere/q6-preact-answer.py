def preact_unit(*args):
    raise RuntimeError('not today')
