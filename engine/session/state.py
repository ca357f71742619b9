"""What has become of a session, in one word that is the same in every list, file and picture."""

from enum import StrEnum
from typing import Final

from engine.core.signals import End

KILLED: Final = "killed"
"""Reason of an end that its recorder did not write."""


class SessionState(StrEnum):
    """The states of a session."""

    RUNNING = "running"
    """Its recorder lives and listens."""
    ENDED = "ended"
    """Its recorder has said that it is over, and why."""
    CUT_OFF = "cut off"
    """Its recorder is gone without a word: killed, the power went, or its disk took no more."""
    DAMAGED = "damaged"
    """Its store can't be read."""


def state_of(end: End | None, running: bool) -> SessionState:
    """The state of a session whose store can be read: ``running`` is whether its recorder's process lives."""
    if end is not None:
        return SessionState.CUT_OFF if end.reason == KILLED else SessionState.ENDED
    return SessionState.RUNNING if running else SessionState.CUT_OFF
