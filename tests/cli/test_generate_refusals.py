"""generate: what it does not make, and how it says so."""

import pytest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--label", "pneumonia=1"), ("pneumonia", "normal, effusion")),
        (("--edit", "pc-77=1"), ("pc-77", "pc-01, pc-02")),
        (("--label", "normal"), ("normal", "NAME=NUMBER")),
        (("--label", "normal=much"), ("normal=much", "NAME=NUMBER")),
        (("--label", "normal=nan"), ("normal=nan",)),
        (("--edit", "pc-01=inf"), ("pc-01=inf",)),
        (("--label", "normal=-1"), ("normal=-1",)),
        (("--truncation", "nan"), ("--truncation",)),
        (("--truncation", "3"), ("--truncation",)),
        (("--seed", "-1"), ("--seed",)),
        (("--seed", "4294967295", "--count", "2"), ("4294967295",)),
        (("--device", "abacus"), ("abacus",)),
        (("--format", "gif"), ("gif",)),
    ],
)
def test_what_the_model_or_the_option_does_not_know_is_wrong_usage(
    run, models, tmp_path, options, words
):
    ended = run("generate", "tiny", "--out", tmp_path / "out", *options)

    assert (ended.code, ended.out) == (2, "")
    for word in words:
        assert word in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("model", ["no-such-model", "tiny-t1-to-t2"])
def test_an_unknown_model_and_a_translator_exit_with_4(run, models, tmp_path, model):
    ended = run("generate", model, "--out", tmp_path / "out")

    assert (ended.code, ended.out) == (4, "")
    assert not list(tmp_path.glob("out/*"))
