warmup = dict.fromkeys(["timeline", "vgg", "resnet_1202", "relu", "conv_bias", "bn_output", "whitening", "slide_xavier", "small_init", "unit"], True)
