"""Recipe: the JSON document that makes a synthetic image again."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medgan_viewer.errors import InputError
from medgan_viewer.latent.point import MAX_SEED, LatentPoint

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class RecipeModel(_Document):
    """The model package, bound by the hash of its weights."""

    id: str
    version: str
    weights_sha256: str
    directions_sha256: str = ""


class RecipePoint(_Document):
    """A LatentPoint in JSON."""

    seed: int = Field(ge=0, le=MAX_SEED)
    label_weights: dict[str, Finite]
    truncation: Finite
    noise: bool
    offsets: dict[str, Finite]


class RecipeSource(_Document):
    """What a translator was given: images, and the intensities that became -1 and +1."""

    sop_instance_uids: tuple[str, ...]
    low: Finite
    high: Finite
    plane: str


class RecipeSoftware(_Document):
    """What computed the image; other versions may differ by rounding."""

    program: str
    torch: str
    device: str
    precision: str


class Recipe(_Document):
    """Everything needed to make one synthetic image again, but for the weights themselves."""

    schema_version: Literal[1] = 1
    kind: Literal["generated", "translated"]
    model: RecipeModel
    point: RecipePoint | None = None
    source: RecipeSource | None = None
    software: RecipeSoftware

    def to_json(self) -> str:
        return self.model_dump_json(exclude_none=True)


def parse_recipe(text: str, where: str) -> Recipe:
    """Read a recipe; InputError names `where` when the text is not one."""
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            problem=f"{where} holds no recipe that this program can read.",
            action="Use a file that medgan-viewer wrote.",
            details=str(error),
        ) from error


def recipe_point(point: LatentPoint) -> RecipePoint:
    """Return the point as it stands in a recipe."""
    return RecipePoint(
        seed=point.seed,
        label_weights=dict(point.label_weights),
        truncation=point.truncation,
        noise=point.noise,
        offsets=dict(point.offsets),
    )


def point_of(recipe: RecipePoint) -> LatentPoint:
    """Return the latent point of a recipe."""
    return LatentPoint(
        seed=recipe.seed,
        label_weights=recipe.label_weights,
        truncation=recipe.truncation,
        noise=recipe.noise,
        offsets=recipe.offsets,
    )
