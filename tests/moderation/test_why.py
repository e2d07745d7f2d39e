"""Why a case is here: what a rule found, as a person would point at it."""

from moderation.presenters.why import words_found


def a_span(start, end):
    return {"start": start, "end": end}


def test_what_lies_inside_something_longer_is_not_said_again():
    judged = "See www.glossy.example.com and order now"
    inside, whole, order = a_span(4, 10), a_span(4, 26), a_span(31, 40)

    assert words_found([inside, order, whole], judged) == ("www.glossy.example.com", "order now")


def test_overlapping_words_are_both_said():
    assert words_found([a_span(0, 7), a_span(4, 11)], "you are all") == ("you are", "are all")


def test_the_same_words_twice_are_said_once():
    assert words_found([a_span(0, 3), a_span(4, 7)], "boo boo") == ("boo",)
