"""Architectures by name, and from a package to a network that is ready to run."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.dcgan import DcganGenerator
from medgan_viewer.generators.fully_connected import Activation, FullyConnectedGenerator
from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.manifest import Architecture, Manifest
from medgan_viewer.generators.package import ModelPackage, damaged
from medgan_viewer.generators.resnet_translator import ResnetSize, ResnetTranslator
from medgan_viewer.generators.stylegan2 import NoiseMode, StyleGan2Generator, SynthesisSize
from medgan_viewer.generators.unet_translator import UnetSize, UnetTranslator
from medgan_viewer.generators.weights import read_weights

MAX_PARAMETERS = 400_000_000

Parameters = Mapping[str, int | float | bool | str]


@runtime_checkable
class LatentGenerator(Protocol):
    """From a latent point to an image. All tensors are float32 unless said otherwise."""

    @property
    def z_dim(self) -> int: ...

    @property
    def w_dim(self) -> int: ...

    @property
    def num_ws(self) -> int: ...

    @property
    def label_count(self) -> int: ...

    @property
    def has_noise(self) -> bool: ...

    def map_latent(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, z_dim), (batch, label_count) to w, (batch, w_dim)."""
        ...

    def center(self, labels: Tensor) -> Tensor:
        """Return the w that truncation pulls towards, (batch, w_dim)."""
        ...

    def synthesize(self, ws: Tensor, noise: NoiseMode, dtype: torch.dtype) -> Tensor:
        """Map (batch, num_ws, w_dim) to (batch, channels, rows, columns), nominally -1 to 1."""
        ...


@runtime_checkable
class ImageTranslator(Protocol):
    """From an image to an image, (batch, channels, rows, columns) in [-1, 1]."""

    @property
    def in_channels(self) -> int: ...

    @property
    def side_multiple(self) -> int: ...

    def __call__(self, image: Tensor) -> Tensor: ...


def build_network(architecture: Architecture, manifest: Manifest) -> nn.Module:
    """Make the network of a manifest with untrained weights on the current device.

    Raises
    ------
    PackageError
        The architecture is unknown, or a size is missing, superfluous or out of range.
    """
    builder = _BUILDERS.get(architecture.name)
    if builder is None:
        known = ", ".join(sorted(_BUILDERS))
        raise PackageError(
            problem=f"The architecture {architecture.name!r} is unknown.",
            action=f"Use a package with one of {known}, or a newer version of this program.",
        )
    try:
        return builder(_Sizes(architecture.parameters), manifest)
    except (ValueError, TypeError) as error:
        raise PackageError(
            problem=f"The sizes of {manifest.id} are not usable: {error}.",
            action="Get the model package anew from its source.",
        ) from error


def load_network(package: ModelPackage) -> nn.Module:
    """Return the network of a package with its weights, on the CPU, in evaluation mode.

    Raises
    ------
    PackageError
        A file is missing, changed or damaged, or manifest, network and weights do not fit together.
    """
    manifest = package.manifest
    with torch.device("meta"):  # shapes only, so that hostile sizes cost no memory
        network = build_network(manifest.architecture, manifest)
    count = sum(parameter.numel() for parameter in network.parameters())
    if count > MAX_PARAMETERS:
        raise PackageError(
            problem=f"{package.id} has {count:,} parameters, more than this program runs.",
            action="Use a smaller model.",
        )
    _check_use(package, network)
    weights = read_weights(package)
    _check_names_and_shapes(package, network, weights)
    network.load_state_dict(weights, strict=True, assign=True)
    network.requires_grad_(False).eval()
    return network


def _check_use(package: ModelPackage, network: nn.Module) -> None:
    """Refuse a manifest that asks of the network what it does not do."""
    source = package.manifest.source
    if source is None:
        if not isinstance(network, LatentGenerator):
            raise damaged(package, "its network makes no images from a latent point")
        if any(direction.layers[1] > network.num_ws for direction in package.manifest.directions):
            raise damaged(package, f"a direction moves more than {network.num_ws} layers")
    elif not isinstance(network, ImageTranslator):
        raise damaged(package, "its network translates no images")
    elif source.rows % network.side_multiple or source.columns % network.side_multiple:
        raise damaged(package, f"rows and columns are no multiples of {network.side_multiple}")


def _check_names_and_shapes(
    package: ModelPackage, network: nn.Module, weights: Mapping[str, Tensor]
) -> None:
    wanted, found = _shapes(network.state_dict()), _shapes(weights)
    if wanted == found:
        return
    missing = sorted(set(wanted) - set(found))
    foreign = sorted(set(found) - set(wanted))
    shapes = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    raise PackageError(
        problem=f"The weights of {package.id} do not fit its architecture: "
        f"{len(missing)} tensors missing, {len(foreign)} foreign, "
        f"{len(shapes)} of another shape or number type.",
        action="Get the model package anew from its source.",
        details=f"missing {missing[:5]}, foreign {foreign[:5]}, shape {shapes[:5]}",
    )


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in tensors.items()}


