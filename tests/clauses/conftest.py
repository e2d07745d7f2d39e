"""Clauses are exercised in the same world as journeys."""

from tests.journeys.conftest import hmpps, ico, make_world, police, ppo

__all__ = ["hmpps", "ico", "make_world", "police", "ppo"]
