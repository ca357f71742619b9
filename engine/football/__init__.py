"""What happened in a match: one type, and a loader for each place it can come from."""

from engine.football.events import EventKind, MatchEvent, MatchEvents, Period, Shots, Side

__all__ = ["EventKind", "MatchEvent", "MatchEvents", "Period", "Shots", "Side"]
