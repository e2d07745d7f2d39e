"""The contract suite, against the real Bluesky servers."""

from dataclasses import replace

import pytest

from platforms.connectors.base import OutcomeUnknown
from platforms.enums import Capability
from tests.contracts.bluesky.harness import BlueskyHarness
from tests.contracts.harness import Fault
from tests.contracts.suite import ACTS, ERRORS, ConnectorContract

pytestmark = [pytest.mark.bluesky, pytest.mark.slow]

# A report cannot be looked up on Bluesky, so that some promises of the suite are kept differently:
# without its number nobody is told that it was made, nor that it was not.
LOOKED_UP = [kind for kind in ACTS if kind is not Capability.REPORT]
REFUSING = [fault for fault in ERRORS if fault not in {Fault.LOST_ANSWER, Fault.DOWN}]


class TestBluesky(ConnectorContract):
    @pytest.mark.parametrize("kind", LOOKED_UP)
    def test_an_act_is_done_once_however_often_it_is_asked(
        self, harness: BlueskyHarness, kind: Capability
    ):
        super().test_an_act_is_done_once_however_often_it_is_asked(harness, kind)

    @pytest.mark.parametrize("kind", LOOKED_UP)
    def test_confirming_before_the_act_says_no_and_writes_nothing(
        self, harness: BlueskyHarness, kind: Capability
    ):
        super().test_confirming_before_the_act_says_no_and_writes_nothing(harness, kind)

    @pytest.mark.parametrize("fault", [f for f in ERRORS if f is not Fault.LOST_ANSWER])
    @pytest.mark.parametrize("kind", LOOKED_UP)
    def test_a_refused_act_did_nothing_and_may_be_asked_again(
        self, harness: BlueskyHarness, kind: Capability, fault: Fault
    ):
        super().test_a_refused_act_did_nothing_and_may_be_asked_again(harness, kind, fault)

    @pytest.mark.parametrize("kind", LOOKED_UP)
    def test_a_lost_answer_is_unknown_and_looking_tells_the_truth(
        self, harness: BlueskyHarness, kind: Capability
    ):
        super().test_a_lost_answer_is_unknown_and_looking_tells_the_truth(harness, kind)

    def test_a_report_that_was_acknowledged_is_not_made_again(self, harness: BlueskyHarness):
        connector, command = self.an_act(harness, Capability.REPORT)

        first = connector.perform(command)
        second = connector.perform(replace(command, receipt=first.details))

        assert not first.already_held
        assert second.already_held
        assert connector.confirm(replace(command, receipt=first.details)).holds
        self.assert_effects(harness, command, 1)

    @pytest.mark.parametrize("fault", REFUSING)
    def test_a_refused_report_was_not_made_and_may_be_asked_again(
        self, harness: BlueskyHarness, fault: Fault
    ):
        connector, command = self.an_act(harness, Capability.REPORT)
        harness.fail_next(fault, Capability.REPORT)

        with pytest.raises(ERRORS[fault]) as caught:
            connector.perform(command)

        self.assert_says_no_secret(connector, caught.value)
        self.assert_effects(harness, command, 0)
        connector.perform(command)
        self.assert_effects(harness, command, 1)

    @pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.DOWN])
    def test_a_report_without_an_answer_stays_unknown(self, harness: BlueskyHarness, fault: Fault):
        connector, command = self.an_act(harness, Capability.REPORT)
        harness.fail_next(fault, Capability.REPORT)

        with pytest.raises(OutcomeUnknown):
            connector.perform(command)

        with pytest.raises(OutcomeUnknown, match="none can be looked up"):
            connector.confirm(command)
        self.assert_effects(harness, command, 1 if fault is Fault.LOST_ANSWER else 0)
