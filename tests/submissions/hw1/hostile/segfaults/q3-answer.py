import ctypes


def losses(m):
    return ctypes.string_at(0)
