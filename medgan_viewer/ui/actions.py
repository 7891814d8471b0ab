"""Table of actions: id, text, keys, where the keys work; menus, tooltips and help come from it."""

from dataclasses import dataclass
from enum import Enum

from medgan_viewer.imaging.colormaps import OVER_IMAGES


class Scope(Enum):
    """Where the keys of an action work.

    Plain keys work in the image area alone, so that sliders and text fields keep their own.
    """

    WINDOW = "everywhere"
    IMAGES = "in the images"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing the user can do.

    Attributes
    ----------
    action_id : stable name, that of the slot too
    group : heading in the help
    checkable : has a state that is on or off
    """

    action_id: str
    text: str
    keys: tuple[str, ...]
    group: str
    scope: Scope = Scope.WINDOW
    checkable: bool = False
    tooltip: str = ""


_W, _I = Scope.WINDOW, Scope.IMAGES

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_folder", "Open a folder…", ("Ctrl+O",), "Files"),
    ActionSpec("open_files", "Open files…", ("Ctrl+Shift+O",), "Files"),
    ActionSpec("study_list", "List of all studies", ("Ctrl+B",), "Files"),
    ActionSpec("open_demo", "Open the demonstration", (), "Files"),
    ActionSpec("save_picture", "Save a picture of the window…", ("Ctrl+S",), "Files"),
    ActionSpec("export_synthetic", "Export the synthetic image…", ("Ctrl+E",), "Files"),
    ActionSpec("copy_picture", "Copy the images as a picture", ("Ctrl+Shift+C",), "Files"),
    ActionSpec("show_tags", "Tags of the image", ("Ctrl+I",), "Files"),
    ActionSpec("save_tile", "Save the image of the tile…", ("Ctrl+Shift+S",), "Files"),
    ActionSpec("copy_tile", "Copy the image of the tile", ("Ctrl+C",), "Files", _I),
    ActionSpec("print_images", "Print the images…", ("Ctrl+P",), "Files"),
    ActionSpec("preferences", "Preferences…", ("Ctrl+,",), "Files"),
    ActionSpec("quit", "Quit", ("Ctrl+Q",), "Files"),
    ActionSpec("mode_browse", "Browse", ("Ctrl+1",), "Modes", checkable=True),
    ActionSpec("mode_generate", "Generate", ("Ctrl+2",), "Modes", checkable=True),
    ActionSpec("mode_translate", "Translate", ("Ctrl+3",), "Modes", checkable=True),
    ActionSpec("mode_compare", "Compare", ("Ctrl+4",), "Modes", checkable=True),
    ActionSpec(
        "train", "Train a model", ("Ctrl+T",), "Modes", checkable=True, tooltip="Train a model"
    ),
    ActionSpec("compare_difference", "Difference", ("Shift+D",), "Compare"),
    ActionSpec("compare_swipe", "Swipe", ("Shift+W",), "Compare"),
    ActionSpec("next_sample", "Another sample", ("Shift+R",), "Generate"),
    ActionSpec("undo", "Undo a slider or a measurement", ("Ctrl+Z",), "Edit"),
    ActionSpec("redo", "Redo a slider or a measurement", ("Ctrl+Y", "Ctrl+Shift+Z"), "Edit"),
    ActionSpec("previous_image", "Previous image", ("Up",), "Stack", _I),
    ActionSpec("next_image", "Next image", ("Down",), "Stack", _I),
    ActionSpec("previous_ten", "Ten images back", ("Shift+Up",), "Stack", _I),
    ActionSpec("next_ten", "Ten images on", ("Shift+Down",), "Stack", _I),
    ActionSpec("first_image", "First image", ("Home",), "Stack", _I),
    ActionSpec("last_image", "Last image", ("End",), "Stack", _I),
    ActionSpec("previous_series", "Previous series", ("PgUp", "Left"), "Stack", _I),
    ActionSpec("next_series", "Next series", ("PgDown", "Right"), "Stack", _I),
    ActionSpec("previous_study", "Previous study", ("Ctrl+Left",), "Stack", _I),
    ActionSpec("next_study", "Next study", ("Ctrl+Right",), "Stack", _I),
    ActionSpec("cine", "Play the stack, or stop", ("C",), "Stack", _I, checkable=True),
    ActionSpec("cine_faster", "Play faster", ("]",), "Stack", _I),
    ActionSpec("cine_slower", "Play slower", ("[",), "Stack", _I),
    ActionSpec("next_tile", "Next tile, then what follows it", ("Tab",), "Stack", _I),
    ActionSpec(
        "previous_tile", "Previous tile, then what is before it", ("Shift+Tab",), "Stack", _I
    ),
    ActionSpec("window_auto", "Automatic window", ("0",), "Window", _I),
    ActionSpec("window_file", "The file's own window, then its next", ("1",), "Window", _I),
    *(
        ActionSpec(f"preset_{digit}", f"Window preset {digit}", (str(digit),), "Window", _I)
        for digit in range(2, 10)
    ),
    ActionSpec("invert", "Invert grays", ("I",), "Window", _I),
    ActionSpec("graphics", "Graphics of the file, on or off", ("Shift+G",), "View", _I),
    ActionSpec("window_values", "Window by numbers…", ("Shift+V",), "Window", _I),
    *(
        ActionSpec(f"colormap_{name}", f"Colors: {title}", (), "Window", _I, checkable=True)
        for name, title in OVER_IMAGES.items()
    ),
    ActionSpec("reset", "Whole image, first window", ("Space", "R"), "View", _I),
    ActionSpec("fit", "Fit the image", ("=",), "View", _I),
    ActionSpec("zoom_in", "Enlarge", ("+",), "View", _I),
    ActionSpec("zoom_out", "Reduce", ("-",), "View", _I),
    ActionSpec("show_pixels", "One image pixel per screen pixel", ("Ctrl+0",), "View", _I),
    ActionSpec("rotate_right", "Rotate right", (".", "Ctrl+R"), "View", _I),
    ActionSpec("rotate_left", "Rotate left", (",", "Ctrl+L"), "View", _I),
    ActionSpec("flip_horizontally", "Flip left and right", ("H",), "View", _I),
    ActionSpec("flip_vertically", "Flip top and bottom", ("V",), "View", _I),
    ActionSpec("smooth", "Smooth pixels", (), "View", _I, checkable=True),
    ActionSpec("overlays", "Text over the images", ("O",), "View", _I, checkable=True),
    ActionSpec("maximize", "One tile alone, or all", ("F",), "View", _I),
    ActionSpec("tool_window", "Left drag: window", ("W",), "Tools", _I, checkable=True),
    ActionSpec("tool_scroll", "Left drag: scroll", ("S",), "Tools", _I, checkable=True),
    ActionSpec("tool_pan", "Left drag: move", ("T",), "Tools", _I, checkable=True),
    ActionSpec("tool_zoom", "Left drag: zoom", ("Z",), "Tools", _I, checkable=True),
    ActionSpec(
        "tool_crosshair",
        "Left drag: point in all tiles",
        ("Shift+C",),
        "Tools",
        _I,
        checkable=True,
        tooltip="Left drag: take all tiles to the point under the mouse",
    ),
    ActionSpec("mpr", "Axial, coronal and sagittal planes", ("Ctrl+M",), "View", checkable=True),
    ActionSpec(
        "mpr_resampled",
        "Planes of a stack resampled to a regular grid",
        ("Ctrl+Shift+M",),
        "View",
        tooltip="Planes of a tilted or unevenly spaced stack, resampled to a regular grid",
    ),
    ActionSpec("reference_lines", "Reference lines", ("L",), "View", _I, checkable=True),
    ActionSpec(
        "tool_region", "Left drag: window from a box", ("Shift+B",), "Tools", _I, checkable=True
    ),
    ActionSpec("tool_magnify", "Left drag: magnifier", ("Shift+Z",), "Tools", _I, checkable=True),
    ActionSpec("measure_length", "Length", ("D",), "Measure", _I, checkable=True),
    ActionSpec("measure_angle", "Angle", ("A",), "Measure", _I, checkable=True),
    ActionSpec("measure_cobb", "Cobb angle", ("Shift+A",), "Measure", _I, checkable=True),
    ActionSpec("measure_bidirectional", "Two diameters", ("X",), "Measure", _I, checkable=True),
    ActionSpec("measure_rectangle", "Rectangle", ("Shift+E",), "Measure", _I, checkable=True),
    ActionSpec("measure_ellipse", "Ellipse", ("E",), "Measure", _I, checkable=True),
    ActionSpec("measure_freehand", "Freehand region", ("G",), "Measure", _I, checkable=True),
    ActionSpec("measure_probe", "Value at a point", ("P",), "Measure", _I, checkable=True),
    ActionSpec("measure_arrow", "Arrow", ("Shift+X",), "Measure", _I, checkable=True),
    ActionSpec("measure_text", "Text", ("B",), "Measure", _I, checkable=True),
    ActionSpec("measure_delete", "Delete the measurement", ("Del", "Backspace"), "Measure", _I),
    ActionSpec("measure_cancel", "Stop drawing", ("Esc",), "Measure", _I),
    ActionSpec("measure_clear", "Delete all measurements", (), "Measure"),
    ActionSpec("measure_save", "Save the measurements…", ("Ctrl+Alt+S",), "Measure"),
    ActionSpec("measure_open", "Open measurements…", (), "Measure"),
    ActionSpec("link_scroll", "Link scrolling", (), "View", checkable=True),
    ActionSpec("link_view", "Link zoom", (), "View", checkable=True),
    ActionSpec("link_position", "Link position", (), "View", checkable=True),
    ActionSpec(
        "link_window", "Link the window where values mean the same", (), "View", checkable=True
    ),
    ActionSpec("align_slices", "Link scrolling from the slices shown now", ("Ctrl+J",), "View", _I),
    ActionSpec("forget_alignment", "Forget the slices linked by hand", (), "View"),
    ActionSpec("toggle_left", "Study panel", ("F5",), "View", checkable=True),
    ActionSpec("toggle_right", "Model panel", ("F6",), "View", checkable=True),
    ActionSpec("hide_identity", "Hide patient identifiers", ("F8",), "View", checkable=True),
    ActionSpec("full_screen", "Full screen", ("F11",), "View", checkable=True),
    ActionSpec("find_action", "Find an action…", ("Ctrl+K",), "Help"),
    ActionSpec("show_keys", "Keys and mouse", ("?", "F1"), "Help"),
    ActionSpec("edit_keys", "Change keys…", (), "Help"),
    ActionSpec("about", "About", (), "Help"),
)

MOUSE_HELP: tuple[tuple[str, str], ...] = (
    ("Left drag", "window: right widens, down darkens (or the tool that is chosen)"),
    ("Wheel", "scroll the stack"),
    ("Ctrl + wheel, right drag", "zoom towards the mouse"),
    ("Middle drag, Shift + left drag", "move the image"),
    ("Shift + move", "all tiles go to the point of the patient under the mouse"),
    ("Ctrl + left drag", "window from the values in the rectangle"),
    ("Right click", "menu with the windows of the file and the modality"),
    ("Drag, or a click at each end", "draw, with a tool of Measure; drag lines and dots to change"),
    ("Double click", "one tile alone, or all again"),
)
