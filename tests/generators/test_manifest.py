"""Manifest: what is read, what is refused, and the schema that other tools may use."""

import json
from pathlib import Path

import pytest

from medgan_viewer.errors import EXIT_PACKAGE, PackageError
from medgan_viewer.generators.manifest import Task, json_schema, parse_manifest
from tests.package_factory import complete_document, tiny_manifest

WHERE = Path("some-package/manifest.json")
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "model-package.schema.json"


def generator_document():
    return complete_document(tiny_manifest("tiny", "stylegan2", ("normal",), ("pc-01", "pc-02")))


def translator_document():
    return complete_document(tiny_manifest("tiny", "unet-translator"))


def parse(document):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_manifest(text, WHERE)


def test_a_manifest_says_what_the_network_makes():
    manifest = parse(generator_document())

    assert manifest.task is Task.GENERATE
    assert [label.title for label in manifest.labels] == ["Normal"]
    assert manifest.directions[0].range_sd == (-3, 3)
    assert manifest.source is None


def test_sizes_keep_their_kind():
    document = translator_document()
    document["architecture"]["parameters"] = {"base": 8, "dropout": True, "norm": "batch", "x": 0.5}

    parameters = parse(document).architecture.parameters

    assert parameters == {"base": 8, "dropout": True, "norm": "batch", "x": 0.5}
    assert parameters["dropout"] is True


@pytest.mark.parametrize("version", [2, 0, "1", None, [1], {"a": 1}, 1.5])
def test_another_version_is_named(version):
    with pytest.raises(PackageError, match=r"manifest version .*reads version 1") as caught:
        parse(generator_document() | {"schema_version": version})

    assert caught.value.exit_code == EXIT_PACKAGE


