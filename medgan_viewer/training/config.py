"""TrainingConfig: everything that decides a run, read from TOML."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.errors import InputError
from medgan_viewer.files import is_file, is_there
from medgan_viewer.generators.fully_connected import Activation
from medgan_viewer.generators.manifest import Name, Text, Title

MAX_CONFIG_BYTES = 1 << 20
SMALLEST_PATCHES = 32  # pixels; below, a patch discriminator has no patch left
MOST_DENSE = 256  # pixels a side
Side = Literal[16, 32, 64, 128, 256, 512]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LatentModel(_Table):
    """What all generators have.

    Attributes
    ----------
    id, name : of the package that the run makes
    resolution : side of the images, pixels
    psi : truncation that the package proposes
    """

    id: Name
    name: Annotated[Title, Field(min_length=1)]
    resolution: Side = 128
    psi: Annotated[float, Field(ge=0, le=1.5)] = 0.8
    titles: dict[str, Title] = Field(default_factory=dict, max_length=200)
    directions: dict[str, tuple[Title, Text]] = Field(default_factory=dict, max_length=64)


class _Synthesis(LatentModel):
    """Sizes of StyleGAN2's synthesis network; see generators.stylegan2.SynthesisSize."""

    w_dim: Annotated[int, Field(ge=8, le=512)] = 128
    channel_base: Annotated[int, Field(ge=64, le=65536)] = 3072
    channel_max: Annotated[int, Field(ge=4, le=512)] = 256

    @model_validator(mode="after")
    def _has_channels(self) -> Self:
        if self.channel_base < self.resolution:
            raise ValueError("channel_base must not be below resolution")
        return self


class VaeGanModel(_Synthesis):
    """VAE-GAN (Larsen et al. 2016) with a patch discriminator at several scales.

    Attributes
    ----------
    encoder_resolution : side at which the encoder sees the image; at most `resolution`
    discriminator_base : channels of the first layer of each patch discriminator
    discriminator_scales : at most; small images have room for fewer
    detail_gain : how much stronger the discriminators get fine detail, beside the image; 0: they
        get the image alone
    warmup_images : images before the discriminator joins in
    edge_weight : of the difference of edges, against the mean absolute difference itself
    fine_differences : whether both are still taken at full resolution once the discriminator
        joined in; if not, they begin at half of it and leave the finest detail to the discriminator
    kl_weight : per nat, against the mean absolute difference
    matching_weight, adversarial_weight : how hard likeness in the discriminator's activations and
        its verdict pull at the pixels, against the two differences together
    free_nats : of each latent feature, not punished (Kingma et al. 2016)
    r1_gamma, r1_interval : weight of the gradient penalty and every how many steps it is paid
    """

    family: Literal["vae-gan"]
    encoder_resolution: Side | None = None
    discriminator_base: Annotated[int, Field(ge=4, le=256)] = 32
    discriminator_scales: Annotated[int, Field(ge=1, le=4)] = 2
    detail_gain: Weight = 8.0
    warmup_images: Annotated[int, Field(ge=0)] = 16_000
    edge_weight: Weight = 0.25
    fine_differences: bool = False
    kl_weight: Weight = 5e-5
    free_nats: Weight = 0.02
    matching_weight: Weight = 2.0
    adversarial_weight: Weight = 2.0
    r1_gamma: Weight = 0.005
    r1_interval: Annotated[int, Field(ge=1)] = 8
    learning_rate: Positive = 2e-3
    discriminator_rate: Positive = 2e-4

    @model_validator(mode="after")
    def _fits_the_patches(self) -> Self:
        if self.resolution < SMALLEST_PATCHES:
            raise ValueError(f"a vae-gan needs a resolution of {SMALLEST_PATCHES} or more")
        if self.encoder_resolution is not None and self.encoder_resolution > self.resolution:
            raise ValueError("encoder_resolution must not be above resolution")
        return self


