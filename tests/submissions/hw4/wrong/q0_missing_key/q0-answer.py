warmup = dict.fromkeys(
    [
        "timeline",
        "vgg",
        "resnet_1202",
        "relu",
        "conv_bias",
        "bn_output",
        "whitening",
        "slide_xavier",
        "small_init",
        "unit",
    ]
)
# Write one line for each key, such as  warmup["conv_bias"] = 12
# 1980 F, 1997 C, 2012 B, 2014 D, 2015 A, 2016 E
warmup["timeline"] = "FCBDAE"
# 3 * 3^2 and 7^2; every 3x3 layer adds one pixel on each side: 3, 5, 7
warmup["vgg"] = (27, 49, 7)
warmup["resnet_1202"] = "B"  # it fits the training set: not an optimisation problem any more
warmup["relu"] = "ABD"  # C: tanh has a scale of its own. E: a ReLU is positive half of the time.
warmup["conv_bias"] = 16 + 6 * (16 + 32 + 64)
# mean 2, variance 1, so the standardised x is (-1, 1): the slide forgot the hat
warmup["bn_output"] = 2 * (-1) + 1
warmup["whitening"] = 0.8  # each feature is shifted and scaled by itself; correlations stay
warmup["slide_xavier"] = (400**0.5 / 400) ** 10  # std of a sum of 400 terms: sqrt(400) * (1/400)
# |v| shrinks by 0.01 sqrt(500) = 0.22 per layer forwards, |delta| by the same backwards
warmup["small_init"] = "D"
del warmup["unit"]  #  # the listing is the unit of the 2016 paper
