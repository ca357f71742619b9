"""Which public repositories hold recorded people, crowds and signals that may teach, and what of them is taken.

No package of Debian has people who clap, cheer or sigh and whose terms let it teach. These have: groups of ten
(``people``), of which a crowd is made, and whole crowds (``stand``), heard as they are. Each file's licence and author
stand in the repository's own list, but for two (``_ELSEWHERE``). They only teach: no reel is made of them, and nothing
is taken of which a reel that judges was found to hold the same recording, or the same pack.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from train.data.real_sounds.gathered.debian_copyright import Terms
from train.data.real_sounds.gathered.debian_sound_packages import BY_AUTHOR, Package, Stated, Taken

_LISTED: Final = "the repository's list of sounds names author and licence of each"
_ELSEWHERE: Final = "the file's name has its number at freesound; public lists of sounds name that number's licence"
_ATTRIBUTION, _FREE = "Attribution license", "Public domain"


def _taken(kind: str, what: str, file: str, author: str, licence: str = "CC0-1.0", words: str = _LISTED) -> Taken:
    return Taken(kind, (file,), what, BY_AUTHOR, stated=Stated(Terms(licence, f"freesound {author}"), words))


_PEOPLE: Final = (
    Package(
        "SoundMonster",
        (
            _taken("people", "applause", f"{_ATTRIBUTION}/applause.mp3", "Sandermotions"),
            _taken("people", "applause", f"{_FREE}/golf clap.mp3", "mattheos"),
            _taken("people", "cheer", f"{_ATTRIBUTION}/celebrate*1.mp3", "sonidistapo", "CC-BY-4.0"),
            _taken("people", "cheer", f"{_ATTRIBUTION}/celebrate*2.mp3", "sonsdebarcelona", "CC-BY-3.0"),
            _taken("people", "cheer", f"{_ATTRIBUTION}/yes audience.mp3", "unchaz", "CC-BY-4.0"),
            _taken("people", "groan", f"{_ATTRIBUTION}/aww group.mp3", "vahdena"),
            _taken("people", "groan", f"{_ATTRIBUTION}/aww pity moan audience.mp3", "phmiller42"),
            _taken("people", "groan", f"{_ATTRIBUTION}/aww.mp3", "WhisperPotato"),
            _taken("signal", "horn", f"{_ATTRIBUTION}/horn air horn train.mp3", "guitarguy1985"),
            _taken("signal", "horn", f"{_FREE}/hype air horn.mp3", "pfranzen"),
            _taken("signal", "horn", f"{_FREE}/horn car.mp3", "mcpable"),
            _taken("signal", "horn", f"{_FREE}/horn dukes*.mp3", "Truss88"),
            _taken("signal", "horn", f"{_FREE}/army*charge.mp3", "craigsmith"),
            _taken("signal", "drum", f"{_FREE}/drum roll.mp3", "El_Has"),
            _taken("signal", "drum", f"{_ATTRIBUTION}/drum loop*.wav", "ajubamusic", "CC-BY-3.0"),
            _taken("signal", "whistle", f"{_ATTRIBUTION}/sexy whistle wow.mp3", "igroglaz", "CC-BY-4.0"),
        ),
        origin="GitHub jonjonsson",
    ),
    Package(
        "OpenSoundEffects",
        (
            Taken(
                "people",
                ("*/crowd.flac",),
                "talk",
                BY_AUTHOR,
                stated=Stated(Terms("CC-BY-4.0", "Ted John (IntelOrca)"), "Credits.txt: licensed under CC BY 4.0"),
            ),
        ),
        origin="GitHub OpenRCT2",
    ),
)
"""Groups of people and signals."""
_WHOLE_CROWDS: Final = """
Kebabasaurus/MMA-Warriors | cheer | SoundBiterSFX | assets/crowd_audio/opening_bell_roar.wav
Kebabasaurus/MMA-Warriors | cheer | itmightgetloud | assets/crowd_audio/opening_bell_roar_03.wav
Kebabasaurus/MMA-Warriors | cheer | itmightgetloud | assets/crowd_audio/knockout_eruption_02.wav
Kebabasaurus/MMA-Warriors | groan | RadioCounseling | assets/crowd_audio/clean_strike_ooh.wav
Kebabasaurus/MMA-Warriors | groan | dr_skitz | assets/crowd_audio/clean_strike_ooh_02.wav
Kebabasaurus/MMA-Warriors | groan | mrrap4food | assets/crowd_audio/clean_strike_ooh_03.wav
Kebabasaurus/MMA-Warriors | boo | HowardV | assets/crowd_audio/controversial_decision_boos.wav
Kebabasaurus/MMA-Warriors | boo | TRP | assets/crowd_audio/controversial_decision_boos_02.wav
Kebabasaurus/MMA-Warriors | boo | dr_skitz | assets/crowd_audio/controversial_decision_boos_03.wav
Kebabasaurus/MMA-Warriors | applause | Ev-Dawg | assets/crowd_audio/respectful_postfight_applause.wav
Kebabasaurus/MMA-Warriors | applause | cognito perceptu | assets/crowd_audio/respectful_postfight_applause_02.wav
Kebabasaurus/MMA-Warriors | applause | Bansemer | assets/crowd_audio/respectful_postfight_applause_03.wav
Wh1teDuke/WilhelmSFX | applause | Sandermotions | Samples/277022__*.wav
Wh1teDuke/WilhelmSFX | boo | valeriebbb96 | Samples/403060__*.wav
Wh1teDuke/WilhelmSFX | groan | QUARTETOFANTASTICO | Samples/431134__*.wav
Wh1teDuke/WilhelmSFX | groan | Nox_Sound | Samples/752706__*.wav
eventanilha82/arena-ai | groan | Sandermotions | assets/sounds/candidates/freesound/sandermotions*/494361__*.wav
eventanilha82/arena-ai | groan | Sandermotions | assets/sounds/candidates/freesound/sandermotions*/494362__*.wav
eventanilha82/arena-ai | groan | Sandermotions | assets/sounds/runtime_assets/crowd_near_miss_01.wav
makerjackie/lastkick | cheer | Sandermotions | public/audio/stadium-goal-cheer-cc0.mp3
makerjackie/lastkick | groan | ShangusBurger | public/audio/crowd-disappointment-cc0.mp3
Cheeseness/tiny-chopper-raceway | cheer | jessepash | godot/sounds/139973__*.wav
nonePyJaC/Texas_Hold-em_poker_with_LLM | cheer | Krizin | sounds/651646__*.wav
lespin/petit-rick | groan | noah0189 | uncompressed-sounds/264499__*.wav
lespin/petit-rick | cheer | Kinoton | uncompressed-sounds/511788__*.wav
jobbol/hanoi | cheer | AlaskaRobotics | sound/sfx/221568__*.mp3
"""
"""Repository, what, maker at freesound, file: all of them CC0."""
_LICENCE_ELSEWHERE: Final = frozenset({"Krizin", "AlaskaRobotics"})


def _whole_crowds(table: str) -> Iterator[Package]:
    """The packages of a table such as ``_WHOLE_CROWDS``."""
    rows = [line.split(" | ") for line in table.strip().splitlines()]
    for repository, of_it in groupby(rows, key=itemgetter(0)):
        owner, name = repository.split("/")
        taken = tuple(
            _taken("stand", what, file, maker, words=_ELSEWHERE if maker in _LICENCE_ELSEWHERE else _LISTED)
            for _, what, maker, file in of_it
        )
        yield Package(name, taken, origin=f"GitHub {owner}")


REPOSITORIES: Final = (*_PEOPLE, *_whole_crowds(_WHOLE_CROWDS))
