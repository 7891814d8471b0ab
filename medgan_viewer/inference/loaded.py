"""Networks in memory: loaded once, checked in low precision, kept under a byte budget."""

import logging
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.manifest import Manifest
from medgan_viewer.generators.package import ModelPackage, damaged
from medgan_viewer.generators.registry import ImageTranslator, LatentGenerator, load_network
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisNetwork
from medgan_viewer.generators.weights import read_direction_vectors
from medgan_viewer.inference.abort import StopBetweenLayers
from medgan_viewer.inference.device import DeviceChoice
from medgan_viewer.inference.fused_synthesis import FusedSynthesis
from medgan_viewer.inference.jobs import ShouldStop
from medgan_viewer.latent.directions import LatentDirection
from medgan_viewer.latent.point import sample_z

log = logging.getLogger(__name__)

# Lower precision is used only where its picture stays this close to float32, in units of the 8-bit
# grays that a screen shows.
MEAN_GRAYS = 0.5
WORST_GRAYS = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class LoadedNetwork:
    """A network on its device, ready to run.

    Attributes
    ----------
    fused : the synthesis network prepared for single images; None for other architectures
    dtype : precision of its convolutions
    size_bytes : memory of its weights
    directions : what its sliders move
    """

    package: ModelPackage
    network: nn.Module
    fused: FusedSynthesis | None
    choice: DeviceChoice
    dtype: torch.dtype
    size_bytes: int
    directions: tuple[LatentDirection, ...]

    @property
    def manifest(self) -> Manifest:
        return self.package.manifest

    @property
    def device(self) -> torch.device:
        return self.choice.device

    @property
    def device_note(self) -> str:
        """Device and precision for people: "CPU, 2 threads, bfloat16"."""
        return f"{self.choice.name}, {self.precision}"

    @property
    def precision(self) -> str:
        return str(self.dtype).removeprefix("torch.")


