"""compare: real against synthetic, in numbers with their unit and range."""

from pathlib import Path
from typing import Annotated, Any

from medgan_viewer.cli.shared import JsonOption, print_json, say, source_argument
from medgan_viewer.errors import InputError

_NAMES = {
    "mean_error": "mean error",
    "mae": "MAE",
    "rmse": "RMSE",
    "psnr_db": "PSNR [dB]",
    "ssim": "SSIM",
    "ms_ssim": "MS-SSIM",
    "earth_mover": "histogram distance",
    "histogram_intersection": "histogram intersection",
    "spectrum_db": "spectrum distance [dB]",
}


def compare(
    real: Annotated[Path, source_argument("File or folder with acquired images.")],
    synthetic: Annotated[Path, source_argument("File or folder with synthetic images.")],
    as_json: JsonOption = False,
) -> None:
    """Compare images on one grid: single files, or two series plane by plane."""
    from medgan_viewer.compare.comparison import compare as compare_pair
    from medgan_viewer.compare.comparison import shared_data_range, summarise
    from medgan_viewer.dicom.decoder import DecoderPool

    with DecoderPool() as pool:
        first, second = _frames(real, pool), _frames(synthetic, pool)
    if len(first) != len(second):
        raise InputError(
            problem=f"{real} has {len(first)} images and {synthetic} has {len(second)}.",
            action="Compare series with the same number of images.",
        )
    if len(first) == 1:
        document = compare_pair(first[0], second[0]).to_json()
    else:
        data_range = shared_data_range(first)
        pairs = [
            compare_pair(a, b, data_range=data_range) for a, b in zip(first, second, strict=True)
        ]
        document = summarise(pairs).to_json()
    if as_json:
        print_json(document)
        return
    unit = f" {document['unit']}" if document["unit"] else ""
    say(f"{document['n']} image pairs, range {document['data_range']}{unit}")
    for key, name in _NAMES.items():
        value = document[key]
        say(f"  {name}: {'not defined' if value is None else format(value, '.4g')}")


def _frames(path: Path, pool: Any) -> list[Any]:
    """Return the frames of the one display set in a file or folder."""
    from medgan_viewer.dicom.decoder_messages import ReadFrame
    from medgan_viewer.dicom.display_sets import split_into_display_sets
    from medgan_viewer.dicom.scan import scan

    found = scan([path], pool)
    sets = [s for st in found.studies for se in st.series for s in split_into_display_sets(se)]
    if len(sets) != 1:
        reasons = "; ".join(f"{s.path.name} {s.reason}" for s in found.skipped[:3])
        raise InputError(
            problem=f"{path} holds {len(sets)} series to show, not one. {reasons}".strip(),
            action="Give a file, or a folder with one series.",
        )
    return [pool.run(ReadFrame(ref)) for ref in sets[0].frames]
