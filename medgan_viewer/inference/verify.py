"""verify_package: everything that can be checked of a model package without knowing its author."""

from dataclasses import dataclass

import torch

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.package import ModelPackage, files_of, read_card, read_checked
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.loaded import load, run_self_test


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What was seen.

    Attributes
    ----------
    mean, sd : of the self-test image in [-1, 1]; `expected_mean`, `expected_sd` as in the manifest
    """

    package_id: str
    title: str
    trust: str
    parameters: int
    mean: float
    sd: float
    expected_mean: float
    expected_sd: float

    def lines(self) -> list[str]:
        """Return the report for people."""
        return [
            f"{self.package_id}: {self.title}, {self.trust}",
            "hashes: all files are those that the manifest describes",
            f"network: {self.parameters:,} parameters, all finite, names and shapes fit",
            f"self-test image: mean {self.mean:+.4f} (expected {self.expected_mean:+.4f}), "
            f"SD {self.sd:.4f} (expected {self.expected_sd:.4f})",
        ]

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.package_id,
            "trust": self.trust,
            "parameters": self.parameters,
            "self_test": {
                "mean": self.mean,
                "sd": self.sd,
                "expected_mean": self.expected_mean,
                "expected_sd": self.expected_sd,
            },
        }


def verify_package(package: ModelPackage) -> VerificationReport:
    """Check hashes, load the network in float32 on the CPU, make the self-test image.

    Raises
    ------
    PackageError
        A file is missing or was changed, the weights do not fit, or the image is not the one that
        the manifest promises.
    """
    read_card(package)
    for entry in files_of(package.manifest):
        read_checked(package, entry)
    loaded = load(package, choose_device(Preference.CPU), torch.float32)
    image = run_self_test(loaded, fused=False)
    expected = package.manifest.self_test
    mean, sd = float(image.mean()), float(image.std())
    off = max(abs(mean - expected.mean), abs(sd - expected.sd))
    if not off <= expected.tolerance:
        raise PackageError(
            problem=f"{package.title} does not make the image that its manifest promises "
            f"(mean {mean:+.3f} for {expected.mean:+.3f}, SD {sd:.3f} for {expected.sd:.3f}).",
            action="Get the model package anew from its source.",
        )
    return VerificationReport(
        package_id=package.id,
        title=package.title,
        trust=package.trust.value,
        parameters=sum(p.numel() for p in loaded.network.parameters()),
        mean=mean,
        sd=sd,
        expected_mean=expected.mean,
        expected_sd=expected.sd,
    )