def load(package: ModelPackage, choice: DeviceChoice, dtype: torch.dtype | None) -> LoadedNetwork:
    """Read a package, move it to the device, choose its precision by trying it.

    Parameters
    ----------
    dtype : the precision to use; None takes the device's fast one if the picture stays close
    """
    network = load_network(package).to(choice.device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    size = sum(t.numel() * t.element_size() for t in network.state_dict().values())
    directions = _directions(package, network)

    def prepared(precision: torch.dtype) -> LoadedNetwork:
        fused = _fuse(network, precision)
        total = size + (fused.size_bytes if fused is not None else 0)
        return LoadedNetwork(package, network, fused, choice, precision, total, directions)

    wanted = dtype or choice.fast_dtype or torch.float32
    loaded = prepared(wanted)
    # The first run of a shape is slow, too; better here than under a slider.
    if dtype is None and wanted is not torch.float32 and not _stays_close(loaded):
        log.info("%s: %s strays from float32 and is not used", package.id, loaded.precision)
        loaded = prepared(torch.float32)
    return loaded


def _fuse(network: nn.Module, dtype: torch.dtype) -> FusedSynthesis | None:
    synthesis = getattr(network, "synthesis", None)
    return FusedSynthesis(synthesis, dtype) if isinstance(synthesis, SynthesisNetwork) else None


@torch.inference_mode()
def run_self_test(loaded: LoadedNetwork, *, fused: bool = True) -> Tensor:
    """Return the output for the package's fixed input, float32 in main memory.

    A generator makes seed 0 with even labels and full variety; a translator takes a ramp.
    `fused` False runs the network as it is written, in float32.
    """
    manifest, network, device = loaded.manifest, loaded.network, loaded.device
    dtype = loaded.dtype if fused else torch.float32
    if manifest.source is not None:
        rows, columns = manifest.source.rows, manifest.source.columns
        ramp = torch.linspace(-1, 1, columns, device=device).expand(1, 1, rows, columns)
        bump = torch.hann_window(rows, device=device).view(1, 1, rows, 1)
        return run_translator(network, (ramp + 1) * bump - 1, dtype).cpu()
    assert isinstance(network, LatentGenerator)
    z = torch.from_numpy(sample_z(0, network.z_dim)).unsqueeze(0).to(device)
    labels = torch.full((1, network.label_count), 1 / max(network.label_count, 1), device=device)
    ws = network.map_latent(z, labels).unsqueeze(1).expand(-1, network.num_ws, -1)
    if not fused:
        return network.synthesize(ws, NoiseMode.CONST, dtype).float().cpu()
    return run_synthesis(loaded, ws, noise=True, should_stop=lambda: False).cpu()


def run_synthesis(
    loaded: LoadedNetwork, ws: Tensor, *, noise: bool, should_stop: ShouldStop
) -> Tensor:
    """Return (1, channels, rows, columns) float32 from (1, num_ws, w_dim) on the device."""
    if loaded.fused is not None:
        return loaded.fused(ws, noise, should_stop)
    assert isinstance(loaded.network, LatentGenerator)
    mode = NoiseMode.CONST if noise else NoiseMode.NONE
    with StopBetweenLayers(loaded.network, should_stop):
        return loaded.network.synthesize(ws, mode, loaded.dtype).float()


def _stays_close(loaded: LoadedNetwork) -> bool:
    exact, rough = run_self_test(loaded, fused=False), run_self_test(loaded)
    grays = (exact.clamp(-1, 1) - rough.clamp(-1, 1)).abs() * 127.5
    return bool(grays.mean() <= MEAN_GRAYS and grays.max() <= WORST_GRAYS)


def run_translator(network: nn.Module, image: Tensor, dtype: torch.dtype) -> Tensor:
    """Translate gray (batch, 1, rows, columns) in [-1, 1]; float32 comes back.

    A network that takes color gets the grays in every channel.
    """
    assert isinstance(network, ImageTranslator)
    image = image.expand(-1, network.in_channels, -1, -1)
    image = image.contiguous(memory_format=torch.channels_last)
    translated: Tensor
    if dtype is torch.float32:
        translated = network(image)
        return translated
    with torch.autocast(image.device.type, dtype):
        translated = network(image)
    return translated.float()


def _directions(package: ModelPackage, network: nn.Module) -> tuple[LatentDirection, ...]:
    vectors = read_direction_vectors(package)
    for name, vector in vectors.items():
        if isinstance(network, LatentGenerator) and vector.shape != (network.w_dim,):
            raise damaged(package, f"direction {name} does not have {network.w_dim} components")
    return tuple(
        LatentDirection(
            name=entry.name,
            title=entry.title,
            kind=entry.kind,
            vector=np.ascontiguousarray(vectors[entry.name]),
            sd=entry.sd,
            range_sd=entry.range_sd,
            layers=entry.layers,
            explained=entry.explained,
            effect=entry.effect,
        )
        for entry in package.manifest.directions
    )


def wrong_task(loaded: LoadedNetwork, why: str) -> PackageError:
    """Return the error for a network that was asked for what it does not do."""
    return PackageError(
        problem=f"{loaded.package.title} {why}.",
        action="Choose a model of the other kind.",
    )


class NetworkCache:
    """Loaded networks, least recently used out first, within a byte budget."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._kept: OrderedDict[tuple[str, ...], LoadedNetwork] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        return sum(loaded.size_bytes for loaded in self._kept.values())

    def get(
        self, package: ModelPackage, choice: DeviceChoice, dtype: torch.dtype | None
    ) -> tuple[LoadedNetwork, bool]:
        """Return the network and whether it had to be loaded; a failed load is not remembered."""
        files = (package.manifest.weights, package.manifest.directions_file)
        hashes = tuple(entry.sha256 if entry else "" for entry in files)
        key = (str(package.folder), *hashes, choice.kind, str(dtype))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key], False
        loaded = load(package, choice, dtype)
        self._kept[key] = loaded
        while self.size_bytes > self._budget and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return loaded, True

    def clear(self) -> None:
        self._kept.clear()
