"""Recipe: the JSON document that makes a synthetic image again."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medgan_viewer.errors import InputError
from medgan_viewer.latent.point import MAX_OFFSET_SD, MAX_SEED, MAX_TRUNCATION, LatentPoint

Finite = Annotated[float, Field(allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-MAX_OFFSET_SD, le=MAX_OFFSET_SD)]


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
    truncation: float = Field(ge=0, le=MAX_TRUNCATION)
    noise: bool
    offsets: dict[str, Offset]


class RecipeSource(_Document):
    """What a translator was given: images, and the intensities that became -1 and +1.

    Attributes
    ----------
    sop_instance_uids : one for each plane, in the order of the series
    frame_numbers : 1-based, one for each plane; empty where every instance is one plane
    own_index : which of the planes the image lies on; None for a single one, and for a volume
    plane : in which the network worked, and whether it went through the volume
    """

    sop_instance_uids: tuple[str, ...] = Field(min_length=1)
    frame_numbers: tuple[Annotated[int, Field(ge=1)], ...] = ()
    own_index: Annotated[int, Field(ge=0)] | None = None
    low: Finite
    high: Finite
    plane: str

    @property
    def planes(self) -> tuple[tuple[str, int | None], ...]:
        """SOP Instance UID and frame number of each plane; None for an instance of one plane."""
        numbers = self.frame_numbers or (None,) * len(self.sop_instance_uids)
        return tuple(zip(self.sop_instance_uids, numbers, strict=True))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = len(self.sop_instance_uids)
        if self.frame_numbers and len(self.frame_numbers) != count:
            raise ValueError("there must be one frame number for each instance")
        if self.own_index is not None and self.own_index >= count:
            raise ValueError("own_index names none of the instances")
        if not self.low < self.high:
            raise ValueError("high must be above low")
        return self


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


def joined_recipe(recipes: Sequence[Recipe]) -> Recipe:
    """Return the recipe of a volume from those of its planes, translated from one series.

    Notes
    -----
    Software that differs between the planes, as when memory ran out on the way, is "mixed".
    """
    first = recipes[0]
    assert first.source is not None
    planes = dict.fromkeys(
        plane for recipe in recipes if recipe.source for plane in recipe.source.planes
    )
    numbers = tuple(number for _, number in planes)
    source = RecipeSource(
        sop_instance_uids=tuple(uid for uid, _ in planes),
        frame_numbers=tuple(number or 1 for number in numbers) if any(numbers) else (),
        low=first.source.low,
        high=first.source.high,
        plane=first.source.plane,
    )
    used = [recipe.software.model_dump() for recipe in recipes]
    software = {
        part: text if all(each[part] == text for each in used) else "mixed"
        for part, text in used[0].items()
    }
    return first.model_copy(update={"source": source, "software": RecipeSoftware(**software)})


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
