"""What a package keeps of the real images: a classifier and statistics, and none of the images.

With it, a program without the data can say how typical an image is and how near to the training
images it would count as suspicious (manifest.ReferenceSpec).
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from medgan_viewer.evaluation.classifier import Classifier, ClassifierNetwork
from medgan_viewer.evaluation.distances import statistics_of
from medgan_viewer.evaluation.memorisation import RealDistances, SmallPixels
from medgan_viewer.evaluation.random_features import RandomFeatures
from medgan_viewer.evaluation.yardstick import Yardstick

_PREFIX = "classifier."


def reference_tensors(yardstick: Yardstick) -> dict[str, Tensor]:
    """Return the tensors of a package's reference file.

    Returns
    -------
    classifier.* : state of the classifier's network; none without labels
    mean, covariance : (features,), (features, features) of the training images, in the features of
        the classifier or, without labels, in random features
    nearest : (held out,) sorted distances of held-out images to the nearest training image, each
        feature in standard deviations of the training images
    nearest_pixels : (held out,) the same in pixels at 32 px, as a part of the gray range
    thresholds : (2,) nearer than this is suspicious, in features and in pixels
    """
    classifier = yardstick.classifier
    space = classifier if classifier is not None else RandomFeatures()
    statistics = statistics_of(space.name, space.features(yardstick.train_values))
    tensors: dict[str, Tensor] = {
        "mean": torch.from_numpy(statistics.mean).float(),
        "covariance": torch.from_numpy(statistics.covariance).float(),
    }
    thresholds = []
    for name, used in (("nearest", yardstick.spaces[0]), ("nearest_pixels", SmallPixels())):
        train = used.features(yardstick.train_values)
        real = RealDistances(used.name, train, yardstick.train.patients)
        distances = real.nearest(used.features(yardstick.held_out_values)).distances
        tensors[name] = torch.from_numpy(distances).float().sort().values
        thresholds.append(real.threshold)
    tensors["thresholds"] = torch.tensor(thresholds)
    if classifier is not None:
        state = classifier.network.state_dict()
        tensors |= {f"{_PREFIX}{key}": value.clone() for key, value in state.items()}
    return tensors


def classifier_of(tensors: Mapping[str, Tensor]) -> Classifier | None:
    """Return the classifier that `reference_tensors` stored; None when it stored none.

    Raises
    ------
    ValueError
        The tensors do not fit the network.
    """
    state = {
        key.removeprefix(_PREFIX): value.float() if value.is_floating_point() else value
        for key, value in tensors.items()
        if key.startswith(_PREFIX)
    }
    if not state:
        return None
    weight = state.get("head.weight")
    if weight is None or weight.ndim != 2 or not 2 <= weight.shape[0] <= 1000:
        raise ValueError("the classifier has no usable last layer")
    network = ClassifierNetwork(weight.shape[0])
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"the classifier's weights do not fit: {error}") from error
    return Classifier(network.requires_grad_(False).eval())
