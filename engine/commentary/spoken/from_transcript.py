"""A transcript said back in time: a segment is told once it has ended, as a recogniser that loses no time would."""

from engine.commentary.spoken.as_it_comes import AsItComes
from engine.commentary.spoken.beside import SpokenBeside
from engine.commentary.transcript import Transcript
from engine.core.signals import Hearing, Words


class TranscriptTeller:
    """Tells ``transcript``, whose seconds count from the start of the run's sound, without what was invented."""

    def __init__(self, transcript: Transcript, name: str) -> None:
        self._transcript = transcript
        self.name = name

    def tell(self, to: SpokenBeside) -> None:
        """See ``Teller``."""
        to.show(Hearing.STARTING, detail=self.name)
        coming = AsItComes()
        for segment in sorted(self._transcript.segments, key=lambda segment: segment.end_s):
            to.wait_for(segment.end_s)
            said = coming.take(segment)
            if said is not None:
                to.say(Words(said.end_s, said.start_s, said.end_s, said.text, said.language))
        to.show(Hearing.OVER, detail=f"{self.name} has no more words")
        to.told_all()
