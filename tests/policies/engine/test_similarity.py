"""Near-duplicates share a signature; texts that merely resemble one another do not."""

import random
import time

import pytest

from policies.engine.similarity import signature

CAMPAIGN = (
    "Please share this everywhere before they take it down, the northern landing was flooded for "
    "seven nights and nobody answered the telephone"
)


@pytest.mark.parametrize(
    "text",
    [
        CAMPAIGN.upper() + "!!!",
        f"@governor {CAMPAIGN} https://example.org/a1",
        CAMPAIGN.replace("seven", "7").replace("7", "seven"),
        CAMPAIGN.replace(",", " ..."),
        f"ok {CAMPAIGN} 2026",
        CAMPAIGN.replace("landing", "laaanding"),
        CAMPAIGN.replace("e", "е"),
    ],
)
def test_decoration_changes_nothing(text):
    assert signature(text) == signature(CAMPAIGN)


def test_most_copies_of_a_campaign_with_one_word_changed_agree():
    words = CAMPAIGN.split()
    others = ["harbour", "morning", "officers", "council", "garden", "kitchen", "window", "summer"]
    rng = random.Random(1)
    copies = []
    for _ in range(200):
        copy = list(words)
        copy[rng.randrange(len(copy))] = rng.choice(others)
        copies.append(signature(" ".join(copy)))

    assert copies.count(signature(CAMPAIGN)) / len(copies) >= 0.6


def test_texts_about_the_same_thing_differ():
    assert signature(CAMPAIGN) != signature(
        "The northern landing was flooded again and the officers moved everybody before breakfast"
    )


@pytest.mark.parametrize("text", ["", "Well done everyone", "RIP", "https://example.org/a/b/c"])
def test_a_text_of_few_words_has_none(text):
    assert signature(text) is None


def test_it_fits_a_signed_column_of_64_bits():
    numbers = [signature(f"{CAMPAIGN} {n}" + "abcdefgh"[n % 8] * 5) for n in range(50)]

    assert all(-(2**63) <= number < 2**63 for number in numbers if number is not None)


@pytest.mark.parametrize("unit", ["a", "a.", "a/", "://", "@a", "# ", "aab ", "www."])
def test_time_grows_no_faster_than_the_text(unit):
    def seconds(size):
        begun = time.process_time()
        signature((unit * size)[:size])
        return time.process_time() - begun

    seconds(2_000)
    ratio = seconds(320_000) / max(min(seconds(20_000) for _ in range(3)), 1e-3)

    # Sixteen times the text; four times the slack for a busy machine. A quadratic step gives 256.
    assert ratio < 64
