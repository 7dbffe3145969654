import numpy as np

warmup = dict(timeline="FCBDAE", resnet_1202="B", relu="ABD", small_init="D", unit="ABD")
warmup["vgg"] = (3 * 3**2, 7**2, 1 + 3 * 2)
warmup["conv_bias"] = sum([16] + [c for c in (16, 32, 64) for _ in range(6)])
x = np.array([1.0, 3.0])
warmup["bn_output"] = float((2 * (x - x.mean()) / x.std() + 1)[0])
# two features with variances 4 and 9 and correlation 0.8, standardised one by one
cov = np.array([[4, 0.8 * 6], [0.8 * 6, 9]])
D = np.diag(1 / np.sqrt(np.diag(cov)))
warmup["whitening"] = (D @ cov @ D)[0, 1]
std = 1.0
for _ in range(10):
    std = np.sqrt(400) * (1 / 400) * std
warmup["slide_xavier"] = std
