"""--recipe: what generate and translate share when they make an image again."""

from pathlib import Path
from typing import Any

from medgan_viewer.cli.shared import say
from medgan_viewer.errors import UsageError


def read_recipe(path: Path, package: Any, pool: Any, *, translated: bool) -> Any:
    """Return the recipe in a file, once it is sure to be of this kind and of `package`."""
    from medgan_viewer.export.recipe_in_file import find_recipe
    from medgan_viewer.inference.replay import check_recipe_model

    recipe = find_recipe(path, pool)
    if not translated and recipe.point is None:
        raise UsageError(
            problem=f"{path.name} has the recipe of a translated image.",
            action="Use 'medgan-viewer translate' with its source series.",
        )
    if translated and recipe.source is None:
        raise UsageError(
            problem=f"{path.name} has the recipe of a generated image.",
            action="Use 'medgan-viewer generate'.",
        )
    check_recipe_model(package, recipe)
    return recipe


def engine_as_recorded(recipe: Any, path: Path, device: str) -> Any:
    """Return an engine with the precision of a recipe; what else differs is said on stderr."""
    from medgan_viewer.inference.device import Preference
    from medgan_viewer.inference.engine import Engine
    from medgan_viewer.inference.replay import differences, recorded_device, recorded_precision

    choice = recorded_device(recipe.software, Preference(device))
    precision = recorded_precision(recipe.software, choice, path.name)
    if found := differences(recipe.software, choice, precision):
        say(f"Pixels may differ by a rounding: {'; '.join(found)}.", is_error=True)
    return Engine(choice, dtype=precision)
