import numpy as np

warmup = {
    "timeline": "f c b d a e",
    "vgg": [np.int64(27), 49.0, 7],
    "resnet_1202": "b",
    "relu": "dba",
    "conv_bias": np.float64(688),
    "bn_output": -1.0,
    "whitening": np.float64(4) / 5,
    "slide_xavier": 20.0**-10,
    "small_init": " d ",
    "unit": "bda",
}