class StyleGan2Model(_Synthesis):
    """StyleGAN2 (Karras et al. 2020) with adaptive or fixed differentiable augmentation.

    Attributes
    ----------
    r1_gamma, r1_interval : weight of the gradient penalty and every how many steps it is paid
    path_weight, path_interval : the same of path length regularisation; 0 leaves it out
    mixing : part of the images whose layers take their w from two points
    augmentation : adaptive raises its strength while the mean sign of the discriminator on
        real images is above `augmentation_target` (Karras et al. 2020, 2006.06676)
    """

    family: Literal["stylegan2"]
    z_dim: Annotated[int, Field(ge=8, le=512)] = 128
    mapping_layers: Annotated[int, Field(ge=1, le=8)] = 4
    discriminator_base: Annotated[int, Field(ge=64, le=65536)] = 3072
    r1_gamma: Weight = 1.0
    r1_interval: Annotated[int, Field(ge=1)] = 16
    path_weight: Weight = 2.0
    path_interval: Annotated[int, Field(ge=1)] = 8
    mixing: Annotated[float, Field(ge=0, le=1)] = 0.9
    augmentation: Literal["adaptive", "fixed", "none"] = "adaptive"
    augmentation_target: Annotated[float, Field(ge=0, le=1)] = 0.6
    learning_rate: Positive = 2e-3

    @model_validator(mode="after")
    def _judge_has_channels(self) -> Self:
        if self.discriminator_base < self.resolution:
            raise ValueError("discriminator_base must not be below resolution")
        return self


class DcganModel(LatentModel):
    """Plain DCGAN (Radford et al. 2016), the convolutional baseline."""

    family: Literal["dcgan"]
    z_dim: Annotated[int, Field(ge=2, le=512)] = 64
    base: Annotated[int, Field(ge=4, le=256)] = 32
    learning_rate: Positive = 2e-4


class FullyConnectedModel(LatentModel):
    """Two dense layers against two dense layers: the baseline the program grew from.

    Attributes
    ----------
    adversarial : train against a discriminator
    reconstruct : train as the decoder of a variational autoencoder; with both it is a VAE-GAN
    """

    family: Literal["fully-connected"]
    z_dim: Annotated[int, Field(ge=2, le=512)] = 64
    width: Annotated[int, Field(ge=8, le=8192)] = 512
    activation: Activation = Activation.LEAKY_RELU
    adversarial: bool = True
    reconstruct: bool = False
    kl_weight: Weight = 2e-4
    adversarial_weight: Weight = 0.01
    learning_rate: Positive = 2e-4

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.resolution > MOST_DENSE:
            raise ValueError(f"a fully-connected network has at most {MOST_DENSE} pixels a side")
        if not (self.adversarial or self.reconstruct):
            raise ValueError("adversarial, reconstruct or both must be true")
        return self


class _Translator(_Table):
    """What all translators have.

    Attributes
    ----------
    base : channels of the first layer
    """

    id: Name
    name: Annotated[Title, Field(min_length=1)]
    base: Annotated[int, Field(ge=4, le=128)] = 32
    discriminator_base: Annotated[int, Field(ge=4, le=128)] = 32
    learning_rate: Positive = 4e-4
    discriminator_rate: Positive = 2e-4


class Pix2PixModel(_Translator):
    """pix2pix (Isola et al. 2017) with feature matching, for paired slices."""

    family: Literal["pix2pix"]
    downs: Annotated[int, Field(ge=5, le=8)] = 6
    warmup_images: Annotated[int, Field(ge=0)] = 20_000
    l1_weight: Weight = 20.0
    matching_weight: Weight = 2.0
    adversarial_weight: Weight = 0.2
    intensity_jitter: Annotated[float, Field(ge=0, le=0.5)] = 0.15


