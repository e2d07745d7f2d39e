"""Clauses are exercised in the same world as journeys."""

from tests.journeys.conftest import hmpps, make_world, ppo

__all__ = ["hmpps", "make_world", "ppo"]
