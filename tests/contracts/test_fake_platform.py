"""The platform in memory keeps to the contract, so tests against it mean something."""

import pytest

from platforms.enums import Capability
from tests.contracts.harness import Fault, Harness
from tests.contracts.suite import ConnectorContract
from tests.fakes.platform import FakePlatform, read_only


class FakeHarness(Harness):
    faults = frozenset(Fault)
    edits_arrive = True
    deletions_arrive = True
    counts_effects = True

    def __init__(self, platform: FakePlatform):
        self.platform = platform

    def make_connector(self):
        return self.platform

    def seed_comment(self, text):
        return self.platform.write(text)

    def edit_comment(self, external_id, text):
        self.platform.edit(external_id, text)

    def delete_comment(self, external_id):
        self.platform.delete(external_id)

    def fail_next(self, fault, kind):
        self.platform.fail_next(fault, kind)

    def effects_count(self, kind: Capability, target: str):
        return self.platform.effects[kind, target]


class TestFakePlatform(ConnectorContract):
    @pytest.fixture
    def harness(self):
        return FakeHarness(FakePlatform())


class TestFakePlatformThatCanDoLittle(ConnectorContract):
    @pytest.fixture
    def harness(self):
        return FakeHarness(read_only([Capability.HIDE]))
