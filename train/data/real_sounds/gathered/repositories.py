"""Which public repositories hold recorded people, crowds and signals that may teach, and what of them is taken.

No package of Debian has people who clap, cheer or sigh and whose terms let it teach. These have: groups of ten
(``people``), of which a crowd is made, and whole crowds (``stand``), heard as they are. Each file's licence and author
stand in the repository's own list, but for two (``_ELSEWHERE``). They only teach: no reel is made of them, and nothing
is taken of which a reel that judges was found to hold the same recording, or the same pack.
"""

from typing import Final

from train.data.real_sounds.gathered.debian_copyright import Terms
from train.data.real_sounds.gathered.debian_sound_packages import BY_AUTHOR, Package, Stated, Taken

_LISTED: Final = "the repository's list of sounds names author and licence of each"
_ELSEWHERE: Final = "the file's name has its number at freesound; public lists of sounds name that number's licence"
_ATTRIBUTION, _FREE = "Attribution license", "Public domain"


def _taken(kind: str, what: str, file: str, author: str, licence: str = "CC0-1.0", words: str = _LISTED) -> Taken:
    return Taken(kind, (file,), what, BY_AUTHOR, stated=Stated(Terms(licence, f"freesound {author}"), words))


def _stand(what: str, file: str, author: str, words: str = _LISTED) -> Taken:
    return _taken("stand", what, file, author, words=words)


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
    Package(
        "MMA-Warriors",
        (
            _stand("cheer", "assets/crowd_audio/opening_bell_roar.wav", "SoundBiterSFX"),
            _stand("cheer", "assets/crowd_audio/opening_bell_roar_03.wav", "itmightgetloud"),
            _stand("cheer", "assets/crowd_audio/knockout_eruption_02.wav", "itmightgetloud"),
            _stand("groan", "assets/crowd_audio/clean_strike_ooh.wav", "RadioCounseling"),
            _stand("groan", "assets/crowd_audio/clean_strike_ooh_02.wav", "dr_skitz"),
            _stand("groan", "assets/crowd_audio/clean_strike_ooh_03.wav", "mrrap4food"),
            _stand("boo", "assets/crowd_audio/controversial_decision_boos.wav", "HowardV"),
            _stand("boo", "assets/crowd_audio/controversial_decision_boos_02.wav", "TRP"),
            _stand("boo", "assets/crowd_audio/controversial_decision_boos_03.wav", "dr_skitz"),
            _stand("applause", "assets/crowd_audio/respectful_postfight_applause.wav", "Ev-Dawg"),
            _stand("applause", "assets/crowd_audio/respectful_postfight_applause_02.wav", "cognito perceptu"),
            _stand("applause", "assets/crowd_audio/respectful_postfight_applause_03.wav", "Bansemer"),
        ),
        origin="GitHub Kebabasaurus",
    ),
    Package(
        "WilhelmSFX",
        (
            _stand("applause", "Samples/277022__*.wav", "Sandermotions"),
            _stand("boo", "Samples/403060__*.wav", "valeriebbb96"),
            _stand("groan", "Samples/431134__*.wav", "QUARTETOFANTASTICO"),
            _stand("groan", "Samples/752706__*.wav", "Nox_Sound"),
        ),
        origin="GitHub Wh1teDuke",
    ),
    Package(
        "arena-ai",
        (
            _stand("groan", "assets/sounds/candidates/freesound/sandermotions*/494361__*.wav", "Sandermotions"),
            _stand("groan", "assets/sounds/candidates/freesound/sandermotions*/494362__*.wav", "Sandermotions"),
            _stand("groan", "assets/sounds/runtime_assets/crowd_near_miss_01.wav", "Sandermotions"),
        ),
        origin="GitHub eventanilha82",
    ),
    Package(
        "lastkick",
        (
            _stand("cheer", "public/audio/stadium-goal-cheer-cc0.mp3", "Sandermotions"),
            _stand("groan", "public/audio/crowd-disappointment-cc0.mp3", "ShangusBurger"),
        ),
        origin="GitHub makerjackie",
    ),
    Package(
        "tiny-chopper-raceway",
        (_stand("cheer", "godot/sounds/139973__*.wav", "jessepash"),),
        origin="GitHub Cheeseness",
    ),
    Package(
        "Texas_Hold-em_poker_with_LLM",
        (_stand("cheer", "sounds/651646__*.wav", "Krizin", _ELSEWHERE),),
        origin="GitHub nonePyJaC",
    ),
    Package(
        "petit-rick",
        (
            _stand("groan", "uncompressed-sounds/264499__*.wav", "noah0189"),
            _stand("cheer", "uncompressed-sounds/511788__*.wav", "Kinoton"),
        ),
        origin="GitHub lespin",
    ),
    Package(
        "hanoi",
        (_stand("cheer", "sound/sfx/221568__*.mp3", "AlaskaRobotics", _ELSEWHERE),),
        origin="GitHub jobbol",
    ),
)
