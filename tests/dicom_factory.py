"""Small DICOM files for tests: made here, quick, with nothing in them that a test does not see.

Attributes are given by keyword and override the defaults; None leaves one out.
"""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.1"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
CR_IMAGE = "1.2.840.10008.5.1.4.1.1.1"
US_MULTIFRAME_IMAGE = "1.2.840.10008.5.1.4.1.1.3.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)


def uid(*names):
    """Return the same UID for the same names."""
    return generate_uid(entropy_srcs=["medgan-viewer test", *map(str, names)])


def ramp(rows=8, columns=8, dtype=np.int16):
    """Return values 0, 1, 2 ... in reading order."""
    return np.arange(rows * columns, dtype=dtype).reshape(rows, columns)


def ct_dataset(pixels=None, **attributes):
    """Return a complete CT dataset, axial, 1 mm pixels, HU = stored value - 1024.

    Parameters
    ----------
    pixels : (rows, columns), (frames, rows, columns) or (..., 3) integers; 8 x 8 ramp by default
    """
    dataset = Dataset()
    defaults = {
        "SOPClassUID": CT_IMAGE,
        "SOPInstanceUID": uid("instance"),
        "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid("series"),
        "FrameOfReferenceUID": uid("frame of reference"),
        "PatientID": "T-1",
        "PatientName": "TEST^CASE",
        "StudyDate": "20240102",
        "Modality": "CT",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [1, 1],
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    }
    set_pixels(dataset, ramp() if pixels is None else pixels)
    for keyword, value in {**defaults, **attributes}.items():
        set_attribute(dataset, keyword, value)
    return dataset


def plain_dataset(pixels=None, **attributes):
    """Return a secondary capture with no geometry, no rescale and no window."""
    without = dict.fromkeys(
        (
            "ImagePositionPatient",
            "ImageOrientationPatient",
            "PixelSpacing",
            "FrameOfReferenceUID",
            "RescaleSlope",
            "RescaleIntercept",
            "ImageType",
        )
    )
    defaults = {**without, "SOPClassUID": SECONDARY_CAPTURE, "Modality": "OT"}
    return ct_dataset(pixels, **{**defaults, **attributes})


def set_attribute(dataset, keyword, value):
    if value is None:
        if keyword in dataset:
            del dataset[keyword]
        return
    if isinstance(value, tuple | np.ndarray):
        value = list(value)
    setattr(dataset, keyword, value)


def set_pixels(dataset, pixels):
    """Set Pixel Data and what describes them, from the array's shape and type."""
    pixels = np.asarray(pixels)
    is_color = pixels.ndim >= 3 and pixels.shape[-1] == 3
    rows, columns = pixels.shape[-3:-1] if is_color else pixels.shape[-2:]
    frames = pixels.size // (rows * columns * (3 if is_color else 1))
    bits = 8 * pixels.dtype.itemsize
    dataset.Rows, dataset.Columns = rows, columns
    dataset.SamplesPerPixel = 3 if is_color else 1
    dataset.PhotometricInterpretation = "RGB" if is_color else "MONOCHROME2"
    if is_color:
        dataset.PlanarConfiguration = 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset.add_new("PixelData", "OB" if bits == 8 else "OW", data + b"\0" * (len(data) % 2))


