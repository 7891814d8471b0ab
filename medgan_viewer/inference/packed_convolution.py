"""3x3 convolutions with fixed weights, laid out once as the processor wants them.

torch brings weights into oneDNN's layout at every call; for small images that takes longer than the
convolution. The operators used here are those that torch.compile puts into its graphs. They are not
public, so a torch without them, or a device other than the CPU, gets the plain convolution.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Convolution = Callable[[Tensor], Tensor]

_OPERATORS = (
    "_reorder_convolution_weight",
    "_convolution_pointwise",
    "_reorder_convolution_transpose_weight",
    "_convolution_transpose_pointwise",
)
_ONE, _TWO, _NONE = [1, 1], [2, 2], [0, 0]


def plain_convolution(x: Tensor, weight: Tensor, *, up: bool) -> Tensor:
    """Convolve (batch, in, side, side) with padding 1, or transposed with stride 2.

    Parameters
    ----------
    weight : (out, in, 3, 3), or (in, out, 3, 3) when `up`
    up : the result has 2 side + 1 rows and columns
    """
    return F.conv_transpose2d(x, weight, stride=2) if up else F.conv2d(x, weight, padding=1)


def packed_convolution(weight: Tensor, input_side: int, *, up: bool) -> Convolution:
    """Return `plain_convolution` with this weight for images of one size, prepared if possible.

    Parameters
    ----------
    weight : as in plain_convolution, in the precision of the images
    """

    def plain(x: Tensor) -> Tensor:
        return plain_convolution(x, weight, up=up)

    if not _can_pack(weight):
        return plain
    operators = torch.ops.mkldnn
    shape = [1, weight.shape[0 if up else 1], input_side, input_side]
    if up:
        packed = operators._reorder_convolution_transpose_weight(
            weight, _NONE, _NONE, _TWO, _ONE, 1, shape
        )

        def transposed(x: Tensor) -> Tensor:
            result: Tensor = operators._convolution_transpose_pointwise(
                x, packed, None, _NONE, _NONE, _TWO, _ONE, 1, "none", [], ""
            )
            return result

        return transposed
    packed = operators._reorder_convolution_weight(weight, _ONE, _ONE, _ONE, 1, shape)

    def direct(x: Tensor) -> Tensor:
        result: Tensor = operators._convolution_pointwise(
            x, packed, None, _ONE, _ONE, _ONE, 1, "none", [], ""
        )
        return result

    return direct


def _can_pack(weight: Tensor) -> bool:
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if weight.device.type != "cpu" or not has_onednn:
        return False
    return all(hasattr(torch.ops.mkldnn, name) for name in _OPERATORS)
