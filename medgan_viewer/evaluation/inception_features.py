"""InceptionV3 features from a weights file that the user brings; no weights come with the program.

Only .safetensors is read: ordinary ImageNet weights, those of published Fréchet distances, or ones
trained on medical images.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load as parse_safetensors
from torch import Tensor

from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.feature_space import Features, FloatImages
from medgan_viewer.evaluation.inception import InceptionNetwork
from medgan_viewer.files import is_file
from medgan_viewer.generators.safetensors_check import check_safetensors

SIDE = 299
MAX_BYTES = 512 << 20
_BATCH = 16
_FID_CLASSES, _IMAGENET_CLASSES = 1008, 1000
_IMAGENET_MEAN, _IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_UNUSED = ("AuxLogits.", "fc.")


@dataclass(frozen=True, slots=True, eq=False)
class InceptionFeatures:
    """A FeatureSpace of 2048 numbers, in the network's own units.

    Attributes
    ----------
    name : "Inception features" and the name of the file
    for_imagenet : gray values are scaled as ImageNet's; otherwise from -1 to 1
    """

    network: InceptionNetwork
    name: str
    for_imagenet: bool

    @torch.inference_mode()
    def features(self, images: FloatImages) -> Features:
        """Map (n, rows, columns) in [-1, 1] to (n, 2048)."""
        parts = torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], _BATCH)
        found: Features = np.concatenate([self._of(part).double().numpy() for part in parts])
        return found

    def _of(self, images: Tensor) -> Tensor:
        x = F.interpolate(images, (SIDE, SIDE), mode="bilinear", align_corners=False)
        x = x.expand(-1, 3, -1, -1)
        if self.for_imagenet:
            mean, sd = (torch.tensor(v).view(1, 3, 1, 1) for v in (_IMAGENET_MEAN, _IMAGENET_SD))
            x = ((x + 1) / 2 - mean) / sd
        made: Tensor = self.network(x)
        return made


def read_inception(path: Path) -> InceptionFeatures:
    """Read an InceptionV3 state dict; its last layer says which variant it is.

    1008 classes: the variant for published Fréchet distances, input from -1 to 1. 1000 classes:
    ImageNet weights with ImageNet's scaling. Any other number, or no last layer: ordinary pooling,
    input from -1 to 1.

    Raises
    ------
    InputError
        The file is missing, too large or damaged, or holds another network.
    """
    action = "Give a .safetensors file with the state dict of an InceptionV3."
    if not is_file(path):
        raise InputError(f"{path} is not a file.", action)
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB.", action)
    content = path.read_bytes()
    try:
        check_safetensors(content)
        tensors: dict[str, Tensor] = parse_safetensors(content)
    except Exception as error:  # the library raises kinds of its own; all mean a damaged file
        raise InputError(f"{path} cannot be read ({str(error)[:200]}).", action) from error
    classes = tensors["fc.bias"].numel() if "fc.bias" in tensors else 0
    network = InceptionNetwork(for_frechet=classes == _FID_CLASSES)
    state = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
        if not name.startswith(_UNUSED)
    }
    wanted = network.state_dict()
    for name in wanted:
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
    wrong = [n for n in wanted.keys() & state.keys() if wanted[n].shape != state[n].shape]
    if wrong or wanted.keys() != state.keys():
        raise InputError(f"{path} holds another network than InceptionV3.", action)
    if not all(bool(torch.isfinite(tensor).all()) for tensor in state.values()):
        raise InputError(f"{path} holds values that are not numbers.", action)
    network.load_state_dict(state)
    network.requires_grad_(False).eval()
    name = f"Inception features ({path.stem[:30]})"
    return InceptionFeatures(network, name, for_imagenet=classes == _IMAGENET_CLASSES)
