"""What a run of the engine leaves behind: written as it happens, followed by others, replayed and exported later.

A session is a folder of its own: ``session.db`` (SQLite, see ``schema``), ``sound/`` (FLAC segments, where wanted) and
``recorder.lock``, which its recorder holds while it lives. One process writes readings, many may read, and any may
add marks and reviews.
"""

from engine.session.clocks import Clocks
from engine.session.folder import RunningSession, find_session, list_sessions
from engine.session.reader import ReadingArrays, Review, SessionInfo, SessionReader
from engine.session.writer import SessionWriter

__all__ = [
    "Clocks",
    "ReadingArrays",
    "Review",
    "RunningSession",
    "SessionInfo",
    "SessionReader",
    "SessionWriter",
    "find_session",
    "list_sessions",
]
