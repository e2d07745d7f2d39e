"""Tokens are issued as in the tests of the API."""

from tests.api.conftest import tool, tool_of

__all__ = ["tool", "tool_of"]
