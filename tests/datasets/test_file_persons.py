"""Whose a file is: images of one person never become two patients where names tell it."""

import pytest

from medgan_viewer.datasets.file_persons import persons_of, subject_of


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("sub-01_ses-02_T1w", "sub-01"),
        ("sub-01_T1w", "sub-01"),
        ("p7_run-2", "p7"),
        ("p7_run2_bold", "p7"),
        ("p7_ses1", "p7"),
        ("person1_bacteria_1", "person1"),
        ("person1_bacteria_2", "person1"),
        ("p7_slice012", "p7"),
        ("patient3-04", "patient3"),
        ("patient_3_slice_4", "patient_3"),
        ("p7 left 2", "p7"),
        ("IM-0129-0001", "IM-0129"),
        ("t1_p7", "p7"),
        ("T2w_smith", "smith"),
        ("t1", "t1"),
        ("case_session", "case_session"),
        ("anything", "anything"),
        ("", ""),
    ],
)
def test_the_subject_is_read_from_a_file_name(name, subject):
    assert subject_of(name) == subject


@pytest.mark.parametrize(
    ("paths", "persons"),
    [
        (["p1/t1.nii.gz", "p1/t2.nii.gz", "p2/t1.nii.gz"], ["p1", "p1", "p2"]),
        (["train/p1/a.nii", "test/p1/b.nii", "test/p2/c.nii"], ["p1", "p1", "p2"]),
        (["T1/p1.nii", "T1/p2.nii", "T2/p1.nii", "T2/p2.nii"], ["p1", "p2", "p1", "p2"]),
        (["p1/001.png", "p1/002.png", "p2/001.png"], ["p1", "p1", "p2"]),
        # One folder that holds everybody tells nobody apart.
        (["brains/p1_a.nii", "brains/p1_b.nii", "brains/p2.nii"], ["p1", "p1", "p2"]),
        (["x/sub-1_T1w.nii", "y/sub-1_T2w.nii"], ["sub-1", "sub-1"]),
        (["p1.slice1.png", "p1.slice2.png"], ["p1", "p1"]),
        ([], []),
    ],
)
def test_a_folder_is_a_person_unless_its_name_says_what_it_holds(paths, persons):
    assert persons_of(paths) == persons
