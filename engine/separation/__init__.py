"""Sound taken apart into voices and everything else: Spleeter's networks over fixed blocks of sound."""

from typing import Final

SPLEETER: Final = "spleeter-2stems"
"""What sessions, lines and matches call it."""
