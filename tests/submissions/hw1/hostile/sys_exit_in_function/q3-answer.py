import sys


def losses(m):
    sys.exit(0)
