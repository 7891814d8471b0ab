"""may_identify: what the key that hides identifiers takes away."""

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.tag import Tag

from medgan_viewer.dicom.tag_privacy import may_identify


def asked(keyword, vr, value="x"):
    return may_identify(Tag(tag_for_keyword(keyword)), vr, value)


# Attributes that the basic profile of PS3.15 table E.1-1 removes or replaces.
@pytest.mark.parametrize(
    ("keyword", "vr"),
    [
        ("PatientName", "PN"),
        ("PatientID", "LO"),
        ("PatientBirthDate", "DA"),
        ("OtherPatientIDs", "LO"),
        ("PatientAddress", "LO"),
        ("StudyDate", "DA"),
        ("AccessionNumber", "SH"),
        ("StudyID", "SH"),
        ("InstitutionName", "LO"),
        ("ReferringPhysicianName", "PN"),
        ("StationName", "SH"),
        ("DeviceSerialNumber", "LO"),
        ("ImageComments", "LT"),
        ("StudyDescription", "LO"),
        ("SOPInstanceUID", "UI"),
        ("EncapsulatedDocument", "OB"),
    ],
)
def test_what_the_standard_removes_is_hidden(keyword, vr):
    assert asked(keyword, vr)


@pytest.mark.parametrize(
    ("keyword", "vr"),
    [
        ("Modality", "CS"),
        ("KVP", "DS"),
        ("PatientSex", "CS"),
        ("PatientAge", "AS"),
        ("SeriesDescription", "LO"),
        ("Rows", "US"),
    ],
)
def test_the_technique_stays_readable(keyword, vr):
    assert not asked(keyword, vr)


def test_uids_of_the_standard_stay_and_those_of_instances_go():
    assert not asked("SOPClassUID", "UI", "1.2.840.10008.5.1.4.1.1.2 (CT Image Storage)")
    assert asked("StudyInstanceUID", "UI", "1.2.3.4")


def test_private_values_are_hidden_and_their_creators_are_not():
    assert may_identify(Tag(0x00091001), "US", "5")
    assert not may_identify(Tag(0x00090010), "LO", "GEMS_IDEN_01")
