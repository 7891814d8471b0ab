"""Settings of a VAE-GAN run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AutoencoderRun:
    """Settings of one run.

    Attributes
    ----------
    max_minutes : wall clock over all resumptions
    warmup_images : images of phase 1
    kl_weight : per nat, against `reconstruction_weight` per unit of mean absolute difference
    """

    resolution: int = 128
    w_dim: int = 128
    channel_base: int = 3072
    channel_max: int = 256
    discriminator_base: int = 2048
    batch: int = 16
    learning_rate: float = 0.002
    discriminator_rate: float = 0.002
    reconstruction_weight: float = 8.0
    edge_weight: float = 2.0
    kl_weight: float = 4e-4
    free_nats: float = 0.02
    matching_weight: float = 4.0
    adversarial_weight: float = 0.8
    r1_gamma: float = 1.0
    r1_interval: int = 16
    warmup_images: int = 40_000
    prior_interval: int = 8_000
    average_half_life: int = 6_000
    seed: int = 1
    max_minutes: float = 180.0
    save_minutes: float = 5.0
