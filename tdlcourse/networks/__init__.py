"""Networks of the lectures as torch modules, and their exact sizes.

Every network draws its weights from the generator it is given, never from torch's global one;
without a generator it is the same network each time. Parameters are float64 unless said otherwise
(`.float()` for training), on the generator's device.
"""

from tdlcourse.networks._dense import MLP, AuxHead, DeepLinear, LinearResNet
from tdlcourse.networks._parameters import param_count
from tdlcourse.networks._residual import resnet_cifar
from tdlcourse.networks._tensor import ConvAC, TTLinear

__all__ = [
    "MLP",
    "AuxHead",
    "ConvAC",
    "DeepLinear",
    "LinearResNet",
    "TTLinear",
    "param_count",
    "resnet_cifar",
]
