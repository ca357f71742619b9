"""Which Debian packages hold recorded music, voices and crowds, and what of them is taken.

The terms of each file come from the package's own copyright file where that is machine-readable; ``Stated`` repeats
what a person read in the others, with the words that say so. A *source* is one recording, voice, album or maker: what
is kept apart when a reel judges what was never heard.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from train.data.real_sounds.gathered.debian_copyright import Terms

TEACHING: Final = 60
JUDGING: Final = 4
"""Files of a folder that are taken at most: of what may teach nearly all, of what only judges enough."""
BY_AUTHOR: Final = "{author}"
BY_PACKAGE: Final = "{package}"
BY_FOLDER: Final = "{package}/{folder}"
BY_PARENT: Final = "{package}/{parent}"
BY_FILE: Final = "{package}/{stem}"


class Stated(NamedTuple):
    """Terms that a person read in a copyright file no machine can read, and the words there."""

    terms: Terms
    words: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Files of a package that are of one kind.

    ``files`` are shell patterns of names beneath the package's root; ``upstream`` replaces ``installed`` at their
    beginning, for the names by which the copyright file speaks of them. ``what`` empty: to be told by listening.
    ``joined``: files of a second or two, put after one another to stretches of the same voice. ``most`` bounds how many
    files (or stretches) of one folder are taken. ``between_s``: from where to where a file is taken, if not whole.
    """

    kind: str
    files: tuple[str, ...]
    what: str = ""
    source: str = BY_PACKAGE
    installed: str = ""
    upstream: str = ""
    joined: bool = False
    most: int = TEACHING
    stated: Stated | None = None
    between_s: tuple[float, float] = (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, or a checkout of a public repository, and what is taken of it."""

    name: str
    taken: tuple[Taken, ...]
    midi_in: str = ""
    """A file (WAD) whose pieces of music are played with a sampled soundfont."""
    origin: str = "Debian"


def _stated(licence: str, author: str, words: str) -> Stated:
    return Stated(Terms(licence, author), words)


_CHO: Final = _stated(
    "BSD-2-Clause",
    "Kenta Cho",
    "Copyright Kenta Cho. Redistribution and use in source and binary forms, with or without modification, are "
    "permitted provided that the following conditions are met",
)
_WESNOTH: Final = _stated("GPL-2+", "Battle for Wesnoth contributors", "the terms of the GNU General Public License")


def _music(
    name: str,
    files: str = "*/music/*.ogg",
    source: str = BY_PACKAGE,
    stated: Stated | None = None,
    installed: str = "",
    upstream: str = "",
    most: int = TEACHING,
) -> Package:
    return Package(
        name,
        (Taken("music", tuple(files.split()), "", source, installed, upstream, most=most, stated=stated),),
    )


def _voices(name: str, files: str, source: str = BY_FOLDER, most: int = 6, stated: Stated | None = None) -> Package:
    """Short words of one voice a folder, put after one another."""
    return Package(name, (Taken("speech", (files,), "speech", source, joined=True, most=most, stated=stated),))


def _one(name: str, kind: str, what: str, file: str, stated: Stated | None = None) -> Package:
    return Package(name, (Taken(kind, (file,), what, BY_FILE, stated=stated),))


_SECTOID: Final = _stated(
    "MIT",
    "Carlos Viola Iborra",
    "The songs, performances and fret files are all Copyright (c) 2006/2007 Carlos Viola Iborra. Permission is hereby "
    "granted, free of charge, … without restriction",
)
_MULDJORD: Final = _stated(
    "CC-BY-SA-3.0", "El Senator (Muldjord)", "licenced under the terms of the Creative Commons Attribution ShareAlike"
)
_MCCRACKEN: Final = _stated("CC-BY-SA-3.0", "Max McCracken", "License Elements … Attribution, ShareAlike")
_OPSOUND: Final = _stated("CC-BY-SA-3.0", "{stem}", "distributed under the Creative Commons Attribution-ShareAlike 3.0")
_KENDRICK: Final = _stated("GPL-2", "Bill Kendrick", "the terms of the GNU General Public License")
_CLANLIB: Final = _stated("ClanLib-License", "The ClanLib Team", "the origin of the sound is not stated")
_TUX4KIDS: Final = _stated("GPL-3+", "Tux4Kids", "the terms of the GNU General Public License")
_SERBERIS: Final = _stated("CC-BY-SA-3.0", "Serberis, Synthaurion", "License: CC-BY-SA-3.0")
_ENIGMA: Final = _stated("GPL-2+", "Enigma team", "Most media files (images, sounds, musics, …)")
_OPENCLONK: Final = _stated("not stated", "OpenClonk", "no word about the music in the copyright file")
_FILLETS: Final = _stated("GPL-2+", "Fish Fillets NG", "the terms of the GNU General Public License")
_SONIC_PI: Final = ("usr/share/sonic-pi/", "etc/")
_KART: Final = "usr/share/games/supertuxkart/"
_KART_PLACES: Final = (
    *("*/sfx/rain.ogg", "*/sfx/river_loop.ogg", "*/sfx/waterfall*.ogg", "*/sfx/exotic-birds*.ogg"),
    *("*/sfx/fireworks_show.ogg", "*/sfx/lenautile_restaurant.ogg", "*/sfx/thunder.ogg", "*/sfx/engine_*.ogg"),
)
_ETW_CHANTS: Final = (1, 5, 8, 9, 11, 12, 14, 15, 16)
"""Of the seventeen crowds of a football game those in which a tagger hears chant, mantra, choir or music."""
_CHO_GAMES: Final = (
    *("a7xpg", "gunroar", "mu-cade", "noiz2sa", "parsec47", "rrootage", "titanion", "torus-trooper"),
    *("tumiki-fighters", "val-and-rick"),
)
_CHO_FILES: Final = "*/sounds/musics/*.ogg */sounds/*[0-9].ogg"

SOUNDFONT: Final = ("fluid-soundfont-gm", "usr/share/sounds/sf2/FluidR3_GM.sf2")
"""A package with the soundfont that plays music without sound of its own, and the file in it."""

PACKAGES: Final = (
    # Music that may teach, all of it or in part.
    _music("fretsonfire-songs-sectoid", "*/song.ogg", stated=_SECTOID),
    Package("freedoom", (Taken("music", ("usr/share/games/doom/*.wad",), "instrumental"),), midi_in="*.wad"),
    *(_music(f"{game}-data", _CHO_FILES, "Kenta Cho", _CHO) for game in _CHO_GAMES),
    _music("naev-data", "*/dat/snd/music/*.ogg", BY_AUTHOR, installed="usr/share/naev/"),
    _music("miceamaze", source=BY_AUTHOR, installed="usr/share/games/miceamaze/", upstream="data/"),
    _music("gigalomania-data", source=BY_AUTHOR, installed="usr/share/gigalomania/"),
    _music("raincat-data"),
    _music("pax-britannica-data", "*/audio/music.ogg"),
    Package(
        "sonic-pi-samples",
        (
            Taken(
                "music",
                ("*/samples/loop_*.flac", "*/samples/guit_*.flac", "*/samples/ambi_*.flac"),
                *("instrumental", BY_PACKAGE, *_SONIC_PI),
                joined=True,
                most=4,
            ),
            Taken(
                "drum",
                ("*/samples/drum_*.flac", "*/samples/tabla_*.flac", "*/samples/bd_*.flac"),
                *("drums", BY_PACKAGE, *_SONIC_PI),
                joined=True,
                most=4,
            ),
        ),
    ),
    Package(
        "supertuxkart-data",
        (
            Taken(
                "music",
                ("*/data/music/*.ogg", "*/tracks/cave/beneath*.ogg", "*/tracks/battleisland/Gran*.ogg"),
                source=BY_AUTHOR,
                installed=_KART,
            ),
            Taken("horn", ("*/sfx/horn.ogg", "*/sfx/*fanfare*.ogg"), "horn", BY_AUTHOR, _KART),
            Taken("surroundings", _KART_PLACES, "surroundings", BY_AUTHOR, _KART),
            Taken("stand", ("*/sfx/gp_end.ogg",), "applause", BY_AUTHOR, _KART),
        ),
    ),
    # Music that only judges.
    _music("fretsonfire-songs-muldjord", "*/song.ogg", stated=_MULDJORD, most=JUDGING),
    _music("hyperrogue-music", "*/hyperrogue/music/*.ogg", BY_AUTHOR, installed="usr/share/hyperrogue/", most=JUDGING),
    _music("drascula-music", "*/drascula/en/*.ogg", most=JUDGING),
    _music("singularity-music", "*/music/*.ogg */music/*/*.ogg", stated=_MCCRACKEN, most=JUDGING),
    _music("wesnoth-1.16-music", stated=_WESNOTH, most=JUDGING),
    _music("warzone2100-music", "*/music/*.ogg */music/*.opus", most=JUDGING),
    _music("marsshooter-data", "*/audio/music/*.ogg", most=JUDGING),
    *(
        _music(name, most=JUDGING)
        for name in ("trackballs-data", "wizznic-data", "amoebax-data", "extremetuxracer-data")
    ),
    _music("zaz-data", "*/mus*.ogg", most=JUDGING),
    _music("xmoto-data", "*/Musics/*.ogg", most=JUDGING),
    _music("ardentryst", "*/Music/*.ogg", most=JUDGING),
    _music("enigma-data", "*/music/*/*.ogg", stated=_ENIGMA, most=JUDGING),
    _music("openclonk-data", "*/Music.ocg/*.ogg", stated=_OPENCLONK, most=JUDGING),
    _music("asterisk-moh-opsound-wav", "*/moh/*.wav", BY_FILE, _OPSOUND, most=JUDGING),
    Package(
        "scratch",
        (
            Taken("music", ("*/Music Loops/*",), "instrumental"),
            Taken("music", ("*/Vocals/*",), "song", joined=True),
        ),
    ),
    # Voices.
    _voices("pocketsphinx-testdata", "*/librivox/*.wav", BY_PACKAGE),
    *(
        _voices(f"asterisk-core-sounds-{at}-wav", "*/asterisk/sounds/*/*.wav", BY_PACKAGE)
        for at in ("en", "es", "fr", "it", "ru")
    ),
    _voices("asterisk-prompt-it-menardi-wav", "*/asterisk/sounds/*/*.wav", BY_PACKAGE),
    _voices("klettres-data", "usr/share/klettres/*/*/*.ogg", BY_PARENT, most=2),
    _voices("ktuberling-data", "*/sounds/*/*", most=3),
    _voices("fillets-ng-data-nl", "*/[a-d]*/nl/*.ogg", BY_PACKAGE, 1, _FILLETS),
    _voices("kajongg", "*/voices/*/*.ogg", most=1),
    Package(
        "codec2-examples",
        (Taken("speech", ("*/wav/all.wav", "*/wav/david4.wav", "*/wav/v*.wav"), "speech", BY_FILE),),
    ),
    # Crowds, and what is heard among them. None may teach.
    Package(
        "etw-data",
        (
            Taken("crowd", tuple(f"*/crowd/crowd{number:02}.wav" for number in _ETW_CHANTS), "chant", BY_FILE),
            Taken("music", ("*/etw/music/*.wav",), "instrumental"),
            Taken("crowd", ("*/snd/boou.wav",), "crowd boo", BY_FILE),
            Taken("whistle", ("*/snd/fischio*.wav",), "whistle"),
        ),
    ),
    Package(
        "circuslinux-data",
        (
            Taken("applause", ("*/applause.wav",), "applause", BY_FILE, stated=_KENDRICK),
            Taken("crowd", ("*/cheering.wav",), "crowd cheer", BY_FILE, stated=_KENDRICK),
        ),
    ),
    _one("gemdropx", "applause", "applause", "*/applause.wav"),
    _one("foobillardplus-data", "applause", "applause", "*/applause.wav"),
    _one("lmms-common", "crowd", "crowd", "*/misc/raving_crowd01.ogg"),
    _one("dustracing2d-data", "crowd", "crowd cheer", "*/cheering.ogg"),
    _one("clanlib-doc", "crowd", "crowd cheer", "*/SoundFilters/cheer1.ogg", _CLANLIB),
    _one("scorched3d-data", "crowd", "crowd cheer", "*/cheeringloop.wav"),
    Package(
        "tuxmath-data",
        (
            Taken("crowd", ("*/cheer.wav",), "crowd cheer", BY_FILE, stated=_TUX4KIDS),
            Taken("music", ("*/sounds/0*.ogg",), stated=_SERBERIS),
        ),
    ),
    Package(
        "qabcs-data",
        (
            Taken("whistle", ("*/noises/whistle.ogg",), "whistle", BY_FILE),
            Taken("horn", ("*/noises/*horn.ogg", "*/noises/trumpet.ogg"), "horn"),
        ),
    ),
    Package(
        "triplea",
        (
            Taken("crowd", ("*/game_won_01_people_cheering*.mp3",), "crowd cheer", BY_FILE),
            Taken("horn", ("*/*fanfare*.mp3", "*/*warhorn*.mp3"), "horn", BY_FILE),
            Taken("drum", ("*_drumming.mp3",), "drums", BY_FILE),
            Taken("music", ("*_Anthem_Intro*.mp3", "*1812_overture.mp3")),
        ),
    ),
)
