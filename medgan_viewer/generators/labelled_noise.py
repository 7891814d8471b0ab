"""LabelledNoise: a latent point that is z and the label weights side by side."""

import torch
from torch import Tensor, nn


class LabelledNoise(nn.Module):
    """What simple generators share whose one layer of w is their input.

    Attributes
    ----------
    z_dim, label_count : numbers of z and of label weights; together they are w
    """

    has_noise = False
    num_ws = 1

    def __init__(self, z_dim: int, label_count: int) -> None:
        super().__init__()
        self.z_dim = z_dim
        self.label_count = label_count

    @property
    def w_dim(self) -> int:
        return self.z_dim + self.label_count

    def map_latent(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, z_dim), (batch, label_count) to (batch, w_dim)."""
        return torch.cat([z.float(), labels.float()], dim=1)

    def center(self, labels: Tensor) -> Tensor:
        """Return the latent of z = 0 for the labels, (batch, w_dim)."""
        return self.map_latent(labels.new_zeros(labels.shape[0], self.z_dim), labels)
