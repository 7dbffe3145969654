import time

while True:
    try:
        while time.time() > 0:
            pass
    except BaseException:
        continue
