"""The clock of a replay: where it is, how fast it goes, whether it goes."""

from dataclasses import dataclass

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass
class ReplayClock:
    """Moves through ``[0, length_s]``; time comes in from outside."""

    length_s: float
    position_s: float = 0.0
    speed: float = 1.0
    playing: bool = True

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` of the world pass. At the end it stops by itself."""
        if not self.playing:
            return
        self.position_s = min(self.position_s + seconds * self.speed, self.length_s)
        if self.position_s >= self.length_s:
            self.playing = False

    def seek(self, t: float) -> None:
        self.position_s = min(max(t, 0.0), self.length_s)

    def change_speed(self, steps: int) -> None:
        """To the next step up or down from the speed in force."""
        faster = [speed for speed in SPEEDS if speed > self.speed]
        slower = [speed for speed in SPEEDS if speed < self.speed]
        if steps > 0 and faster:
            self.speed = faster[0]
        elif steps < 0 and slower:
            self.speed = slower[-1]
