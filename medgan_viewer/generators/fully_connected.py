"""The small fully-connected GAN: two dense layers and an output layer, kept as a baseline.

The idea that the program grew from (Goodfellow et al. 2014, arXiv 1406.2661). Width and activation
are parameters, so that one can see what each buys.
"""

from enum import Enum

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.generators.labelled_noise import LabelledNoise
from medgan_viewer.generators.stylegan2 import NoiseMode


class Activation(Enum):
    """Activation between the dense layers."""

    RELU = "relu"
    LEAKY_RELU = "leaky_relu"
    ELU = "elu"
    GELU = "gelu"
    TANH = "tanh"
    SIGMOID = "sigmoid"

    def __call__(self, x: Tensor) -> Tensor:
        match self:
            case Activation.RELU:
                return F.relu(x)
            case Activation.LEAKY_RELU:
                return F.leaky_relu(x, 0.2)
            case Activation.ELU:
                return F.elu(x)
            case Activation.GELU:
                return F.gelu(x)
            case Activation.TANH:
                return torch.tanh(x)
            case Activation.SIGMOID:
                return torch.sigmoid(x)


class FullyConnectedGenerator(LabelledNoise):
    """z and label weights to an image through two hidden layers; a LatentGenerator."""

    def __init__(
        self,
        resolution: int,
        *,
        image_channels: int = 1,
        z_dim: int = 64,
        label_count: int = 0,
        width: int = 512,
        activation: Activation = Activation.LEAKY_RELU,
    ) -> None:
        super().__init__(z_dim, label_count)
        self.resolution = resolution
        self.image_channels = image_channels
        self.activation = activation
        self.hidden1 = nn.Linear(z_dim + label_count, width)
        self.hidden2 = nn.Linear(width, width)
        self.out = nn.Linear(width, image_channels * resolution * resolution)

    def synthesize(self, ws: Tensor, noise: NoiseMode, dtype: torch.dtype) -> Tensor:
        """Return (batch, channels, side, side) float32 from (batch, 1, w_dim); takes no noise."""
        with torch.autocast(ws.device.type, dtype, enabled=dtype is not torch.float32):
            x = self.activation(self.hidden1(ws[:, 0]))
            x = torch.tanh(self.out(self.activation(self.hidden2(x))))
        return x.float().view(-1, self.image_channels, self.resolution, self.resolution)
