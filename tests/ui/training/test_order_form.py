from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.session.training_order import DataKind, ModelFamily, kinds_for
from medgan_viewer.ui.training.order_form import NO_CONTRASTS, NO_FOLDER, NO_NAME, OrderForm


@pytest.fixture
def form(qtbot, theme):
    form = OrderForm()
    qtbot.addWidget(form)
    form.resize(300, 500)
    form.show()
    return form


@pytest.fixture
def filled(form):
    form.folder.setText("/data/chest")
    form.name.setText("Chest")
    return form


def choose(form, family, kind=None):
    form.family.setCurrentIndex(form.family.findData(family))
    if kind is not None:
        form.kind.setCurrentIndex(form.kind.findData(kind))


def test_the_fields_become_an_order(qtbot, filled):
    choose(filled, ModelFamily.STYLEGAN2, DataKind.NIFTI)
    filled.resolution.setCurrentIndex(filled.resolution.findData(256))
    filled.minutes.setValue(90)
    filled.seed.setValue(4)

    with qtbot.waitSignal(filled.order_given) as given:
        filled.start.click()

    [order] = given.args
    assert (order.name, order.folder) == ("Chest", Path("/data/chest"))
    assert (order.family, order.kind) == (ModelFamily.STYLEGAN2, DataKind.NIFTI)
    assert (order.resolution, order.max_minutes, order.seed) == (256, 90.0, 4)


def test_start_waits_for_what_is_missing_and_says_so(form):
    assert (form.obstacle.text(), form.start.isEnabled()) == (NO_FOLDER, False)

    form.folder.setText("/data")
    assert form.obstacle.text() == NO_NAME

    form.name.setText(" \u202e ")
    assert form.obstacle.text() == NO_NAME

    form.name.setText("Chest")
    assert (form.obstacle.text(), form.start.isEnabled()) == ("", True)


@pytest.mark.parametrize(("source", "target"), [("t1", "t1"), ("", "t2"), ("t1", " ")])
def test_a_translator_needs_two_contrasts(filled, source, target):
    choose(filled, ModelFamily.PIX2PIX)
    assert filled.start.isEnabled()

    filled.source.setText(source)
    filled.target.setText(target)

    assert (filled.obstacle.text(), filled.start.isEnabled()) == (NO_CONTRASTS, False)


@pytest.mark.parametrize("family", ModelFamily)
def test_each_family_has_its_sentence_its_data_and_its_fields(form, family):
    choose(form, family)

    assert form.family_words.text().endswith(".")
    kinds = tuple(form.kind.itemData(index) for index in range(form.kind.count()))
    assert kinds == kinds_for(family)
    assert form.resolution.isVisible() == (not family.is_translator)
    assert form.source.isVisible() == family.is_translator
    for index in range(form.kind.count()):
        form.kind.setCurrentIndex(index)
        assert form.kind_words.text().endswith(".")


def test_the_kind_of_data_stays_where_the_other_family_takes_it_too(form):
    choose(form, ModelFamily.VAE_GAN, DataKind.DICOM)

    choose(form, ModelFamily.DCGAN)
    assert form.kind.currentData() is DataKind.DICOM

    choose(form, ModelFamily.PIX2PIX)
    assert form.kind.currentData() is DataKind.PAIRED


def test_a_prepared_file_is_asked_for_as_a_file(form, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/data/brain_128.npz", ""))
    choose(form, ModelFamily.VAE_GAN, DataKind.PREPARED)

    form.browse.click()

    assert (form.folder.text(), form.name.text()) == ("/data/brain_128.npz", "brain 128")


def test_a_name_that_was_given_is_kept(filled, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/data/other")

    filled.browse.click()

    assert (filled.folder.text(), filled.name.text()) == ("/data/other", "Chest")


def test_a_dialog_that_was_cancelled_changes_nothing(filled, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")

    filled.browse.click()

    assert filled.folder.text() == "/data/chest"
