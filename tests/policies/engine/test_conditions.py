"""What each condition recognises and what it leaves alone."""

import pytest

from policies.engine import RuleSetProblems, sentence
from tests.policies.engine.builders import a_definition, compiled_with, found, holds, judge

INSULT = {"words": {"list": "insults"}}
STAFF = {"words": {"list": "staff"}}
BREACHES = {"author": {"signal": "author.breaches", "at_least": 2}}


class TestWords:
    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("you Muppet.", ["Muppet"]),
            ("muppets", []),
            ("xmuppet", []),
            ("the muppet show", []),
            ("the muppet show, you muppet", ["muppet"]),
            ("GET LOST muppet", ["GET LOST", "muppet"]),
            ("self-made and self made", ["self-made", "self made"]),
            ("*muppet* _muppet_ 'muppet's", ["muppet", "muppet", "muppet"]),
            ("muppet你好", ["muppet"]),
        ],
    )
    def test_whole_words_of_a_list(self, text, places):
        assert found(INSULT, text) == places

    def test_forms_are_found_only_where_asked(self):
        assert found(STAFF, "guards and officers") == ["guards"]

    def test_terms_can_stand_in_the_condition(self):
        assert found(
            {"words": {"terms": ["daft"], "exceptions": ["daft punk"]}}, "daft punk is daft"
        ) == ["daft"]

    def test_at_least_counts_occurrences(self):
        two = {"words": {"list": "insults", "at_least": 2}}

        assert not holds(two, "muppet")
        assert holds(two, "muppet, plonker")

    def test_one_mention_is_not_counted_twice(self):
        two = {"words": {"terms": ["officer", "prison officer"], "at_least": 2}}

        assert not holds(two, "a prison officer")
        assert holds(two, "a prison officer and an officer")

    @pytest.mark.parametrize(
        "text", ["he is not a muppet", "he isn't a muppet", "never a real muppet"]
    )
    def test_denied_words_can_be_left_out(self, text):
        assert holds(INSULT, text)
        assert not holds({"words": {"list": "insults", "ignore_negated": True}}, text)

    @pytest.mark.parametrize(
        "text", ["no, you muppet", "not just a muppet", "he is not here. muppet"]
    )
    def test_denial_ends_with_its_clause(self, text):
        assert holds({"words": {"list": "insults", "ignore_negated": True}}, text)


class TestPattern:
    def test_named_and_written_in_place(self):
        assert found({"pattern": {"name": "wallet"}}, "send to WALLET1234 now") == ["WALLET1234"]
        assert found({"pattern": {"re2": "w[a-z]+5"}}, "é😀 wallet5") == ["wallet5"]

    def test_sees_folded_text(self):
        assert found({"pattern": {"name": "wallet"}}, "Ｗallet１２３４") == ["Ｗallet１２３４"]


class TestLink:
    @pytest.mark.parametrize(
        ("text", "link"),
        [
            ("see https://Example.org/page?x=1.", "https://Example.org/page?x=1"),
            ("see www.example.com", "www.example.com"),
            ("see example.co.uk/a", "example.co.uk/a"),
            ("example dot com", "example dot com"),
            ("example[.]com", "example[.]com"),
            ("example (dot) com", "example (dot) com"),
            ("hxxps://example.org", "hxxps://example.org"),
            ("http://a-b.c-d.xn--p1ai/", "http://a-b.c-d.xn--p1ai/"),
            ("t.me/somebody", "t.me/somebody"),
        ],
    )
    def test_addresses_plain_and_disguised(self, text, link):
        assert found({"link": {"any": True}}, text) == [link]

    @pytest.mark.parametrize(
        "text", ["end.Next", "a@example.com", "U.K.", "10.30", "e.g. this", "polka dot dress"]
    )
    def test_no_address(self, text):
        assert not holds({"link": {"any": True}}, text)

    def test_domains_include_what_lies_under_them(self):
        bad = {"link": {"domains": ["bad.example.com"]}}

        assert holds(bad, "https://shop.bad.example.com/x")
        assert not holds(bad, "https://example.com/bad.example.com")

    def test_exceptions_shorteners_and_numbers(self):
        assert not holds({"link": {"any": True, "except": ["gov.uk"]}}, "https://www.gov.uk/help")
        assert holds({"link": {"shorteners": True}}, "https://bit.ly/x")
        assert not holds({"link": {"shorteners": True}}, "https://example.org/x")
        assert not holds({"link": {"at_least": 2}}, "example.org")
        assert holds({"link": {"at_least": 2}}, "example.org example.net")


