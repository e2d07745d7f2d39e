"""Scores: calibrated, named, explained; and nothing at all where there is no model."""

from policies.classifier import CATEGORIES, load
from policies.classifier.explain import words_that_moved
from policies.classifier.model import DEFAULT_FILE
from policies.engine.signals import CLASSIFIER_SIGNALS, in_words
from tests.fakes.classifier import a_model


def test_every_category_is_a_signal_that_reads_in_a_sentence():
    (scores,) = a_model().score(["Hello"])

    assert [score.id for score in scores.values()] == list(CLASSIFIER_SIGNALS)
    assert all(
        in_words(score.id).startswith("the model's score for ") for score in scores.values()
    )


def test_a_score_says_which_model_gave_it_and_what_it_is_called():
    model = a_model(version="v7", vile={"hate": 8.0}, poor={"hate": 4.5})

    high, medium, low = (s["hate"] for s in model.score(["How vile", "How poor", "How nice"]))

    assert (high.band, medium.band, low.band) == ("high", "medium", "low")
    assert high.version == "v7"
    assert 0 < low.value < medium.value < high.value < 1


def test_scores_do_not_depend_on_the_company_a_text_keeps():
    model = a_model(vile={"hate": 8.0})

    assert model.score(["How vile", "Hello"])[0] == model.score(["How vile"])[0]


def test_the_words_that_moved_a_score_are_found_in_the_original_text():
    model = a_model(vile={"hate": 6.0}, rude={"hate": 2.0})
    text = "What a RUDE and Víle thing"

    moved = words_that_moved(model, text, "hate")

    assert [text[word.start : word.end] for word in moved] == ["Víle", "RUDE"]


def test_a_text_without_words_is_scored_and_explained():
    model = a_model()

    assert model.score([""])[0]["abuse"].band == "low"
    assert words_that_moved(model, "", "abuse") == ()


def test_without_a_file_there_is_no_model(tmp_path):
    assert load(tmp_path / "missing.onnx") is None


def test_a_damaged_file_is_no_model_and_no_error(tmp_path):
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"not a network")

    assert load(damaged) is None


def test_the_file_that_ships_loads_and_scores():
    model = load(DEFAULT_FILE)
    if model is None:
        assert not DEFAULT_FILE.exists()
        return

    assert DEFAULT_FILE.stat().st_size <= 25_000_000
    (scores,) = model.score(["What time do visits start on Sunday?"])
    assert tuple(scores) == CATEGORIES
    assert {score.band for score in scores.values()} == {"low"}
