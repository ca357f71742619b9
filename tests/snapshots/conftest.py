"""Screens of tests read their rules once."""

from tests.rules_read_once import rules_read_once

__all__ = ["rules_read_once"]