class TestPersonalData:
    @pytest.mark.parametrize(
        ("kind", "text", "place"),
        [
            ("uk_phone", "ring 07700 900123 now", "07700 900123"),
            ("uk_phone", "07700900123", "07700900123"),
            ("uk_phone", "+44 7700 900 123", "+44 7700 900 123"),
            ("uk_phone", "0044 7700 900123", "0044 7700 900123"),
            ("uk_phone", "(020) 7946 0958", "(020) 7946 0958"),
            ("uk_phone", "+44 (0)20 7946 0958", "+44 (0)20 7946 0958"),
            ("uk_phone", "0161-496-0000", "0161-496-0000"),
            ("uk_phone", "０７７００ ９００１２３", "０７７００ ９００１２３"),
            ("uk_service_phone", "0808 157 0123", "0808 157 0123"),
            ("uk_postcode", "at SW1A 1AA.", "SW1A 1AA"),
            ("uk_postcode", "m1 1ae", "m1 1ae"),
            ("uk_postcode", "EC1A1BB", "EC1A1BB"),
            ("email", "to Jo.Bloggs+x@example.co.uk.", "Jo.Bloggs+x@example.co.uk"),
            ("email", "jo [at] example [dot] org", "jo [at] example [dot] org"),
            ("email", "jo at example dot com", "jo at example dot com"),
            (
                "national_insurance",
                "QQ 12 34 56 C is not issued, AB 12 34 56 C is",
                "AB 12 34 56 C",
            ),
            ("prison_number", "his number is A1234BC", "A1234BC"),
        ],
    )
    def test_details_in_the_forms_people_write(self, kind, text, place):
        assert found({"personal_data": {"kinds": [kind]}}, text) == [place]

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            ("uk_phone", "£07700900123"),
            ("uk_phone", "order number 07700900123"),
            ("uk_phone", "ref: 07700 900123"),
            ("uk_phone", "01/02/2025 10:30"),
            ("uk_phone", "01-02-2025"),
            ("uk_phone", "0800 1111"),
            ("uk_phone", "0808 157 0123"),
            ("uk_phone", "call 999 or 116 123"),
            ("uk_phone", "4929000000006"),
            ("uk_phone", "salary £25,000 to £30,500"),
            ("uk_postcode", "b4 5pm"),
            ("uk_postcode", "XX1 1AA"),
            ("uk_postcode", "line e5 2nd"),
            ("email", "@somebody at home"),
            ("national_insurance", "GB 12 34 56 C"),
            ("prison_number", "A12345BC"),
        ],
    )
    def test_look_alikes_are_left_alone(self, kind, text):
        assert not holds({"personal_data": {"kinds": [kind]}}, text)


class TestNamedPerson:
    @pytest.mark.parametrize(
        "text",
        [
            "ola example",
            "OLA EXAMPLE!",
            "0la Examp1e",
            "Zoe O'Sample",
            "zoë osample",
            "Zoë O’Sample",
        ],
    )
    def test_names_however_spelt(self, text):
        assert holds({"named_person": {"list": "featured"}}, text)

    def test_half_a_name_is_nobody(self):
        assert not holds({"named_person": {"list": "featured"}}, "for example")


class TestNear:
    NEAR = {"near": {"first": INSULT, "second": STAFF, "words": 2}}

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("that officer is a muppet", True),
            ("muppet of an officer", True),
            ("muppet officer", True),
            ("muppet one two three officer", False),
            ("muppet", False),
            ("officer one two three four muppet one guard", True),
        ],
    )
    def test_both_within_so_many_words(self, text, answer):
        assert holds(self.NEAR, text) is answer

    def test_points_only_at_what_is_close(self):
        assert found(self.NEAR, "officer a b c d e muppet guard") == ["muppet", "guard"]

    def test_one_word_on_both_lists_is_not_two_things(self):
        same = {"near": {"first": INSULT, "second": INSULT, "words": 5}}

        assert not holds(same, "muppet")


class TestFacts:
    @pytest.mark.parametrize(
        ("value", "answer"), [(1, False), (2, True), (3.5, True), (None, None), ("many", None)]
    )
    def test_at_least(self, value, answer):
        assert holds(BREACHES, "", signals={"author.breaches": value}) is answer

    def test_between(self):
        young = {"signal": {"name": "author.age_days", "at_least": 1, "at_most": 7}}

        assert [holds(young, "", signals={"author.age_days": n}) for n in (0, 1, 7, 8)] == [
            False,
            True,
            True,
            False,
        ]

    def test_a_missing_fact_is_named(self):
        assert judge(BREACHES, "").unknown[0].missing == ("author.breaches",)

    def test_a_match_carries_its_facts(self):
        verdict = judge(BREACHES, "", signals={"author.breaches": 4, "content.likes": 1})

        assert verdict.matches[0].facts == {"author.breaches": 4}

    def test_repetition(self):
        again = {"repetition": {"signal": "repeat.same_text", "at_least": 3}}

        assert holds(again, "hello", signals={"repeat.same_text": 3})

    def test_remembered_answers_follow_the_facts(self):
        from tests.policies.engine.builders import compiled_with

        compiled = compiled_with(BREACHES)
        answers = [
            judge(None, "", compiled=compiled, signals={"author.breaches": n}).is_flagged
            for n in (0, 5, 1, 2, True, 2.0, float("nan"))
        ]

        assert answers == [False, True, False, True, False, True, False]

    def test_kind_and_channel(self):
        assert holds({"kind": {"any_of": ["review"]}}, "", kind="review")
        assert not holds({"kind": {"any_of": ["review"]}}, "")
        where = {"channel": {"platforms": ["sandbox"], "channels": ["main"]}}
        assert holds(where, "", platform="sandbox", channel="main")
        assert holds(where, "", platform="other", channel="main") is False
        assert holds(where, "", platform="sandbox") is None


