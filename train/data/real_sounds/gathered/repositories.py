"""Which public repositories hold recorded people and signals that may teach, and what of them is taken.

No package of Debian has a group of people who clap, cheer or sigh and whose terms let it teach. These have; each file's
licence and author stand in the repository's own list. They only teach: no reel is made of them.
"""

from typing import Final

from train.data.real_sounds.gathered.debian_copyright import Terms
from train.data.real_sounds.gathered.debian_sound_packages import BY_AUTHOR, Package, Stated, Taken

_LISTED: Final = "the repository's list of sounds names author and licence of each"
_ATTRIBUTION, _FREE = "Attribution license", "Public domain"


def _taken(kind: str, what: str, file: str, author: str, licence: str = "CC0-1.0") -> Taken:
    return Taken(kind, (file,), what, BY_AUTHOR, stated=Stated(Terms(licence, f"freesound {author}"), _LISTED))


REPOSITORIES: Final = (
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