def write(dataset, path, syntax=ExplicitVRLittleEndian, *, frames=None, preamble=b"\0" * 128):
    """Write a dataset.

    Parameters
    ----------
    frames : compressed frames in place of the dataset's pixels, for encapsulated syntaxes
    """
    syntax = UID(syntax)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.preamble = preamble
    if frames is not None:
        dataset.add_new("PixelData", "OB", encapsulate(list(frames)))
        dataset["PixelData"].is_undefined_length = True
    elif syntax == ExplicitVRBigEndian and dataset.BitsAllocated > 8:
        swapped = np.frombuffer(dataset.PixelData, f"u{dataset.BitsAllocated // 8}").byteswap()
        dataset.PixelData = swapped.tobytes()
    dataset.save_as(
        path,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return path


def make_ct(path, pixels=None, syntax=ExplicitVRLittleEndian, **attributes):
    """Write one CT image; return its path."""
    return write(ct_dataset(pixels, **attributes), path, syntax)


def make_series(
    folder,
    positions_mm=(0, 5, 10),
    *,
    shift_per_mm=0.0,
    pixels=None,
    name="series",
    first_number=1,
    **attributes,
):
    """Write axial slices at `positions_mm` along z; return their paths.

    Parameters
    ----------
    shift_per_mm : shift in y for each mm along z: a gantry tilt
    pixels : an array for all slices, or a function of the slice's index
    name : of the series; other names make other series of the same study
    first_number : instance number of the first slice; a second call may go on with a series
    """
    paths = []
    for index, position in enumerate(positions_mm):
        number = first_number + index
        own = {
            "SeriesInstanceUID": uid(name),
            "SOPInstanceUID": uid(name, number),
            "InstanceNumber": number,
            "ImagePositionPatient": [0, shift_per_mm * position, position],
            "SeriesDescription": name,
        }
        values = pixels(index) if callable(pixels) else pixels
        paths.append(make_ct(Path(folder) / f"{number:04d}.dcm", values, **{**own, **attributes}))
    return paths


def make_mr_slice(folder, name, position_mm=0.0, **attributes):
    """Write one axial MR slice of the series "series" at z; `name` makes file and instance."""
    own = {
        "SOPClassUID": MR_IMAGE,
        "SOPInstanceUID": uid(name),
        "Modality": "MR",
        "ImagePositionPatient": [0, 0, position_mm],
        "RescaleSlope": None,
        "RescaleIntercept": None,
    }
    return make_ct(Path(folder) / f"{name}.dcm", **{**own, **attributes})


def make_enhanced(path, positions_mm=(0, 5, 10), *, pixels=None, frame_items=None, **attributes):
    """Write an enhanced multi-frame CT with shared spacing and orientation; return its path.

    Parameters
    ----------
    frame_items : function of the frame's index to {sequence keyword: {keyword: value}}, added to
        the frame's functional groups
    """
    count = len(positions_mm)
    stack = np.stack([ramp() + i for i in range(count)]) if pixels is None else pixels
    dataset = ct_dataset(stack, SOPClassUID=ENHANCED_CT_IMAGE)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        del dataset[keyword]
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        del dataset[keyword]
    dataset.SharedFunctionalGroupsSequence = [
        groups(
            PixelMeasuresSequence={"PixelSpacing": [1, 1], "SliceThickness": 5},
            PlaneOrientationSequence={"ImageOrientationPatient": list(AXIAL)},
            PixelValueTransformationSequence={"RescaleSlope": 1, "RescaleIntercept": -1024},
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        groups(
            PlanePositionSequence={"ImagePositionPatient": [0, 0, position]},
            **(frame_items(index) if frame_items else {}),
        )
        for index, position in enumerate(positions_mm)
    ]
    for keyword, value in attributes.items():
        set_attribute(dataset, keyword, value)
    return write(dataset, path)


def groups(**sequences):
    """Return an item whose sequences have one item each, given as {keyword: value}."""
    outer = Dataset()
    for sequence, attributes in sequences.items():
        setattr(outer, sequence, [item(**attributes)])
    return outer


def item(**attributes):
    """Return a sequence item."""
    inner = Dataset()
    for keyword, value in attributes.items():
        set_attribute(inner, keyword, value)
    return inner


def lut_item(first_mapped, entries, bits=16, **attributes):
    """Return an item of a Modality or VOI LUT Sequence, its data in 16-bit words."""
    inner = item(**attributes)
    inner.add_new("LUTDescriptor", "US", [len(entries) % 65536, first_mapped % 65536, bits])
    inner.add_new("LUTData", "OW", np.asarray(entries, dtype="<u2").tobytes())
    return inner


def compressed(pixels, syntax, *, bits=None, **options):
    """Return one frame compressed for an encapsulated transfer syntax, without loss if it can.

    Parameters
    ----------
    bits : bits stored, where the container has more
    options : for the encoder
    """
    import imagecodecs

    bits = bits or 8 * pixels.dtype.itemsize
    match UID(syntax).name:
        case "RLE Lossless":
            return rle_frame(pixels)
        case name if name.startswith("JPEG-LS"):
            return imagecodecs.jpegls_encode(pixels, **options)
        case name if name.startswith("JPEG 2000"):
            return imagecodecs.jpeg2k_encode(
                pixels, **{"reversible": True, "codecformat": "j2k", **options}
            )
        case name if name.startswith("High-Throughput"):
            return imagecodecs.htj2k_encode(pixels, reversible=True, **options)
        case name if "Lossless" in name:
            return imagecodecs.jpeg8_encode(
                pixels, **{"lossless": True, "predictor": 1, "bitspersample": bits, **options}
            )
        case _:
            return imagecodecs.jpeg8_encode(pixels, bitspersample=bits, **{"level": 100, **options})


def rle_frame(pixels):
    from pydicom.pixels import get_encoder
    from pydicom.uid import RLELossless

    samples = 3 if pixels.ndim == 3 else 1
    return get_encoder(RLELossless).encode(
        pixels,
        encoding_plugin="pydicom",
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        samples_per_pixel=samples,
        planar_configuration=0,
        number_of_frames=1,
        bits_allocated=8 * pixels.dtype.itemsize,
        bits_stored=8 * pixels.dtype.itemsize,
        pixel_representation=int(pixels.dtype.kind == "i"),
        photometric_interpretation="RGB" if samples == 3 else "MONOCHROME2",
    )


def make_compressed(path, frames, syntax, *, bits=None, data=None, **attributes):
    """Write frames of equal shape in an encapsulated syntax; return the path.

    Parameters
    ----------
    data : the frames already compressed
    """
    frames = [np.asarray(frame) for frame in frames]
    stack = frames[0] if len(frames) == 1 else np.stack(frames)
    stored = {} if bits is None else {"BitsStored": bits, "HighBit": bits - 1}
    dataset = ct_dataset(stack, **{**stored, **attributes})
    encoded = data or [compressed(frame, syntax, bits=bits) for frame in frames]
    return write(dataset, path, syntax, frames=encoded)