def test_a_version_as_long_as_the_file_does_not_fill_the_message():
    with pytest.raises(PackageError) as caught:
        parse({"schema_version": "9" * 500_000})

    assert len(caught.value.problem) < 300


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not a JSON document"),
        (b"\x80\x04K\x01.", "not a JSON document"),
        (b"{", "not a JSON document"),
        (b"\xff\xfe", "not a JSON document"),
        (b'{"schema_version": 1, "schema_version": 1}', "not a JSON document"),
        (b'{"schema_version": 1, "output": {"a": 1, "a": 2}}', "not a JSON document"),
        (b"[" * 500_000, "not a JSON document"),
        (b'{"a":' * 150_000, "not a JSON document"),
        (b"[]", "manifest version None"),
        (b'"text"', "manifest version None"),
        (b"7", "manifest version None"),
        (b" " * (1 << 20) + b"{}", "larger than 1 MiB"),
        ('{"schema_version": 1}'.encode("utf-16"), "not a usable manifest"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_text_that_is_no_manifest_is_refused_with_the_reason(text, reason):
    with pytest.raises(PackageError, match=reason) as caught:
        parse(text)

    assert str(WHERE) in caught.value.problem
    assert caught.value.action


def put(document, place, value):
    *path, last = place.split(".")
    for key in path:
        document = document[int(key)] if key.isdigit() else document[key]
    document[last] = value


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("id", "../escape"),
        ("id", "Capital"),
        ("id", "a" * 81),
        ("name", ""),
        ("name", "two\nlines"),
        ("name", "\x1b[2J"),
        ("name", "safe\u202egnp.exe"),
        ("summary", "one\u2066two"),
        ("labels.0.title", "\x9b2J"),
        ("output.unit", "HU\x00"),
        ("version", "latest"),
        ("task", "segment"),
        ("weights.file", "../weights.safetensors"),
        ("weights.file", "/etc/passwd"),
        ("weights.file", "sub/weights.safetensors"),
        ("weights.file", "sub\\weights.safetensors"),
        ("weights.file", "C:weights.safetensors"),
        ("weights.file", ".hidden"),
        ("weights.file", "weights.safetensors\n"),
        ("weights.file", ""),
        ("weights.file", "a" * 121),
        ("weights.sha256", "0" * 63),
        ("weights.sha256", "G" * 64),
        ("weights.size_bytes", -1),
        ("weights.size_bytes", (8 << 30) + 1),
        ("card.file", ".."),
        ("output.modality", "mr"),
        ("output.channels", 2),
        ("output.rows", 7),
        ("output.columns", 4097),
        ("output.spacing_mm", 0),
        ("output.spacing_mm", float("nan")),
        ("output.value_high", float("inf")),
        ("output.value_high", 0),
        ("output.trained_bits", 33),
        ("latent", {"truncation": 2.1}),
        ("latent", {"truncation": float("nan")}),
        ("labels.0.name", "Not a name"),
        ("labels.0.title", "t" * 61),
        ("directions.0.sd", 0),
        ("directions.0.sd", float("inf")),
        ("directions.0.range_sd", [3, -3]),
        ("directions.0.range_sd", [1, 1]),
        ("directions.0.layers", [3, 3]),
        ("directions.0.layers", [-1, 2]),
        ("directions.0.explained", 1.1),
        ("directions.0.kind", "magic"),
        ("directions.0.name", "pc-02"),
        ("directions_file", None),
        ("self_test.tolerance", 1),
        ("self_test.mean", float("nan")),
        ("training.images", -1),
        ("training.hours", float("inf")),
        ("architecture.parameters", {"a": None}),
        ("architecture.parameters", {"a": [1]}),
        ("architecture.parameters", {f"size{i}": 1 for i in range(41)}),
        ("labels", [{"name": f"l{i}", "title": ""} for i in range(201)]),
        ("labels", [{"name": "same", "title": ""}] * 2),
        ("limits", "x" * 4001),
        ("surprise", 1),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_field_out_of_its_limits_is_refused(place, value):
    document = generator_document()
    put(document, place, value)

    with pytest.raises(PackageError, match="not a usable manifest") as caught:
        parse(document)

    assert len(caught.value.problem) < 400


@pytest.mark.parametrize(
    ("intensity", "reason"),
    [
        ({"rule": "fixed", "low": 5, "high": 5}, "high must be above low"),
        ({"rule": "percentile", "low": 1, "high": 101}, "between 0 and 100"),
        ({"rule": "percentile", "low": -1, "high": 99}, "between 0 and 100"),
        ({"rule": "foreground_median", "low": 1, "high": 2}, "low is 0"),
        ({"rule": "z_score", "low": 0, "high": 1}, "intensity.rule"),
    ],
)
def test_intensity_limits_that_map_nothing_are_refused(intensity, reason):
    document = translator_document()
    document["source"] = document["source"] | {"intensity": intensity}

    with pytest.raises(PackageError, match=reason):
        parse(document)


def test_a_translator_states_its_source_and_a_generator_does_not():
    source = translator_document()["source"]

    with pytest.raises(PackageError, match="states its source"):
        parse(generator_document() | {"source": source})
    with pytest.raises(PackageError, match="states its source"):
        parse(translator_document() | {"source": None})


@pytest.mark.parametrize("field", ["labels", "directions"])
def test_a_translator_has_no_sliders(field):
    with pytest.raises(PackageError, match="neither labels nor directions"):
        parse(translator_document() | {field: generator_document()[field]})


def test_a_missing_field_is_named():
    document = generator_document()
    del document["output"]["trained_bits"]

    with pytest.raises(PackageError, match=r"output\.trained_bits: Field required"):
        parse(document)


def test_an_unknown_field_cannot_write_to_the_terminal():
    with pytest.raises(PackageError) as caught:
        parse(generator_document() | {"\x1b[2Jgone": 1})

    assert "\x1b" not in caught.value.problem


def test_the_published_schema_is_that_of_the_code():
    """Regenerate as docs/model-package.md says."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()
