def preact_unit(*args):
    raise ValueError('not today')