class TestShouting:
    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("THIS IS AN OUTRAGE TO ALL OF US", True),
            ("This is an outrage to all of us", False),
            ("NHS", False),
            ("ПОЗОР ПОЗОР ПОЗОР ПОЗОР ПОЗОР", True),
            ("12345678901234567890 !!!", False),
        ],
    )
    def test_mostly_capitals(self, text, answer):
        assert holds({"shouting": {"ratio": 0.7, "min_letters": 20}}, text) is answer


class TestQuestion:
    @pytest.mark.parametrize(
        "text",
        [
            "Are visits on?",
            "how do I apply",
            "Hi, can anyone tell me about visits",
            "does the office open on Monday",
            "I was wondering if you recruit in Leeds",
            "thanks. what time does it open",
            "anyone know the number",
        ],
    )
    def test_asks(self, text):
        assert holds({"question": {}}, text)

    @pytest.mark.parametrize(
        "text", ["I know what happened", "You are a disgrace.", "When I left, it rained"]
    )
    def test_does_not_ask(self, text):
        assert not holds({"question": {}}, text)

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("Why are gulls such pests", True),
            ("Are gulls pests?", True),
            ("Hello, does anyone know whether gulls are pests?", True),
            ("It is loud here. Who lets these gulls in?", True),
            ("Gulls are pests, why do we feed them?", False),
            ("Gulls are pests, right?", False),
            ("When I left, it rained", False),
            ("Are we there. Gulls are pests?", False),
        ],
    )
    def test_a_question_put_after_a_statement_does_not_open_it(self, text, answer):
        assert holds({"question": {"opening": True}}, text) is answer


class TestLogic:
    """A missing fact is neither a match nor a pass."""

    TRUE, FALSE, UNKNOWN = INSULT, STAFF, BREACHES

    @pytest.mark.parametrize(
        ("parts", "together", "either"),
        [
            ((TRUE, TRUE), True, True),
            ((TRUE, FALSE), False, True),
            ((FALSE, FALSE), False, False),
            ((TRUE, UNKNOWN), None, True),
            ((UNKNOWN, TRUE), None, True),
            ((FALSE, UNKNOWN), False, None),
            ((UNKNOWN, FALSE), False, None),
            ((UNKNOWN, UNKNOWN), None, None),
        ],
    )
    def test_all_and_any(self, parts, together, either):
        assert holds({"all": list(parts)}, "muppet") is together
        assert holds({"any": list(parts)}, "muppet") is either

    @pytest.mark.parametrize(("part", "answer"), [(TRUE, False), (FALSE, True), (UNKNOWN, None)])
    def test_not(self, part, answer):
        assert holds({"not": part}, "muppet") is answer

    def test_not_holds_on_text_in_which_nothing_is_found(self):
        assert holds({"not": INSULT}, "nothing here")

    def test_any_points_only_at_what_held(self):
        assert found({"any": [INSULT, {"all": [STAFF, {"question": {}}]}]}, "officer muppet") == [
            "muppet"
        ]


class TestUnless:
    QUOTED = {"pattern": {"re2": "he called me|\\?"}}
    RULE = {"unless": {"first": INSULT, "exception": QUOTED}}

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("you muppet", ["muppet"]),
            ("he called me a muppet", []),
            ("He called me yesterday. You muppet.", ["muppet"]),
            ("He called me a muppet. You plonker.", ["plonker"]),
            ("he called me a muppet\nyou plonker", ["plonker"]),
            ("ﬁne: he called me a muppet\nyou plonker", ["plonker"]),
            ("You muppet. Is anybody else tired?", ["muppet"]),
            ("muppet... plonker? muppet", ["muppet", "muppet"]),
            ("what is he, a muppet?", []),
            ("nothing of the kind", []),
        ],
    )
    def test_an_exception_excuses_its_own_sentence_only(self, text, places):
        assert found(self.RULE, text) == places

    def test_is_unknown_where_either_part_is(self):
        rule = {"all": [BREACHES, self.RULE]}

        assert judge(rule, "you muppet").unknown
        assert not judge(rule, "he called me a muppet").is_flagged

    @pytest.mark.parametrize(("first", "exception"), [(INSULT, BREACHES), (BREACHES, INSULT)])
    def test_parts_must_point_at_words(self, first, exception):
        with pytest.raises(RuleSetProblems, match="does not point at words"):
            compiled_with({"unless": {"first": first, "exception": exception}})

    def test_reads_back_as_a_sentence(self):
        assert "in a sentence that" in sentence(self.RULE, a_definition())
