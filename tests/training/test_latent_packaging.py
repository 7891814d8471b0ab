"""What a generator's package says of its data, checked before hours are spent on the run."""

import dataclasses

import pytest

from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.errors import InputError
from medgan_viewer.training import latent_packaging
from medgan_viewer.training.latent_packaging import check_generator, label_ids, latent_manifest
from medgan_viewer.training.packaging import latent_statistics
from tests.training.made_images import family_of, made_images, run_config


def parts_of(family="fully-connected", **changes):
    return family_of(family, **changes)[1].package_parts()


def manifest_of(images=None, model=None, family="fully-connected"):
    config = run_config(family, "x.npz", model)
    parts = parts_of(family, images=images or made_images(side=16))
    statistics = latent_statistics(parts.network, {})
    return latent_manifest(config, parts, statistics, images or made_images(side=16), {})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["normal", "effusion-2"], ["normal", "effusion-2"]),
        (["Pleural Effusion", "COVID_19"], ["pleural-effusion", "covid_19"]),
        (["Straße", "--x", "日本"], ["stra-e", "x", "label"]),
        (["a b", "a-b", "A B"], ["a-b", "a-b-2", "a-b-3"]),
        (["x" * 200], ["x" * 80]),
        (["日本", "中国"], ["label", "label-2"]),
    ],
)
def test_labels_get_names_that_manifests_take(names, expected):
    assert label_ids(names) == expected


def test_two_long_names_that_begin_alike_stay_apart():
    first, second = label_ids(["y" * 200, "y" * 300])

    assert first != second
    assert max(len(first), len(second)) <= 80


def test_a_label_has_the_title_of_the_configuration_or_its_own_name():
    manifest = manifest_of(model={"titles": {"dark": "Dark ones"}})

    assert manifest["labels"] == [
        {"name": "dark", "title": "Dark ones"},
        {"name": "bright", "title": "bright"},
    ]


def test_a_title_is_one_line_of_sixty_characters():
    images = made_images(side=16, labels=("a\u202eb\nc" + "d" * 100, "e"))

    title = manifest_of(images)["labels"][0]["title"]

    assert title == "abc" + "d" * 57


def test_the_output_is_described_as_the_training_images_were():
    images = dataclasses.replace(made_images(side=16), trained_bits=12, spacing_mm=0.7)

    output = manifest_of(images)["output"]

    assert (output["modality"], output["rows"], output["columns"]) == ("CR", 16, 16)
    assert (output["trained_bits"], output["spacing_mm"]) == (12, 0.7)
    assert (output["value_low"], output["value_high"], output["unit"]) == (0, 4095, "")


def test_images_in_hounsfield_units_stay_in_them():
    images = dataclasses.replace(
        made_images(side=16), intensity=IntensityHandling("window", -1000.0, 400.0, "HU")
    )

    output = manifest_of(images)["output"]

    assert (output["value_low"], output["value_high"], output["unit"]) == (-1000.0, 400.0, "HU")


@pytest.mark.parametrize(
    ("family", "task"), [("vae-gan", "reconstruct"), ("stylegan2", "generate")]
)
def test_only_a_network_with_an_encoder_reconstructs(family, task):
    assert manifest_of(family=family)["task"] == task


def test_a_sound_run_may_begin():
    check_generator(run_config("fully-connected", "x"), parts_of(), made_images(side=16))


def test_a_label_without_an_image_is_refused():
    images = dataclasses.replace(made_images(side=16), label_names=("dark", "bright", "empty"))

    with pytest.raises(InputError, match="no image to train on for the label 'empty'"):
        check_generator(run_config("fully-connected", "x"), parts_of(), images)


def test_more_labels_than_a_package_takes_are_refused():
    names = tuple(f"label {number}" for number in range(201))
    images = made_images(201, side=16, labels=names)

    with pytest.raises(InputError, match="labels"):
        check_generator(run_config("fully-connected", "x"), parts_of(images=images), images)


def test_a_network_larger_than_the_program_runs_is_refused(monkeypatch):
    monkeypatch.setattr(latent_packaging, "MAX_PARAMETERS", 10)

    with pytest.raises(InputError, match=r"parameters is larger than this program runs"):
        check_generator(run_config("fully-connected", "x"), parts_of(), made_images(side=16))
