"""What a pixel says: its value with unit, and SUV where there is one."""

from medgan_viewer.imaging.frame import PixelFrame


def value_text(frame: PixelFrame, row: int, column: int) -> str:
    """Return "41 HU", "5210 Bq/mL · SUVbw 3.21", "RGB 10 20 30" or "no image here".

    `row` and `column` are 0-based and lie inside the image.
    """
    stored = frame.stored[row, column]
    is_hidden = frame.hidden is not None and bool(frame.hidden.mask()[row, column])
    if is_hidden:
        return "no image here"
    if frame.is_color:
        return f"RGB {' '.join(str(int(component)) for component in stored)}"
    if frame.padding is not None and bool(frame.padding.mask(stored)):
        return "no image here"
    value = float(frame.transform.apply(stored[None])[0])
    text = f"{value:.6g} {frame.unit}".rstrip()
    if frame.suv is None:
        return text
    uptake = f"{frame.suv.label} {value * frame.suv.factor:.2f}"
    return f"{text} · {uptake}"
