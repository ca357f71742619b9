"""What of a run does not get onto the disk just now: said by its recorder, shown to everybody who looks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotKept:
    """Why readings, or the sound, are not written; empty where they are. It holds for as long as the trouble lasts."""

    readings: str = ""
    sound: str = ""

    def lines(self) -> list[str]:
        """A sentence for each, short enough for a line of a terminal."""
        lines = []
        if self.readings:
            lines.append(f"readings are not written ({self.readings})")
        if self.sound:
            lines.append(f"sound is not kept: {self.sound}")
        return lines