class CycleGanModel(_Translator):
    """CycleGAN (Zhu et al. 2017), for unpaired images."""

    family: Literal["cyclegan"]
    blocks: Annotated[int, Field(ge=1, le=12)] = 6
    cycle_weight: Weight = 10.0
    identity_weight: Weight = 5.0


class CutModel(_Translator):
    """CUT (Park et al. 2020): one direction, held to its source by contrasts of patches."""

    family: Literal["cut"]
    blocks: Annotated[int, Field(ge=1, le=12)] = 6
    patches: Annotated[int, Field(ge=8, le=1024)] = 128
    contrast_weight: Weight = 1.0
    temperature: Positive = 0.07


ModelConfig = Annotated[
    VaeGanModel
    | StyleGan2Model
    | DcganModel
    | FullyConnectedModel
    | Pix2PixModel
    | CycleGanModel
    | CutModel,
    Field(discriminator="family"),
]


class LoopConfig(_Table):
    """The [training] table.

    Attributes
    ----------
    images : how many images the networks see in all; a run limited by this alone can be repeated
    max_minutes : wall clock over all resumptions
    batch : images a step, over all processes
    average_half_life : images after which an old weight counts half in the moving average
    rate_fall : last part of the run over which the learning rates fall to a twentieth
    precision : of convolutions; bf16 is automatic mixed precision
    threads : processor threads of a process; None leaves it to torch
    mirror : also train on left-right mirror images; only where sides do not matter
    balance : draw all labels equally often
    start_from : package or run folder whose weights of equal name and shape are taken over
    tensorboard : write event files, too
    """

    images: Annotated[int, Field(ge=1)] | None = None
    max_minutes: Positive | None = None
    batch: Annotated[int, Field(ge=2, le=1024)] = 16
    seed: Annotated[int, Field(ge=0, lt=1 << 31)] = 1
    save_minutes: Positive = 5.0
    average_half_life: Annotated[int, Field(ge=1)] = 4_000
    rate_fall: Annotated[float, Field(ge=0, le=1)] = 0.25
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    compile: bool = False
    mirror: bool = False
    balance: bool = True
    start_from: Path | None = None
    tensorboard: bool = False


class CardTexts(_Table):
    """The [card] table: what the model card says beyond what can be measured."""

    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,3}$")] = "1.0"
    summary: Text = "Trained with this program; nobody has described it yet."
    limits: Text = "Not examined."
    intended_use: Text = "Research. Not for diagnosis."
    data: Text = "Images of the user's own."
    data_licence: Text = "unknown"
    body_part: Title = ""
    source_contrast: Title = ""
    source_other_words: tuple[str, ...] = ()


class TrainingConfig(_Table):
    """A whole run."""

    model: ModelConfig
    data: DataConfig
    training: LoopConfig = LoopConfig()
    card: CardTexts = CardTexts()


def read_config(path: Path) -> TrainingConfig:
    """Read and check a TOML file.

    Raises
    ------
    InputError
        The file is missing, too large, no TOML, or a field is unknown or out of its limits.
    """
    return parse_config(read_bytes(path), path)


def parse_config(content: bytes, where: Path) -> TrainingConfig:
    """Check and read the bytes of a configuration; `where` is named in errors."""
    try:
        document: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{where} is no TOML file: {error}.", "Mend the file.") from error
    try:
        return TrainingConfig.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:80]
        raise InputError(
            f"{where} is not usable: {place}: {first['msg'].removeprefix('Value error, ')}.",
            "Mend that entry; docs/training.md says where all are described.",
            str(error),
        ) from error


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a configuration file; InputError when it cannot be one."""
    if is_there(path) and not is_file(path):  # opening a named pipe would wait for ever
        raise InputError(f"{path} is no file.", "Give the path of a TOML file.")
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Give the path of a TOML file."
        ) from error
    if len(content) > MAX_CONFIG_BYTES:
        raise InputError(f"{path} is larger than 1 MiB.", "Give a training configuration.")
    return content