class _Sizes:
    """Takes sizes out of a manifest's parameters, each checked; what is left over is an error."""

    def __init__(self, parameters: Parameters) -> None:
        self._left = dict(parameters)

    def count(self, name: str, low: int, high: int, default: int | None = None) -> int:
        value = self._left.pop(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"{name} must be a whole number from {low} to {high}, got {value!r}")
        return value

    def flag(self, name: str) -> bool:
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {value!r}")
        return value

    def word(self, name: str, default: str) -> str:
        return str(self._left.pop(name, default))

    def finish(self) -> None:
        if self._left:
            raise ValueError(f"unknown sizes {sorted(self._left)}")


def _synthesis_size(sizes: _Sizes, manifest: Manifest) -> SynthesisSize:
    size = SynthesisSize(
        resolution=sizes.count("resolution", 8, 1024),
        image_channels=manifest.output.channels,
        w_dim=sizes.count("w_dim", 8, 1024, 512),
        channel_base=sizes.count("channel_base", 64, 65536, 32768),
        channel_max=sizes.count("channel_max", 4, 1024, 512),
    )
    if size.channels(size.resolution) == 0:
        raise ValueError("channel_base is smaller than the resolution")
    return size


def _stylegan2(sizes: _Sizes, manifest: Manifest) -> nn.Module:
    size = _synthesis_size(sizes, manifest)
    z_dim = sizes.count("z_dim", 8, 1024, 512)
    layers = sizes.count("mapping_layers", 1, 16, 8)
    sizes.finish()
    return StyleGan2Generator(
        size, z_dim=z_dim, label_count=len(manifest.labels), mapping_layers=layers
    )


def _autoencoder(sizes: _Sizes, manifest: Manifest) -> nn.Module:
    size = _synthesis_size(sizes, manifest)
    encoder_resolution = sizes.count("encoder_resolution", 8, 1024, size.resolution)
    sizes.finish()
    return AdversarialAutoencoder(size, len(manifest.labels), encoder_resolution)


def _dcgan(sizes: _Sizes, manifest: Manifest) -> nn.Module:
    network = DcganGenerator(
        sizes.count("resolution", 16, 512),
        image_channels=manifest.output.channels,
        z_dim=sizes.count("z_dim", 2, 1024, 64),
        label_count=len(manifest.labels),
        base=sizes.count("base", 4, 256, 64),
    )
    sizes.finish()
    return network


def _fully_connected(sizes: _Sizes, manifest: Manifest) -> nn.Module:
    network = FullyConnectedGenerator(
        sizes.count("resolution", 8, 256),
        image_channels=manifest.output.channels,
        z_dim=sizes.count("z_dim", 2, 1024, 64),
        label_count=len(manifest.labels),
        width=sizes.count("width", 8, 8192, 512),
        activation=Activation(sizes.word("activation", "leaky_relu")),
    )
    sizes.finish()
    return network


def _unet(sizes: _Sizes, manifest: Manifest) -> nn.Module:
    size = UnetSize(
        in_channels=sizes.count("in_channels", 1, 3, 1),
        out_channels=manifest.output.channels,
        base=sizes.count("base", 4, 256, 64),
        downs=sizes.count("downs", 5, 10, 8),
        norm=Norm(sizes.word("norm", "batch")),
        dropout=sizes.flag("dropout"),
    )
    sizes.finish()
    return UnetTranslator(size)


def _resnet(sizes: _Sizes, manifest: Manifest) -> nn.Module:
    size = ResnetSize(
        in_channels=sizes.count("in_channels", 1, 3, 1),
        out_channels=manifest.output.channels,
        base=sizes.count("base", 4, 256, 64),
        blocks=sizes.count("blocks", 1, 32, 9),
        norm=Norm(sizes.word("norm", "instance")),
        dropout=sizes.flag("dropout"),
        antialias_down=sizes.flag("antialias_down"),
        antialias_up=sizes.flag("antialias_up"),
    )
    sizes.finish()
    return ResnetTranslator(size)


_BUILDERS: dict[str, Callable[[_Sizes, Manifest], nn.Module]] = {
    "stylegan2": _stylegan2,
    "autoencoder": _autoencoder,
    "fully-connected": _fully_connected,
    "dcgan": _dcgan,
    "unet-translator": _unet,
    "resnet-translator": _resnet,
}
