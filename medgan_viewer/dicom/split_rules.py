"""The properties by which a series falls into display sets, each with its words for the list.

RULES hold always and in this order; TIME_RULES tell frames apart that repeat their positions. How
they are applied is in division.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from pydicom.uid import UID

from medgan_viewer.dicom.hierarchy import FrameFacts, FrameRef, InstanceHeader

_VOLUMETRIC = frozenset(("CT", "MR", "PT", "NM"))
_CT = frozenset(("CT", "PT"))
_MR = frozenset(("MR",))
_B_VALUE_STEP = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One frame of a series with all that is known of it."""

    ref: FrameRef
    header: InstanceHeader
    facts: FrameFacts


@dataclass(frozen=True, slots=True)
class Rule:
    """Divides frames by one property.

    Attributes
    ----------
    key : the property, of one entry
    word : of a key, for people; may be empty
    modalities : where the rule holds; empty means everywhere
    is_parameter : a setting of the scanner. One that changes with every image or two (repetition
        time of a gated scan) tells images apart, not stacks, and divides nothing.
    """

    key: Callable[[Entry], Hashable]
    word: Callable[[Entry], str]
    modalities: frozenset[str] = field(default_factory=frozenset)
    is_parameter: bool = False


def _spacing_key(entry: Entry) -> Hashable:
    """Return the spacing of cross sections; projections and ultrasound are not stacked by it."""
    plane = entry.facts.plane
    if plane is None:
        return None
    return (round(plane.spacing.row_mm, 3), round(plane.spacing.column_mm, 3))


def _spacing_word(entry: Entry) -> str:
    plane = entry.facts.plane
    return "no position" if plane is None else f"{plane.spacing.row_mm:.3g} mm pixels"


def _class_word(entry: Entry) -> str:
    return UID(entry.header.sop_class_uid).name.removesuffix(" Storage").removesuffix(" Image")


def _instance_key(entry: Entry) -> Hashable:
    """Keep each multi-frame instance by itself."""
    header = entry.header
    return header.sop_instance_uid or str(header.path) if header.frame_count > 1 else ""


def _instance_word(entry: Entry) -> str:
    header = entry.header
    if header.frame_count == 1:
        return "single images"
    return f"image {header.instance_number}" if header.instance_number is not None else "frames"


def _type_word(entry: Entry) -> str:
    image_type = entry.header.image_type
    if any(value.upper() == "LOCALIZER" for value in image_type):
        return "localizer"
    is_derived = image_type[:1] == ("DERIVED",)
    kinds = (*image_type[2:], "derived" if is_derived else "")
    return " ".join(kind for kind in kinds if kind) or "primary"


def _frame_of_reference(entry: Entry) -> Hashable:
    plane = entry.facts.plane
    return "" if plane is None else plane.frame_of_reference_uid


def _is_color(entry: Entry) -> bool:
    return entry.header.samples > 1 or entry.header.photometric == "PALETTE COLOR"


def _no_word(_entry: Entry) -> str:
    return ""


def _number_word(
    name: str, value: Callable[[Entry], float | None], unit: str = ""
) -> Callable[[Entry], str]:
    """Return a word like "TE 30 ms", or "no TE" where the file has none."""

    def word(entry: Entry) -> str:
        number = value(entry)
        return f"no {name}" if number is None else f"{name} {number:g} {unit}".strip()

    return word


def _acquisition(entry: Entry) -> int | None:
    return entry.header.acquisition_number


def _echo_time(entry: Entry) -> float | None:
    return entry.facts.echo_time_ms


def _repetition_time(entry: Entry) -> float | None:
    return entry.header.repetition_time_ms


def _flip_angle(entry: Entry) -> float | None:
    return entry.header.flip_angle_deg


def _echo_number(entry: Entry) -> int | None:
    return entry.header.echo_number


def _b_value(entry: Entry) -> int | None:
    value = entry.facts.b_value
    return None if value is None else round(value)


def _b_value_step(entry: Entry) -> int | None:
    """Return the b-value in steps of 50: measured ones differ a little from image to image."""
    value = entry.facts.b_value
    return None if value is None else round(value / _B_VALUE_STEP)


def _tilt(entry: Entry) -> float | None:
    return entry.header.gantry_tilt_deg


def _temporal_position(entry: Entry) -> int | None:
    return entry.facts.temporal_position


def _trigger_time(entry: Entry) -> float | None:
    return entry.facts.trigger_time_ms


def _reference_time(entry: Entry) -> float | None:
    return entry.facts.reference_time_ms


RULES = (
    Rule(
        lambda entry: entry.header.is_synthetic,
        lambda entry: "synthetic" if entry.header.is_synthetic else "acquired",
    ),
    Rule(lambda entry: entry.header.sop_class_uid, _class_word),
    Rule(_instance_key, _instance_word),
    Rule(
        lambda entry: (entry.header.rows, entry.header.columns),
        lambda entry: f"{entry.header.rows} × {entry.header.columns}",
    ),
    Rule(_is_color, lambda entry: "color" if _is_color(entry) else "gray"),
    Rule(_spacing_key, _spacing_word),
    Rule(_frame_of_reference, _no_word, is_parameter=True),
    Rule(lambda entry: entry.header.image_type, _type_word, _VOLUMETRIC),
    Rule(lambda entry: entry.facts.frame_type, lambda entry: " ".join(entry.facts.frame_type[2:])),
    Rule(lambda entry: entry.facts.stack, lambda entry: entry.facts.stack),
    Rule(lambda entry: entry.header.contrast_agent, lambda e: e.header.contrast_agent or "native"),
    Rule(lambda entry: entry.header.convolution_kernel, lambda e: e.header.convolution_kernel, _CT),
    Rule(_tilt, _number_word("tilt", _tilt, "°"), _CT, is_parameter=True),
    Rule(lambda entry: entry.header.mr_sequence, lambda e: e.header.mr_sequence, _MR),
    Rule(_repetition_time, _number_word("TR", _repetition_time, "ms"), _MR, is_parameter=True),
    Rule(_echo_time, _number_word("TE", _echo_time, "ms"), _MR, is_parameter=True),
    Rule(_flip_angle, _number_word("flip", _flip_angle, "°"), _MR, is_parameter=True),
    Rule(_b_value_step, _number_word("b", _b_value), _MR),
)
ACQUISITION_RULE = Rule(_acquisition, _number_word("acquisition", _acquisition), _VOLUMETRIC)
TIME_RULES = (
    Rule(_temporal_position, _number_word("phase", _temporal_position)),
    Rule(_trigger_time, _number_word("at", _trigger_time, "ms")),
    Rule(_echo_time, _number_word("TE", _echo_time, "ms")),
    Rule(_echo_number, _number_word("echo", _echo_number)),
    Rule(_reference_time, _number_word("at", _reference_time, "ms")),
    ACQUISITION_RULE,
)
