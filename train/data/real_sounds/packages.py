"""Which Debian packages hold recorded music, voices and crowds, and what of them is taken.

The terms of each file come from the package's own copyright file where that is machine-readable; ``Stated`` repeats
what a person read in the others, with the words that say so. A *source* is one recording, voice, album or maker: what
is kept apart when a reel judges what was never heard.
"""

from dataclasses import dataclass
from typing import Final

from train.data.real_sounds.debian_copyright import Terms

BY_AUTHOR: Final = "{author}"
BY_PACKAGE: Final = "{package}"
BY_FOLDER: Final = "{package}/{folder}"
BY_FILE: Final = "{package}/{stem}"


@dataclass(frozen=True, slots=True)
class Stated:
    """Terms that a person read in a copyright file no machine can read, and the words there."""

    terms: Terms
    words: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Files of a package that are of one kind.

    ``files`` are shell patterns of names beneath the package's root; ``upstream`` replaces ``installed`` at their
    beginning, for the names by which the copyright file speaks of them. ``what`` empty: to be told by listening.
    ``joined``: files of a second or two, put after one another to stretches of the same voice. ``most`` bounds how many
    files (or stretches) of one folder are taken.
    """

    kind: str
    files: tuple[str, ...]
    what: str = ""
    source: str = BY_PACKAGE
    installed: str = ""
    upstream: str = ""
    joined: bool = False
    most: int = 60
    stated: Stated | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package and what is taken of it."""

    name: str
    taken: tuple[Taken, ...]
    midi_in: str = ""
    """A file (WAD) whose pieces of music are played with a sampled soundfont."""


def _stated(licence: str, author: str, words: str) -> Stated:
    return Stated(Terms(licence, author), words)


_CHO: Final = _stated(
    "BSD-2-Clause",
    "Kenta Cho",
    "Copyright Kenta Cho. Redistribution and use in source and binary forms, with or without modification, are "
    "permitted provided that the following conditions are met",
)
_WESNOTH: Final = _stated("GPL-2+", "Battle for Wesnoth contributors", "the terms of the GNU General Public License")


def _cho(name: str) -> Package:
    """The shooters of one maker: all their music is one source."""
    return Package(
        name, (Taken("music", ("*/sounds/musics/*.ogg", "*/sounds/*[0-9].ogg"), source="Kenta Cho", stated=_CHO),)
    )


def _prompts(language: str) -> Package:
    """Telephone announcements: one speaker says hundreds of phrases."""
    name = f"asterisk-core-sounds-{language}-wav"
    return Package(
        name, (Taken("speech", ("usr/share/asterisk/sounds/*/*.wav",), "speech", BY_FOLDER, joined=True, most=6),)
    )


_SECTOID: Final = _stated(
    "MIT",
    "Carlos Viola Iborra",
    "The songs, performances and fret files are all Copyright (c) 2006/2007 Carlos Viola Iborra. Permission is hereby "
    "granted, free of charge, … without restriction",
)
_MULDJORD: Final = _stated(
    "CC-BY-SA-3.0", "El Senator (Muldjord)", "licenced under the terms of the Creative Commons Attribution ShareAlike"
)
_OPSOUND: Final = _stated("CC-BY-SA-3.0", "{stem}", "distributed under the Creative Commons Attribution-ShareAlike 3.0")
_GNOME: Final = _stated("GPL-2+", "GNOME", "not stated for the sounds alone")
_KENDRICK: Final = _stated("GPL-2", "Bill Kendrick", "the terms of the GNU General Public License")
_CLANLIB: Final = _stated("ClanLib-License", "The ClanLib Team", "origin of the sound not stated")
_TUX4KIDS: Final = _stated("GPL-3+", "Tux4Kids", "the terms of the GNU General Public License")
_ENIGMA: Final = _stated("GPL-2+", "Enigma team", "Most media files … are GPL")
_OPENCLONK: Final = _stated("CC-BY-SA-3.0", "OpenClonk", "share-alike among the terms of its content")

SOUNDFONT: Final = ("fluid-soundfont-gm", "usr/share/sounds/sf2/FluidR3_GM.sf2")
"""A package with the soundfont that plays music without sound of its own, and the file in it."""

PACKAGES: Final = (
    # Music that may teach, all of it or in part.
    Package(
        "fretsonfire-songs-sectoid",
        (Taken("music", ("*/song.ogg",), source=BY_PACKAGE, stated=_SECTOID),),
    ),
    Package("freedoom", (Taken("music", ("usr/share/games/doom/*.wad",), "instrumental"),), midi_in="*.wad"),
    *(
        _cho(f"{game}-data")
        for game in (
            *("a7xpg", "gunroar", "mu-cade", "noiz2sa", "parsec47", "rrootage", "titanion", "torus-trooper"),
            *("tumiki-fighters", "val-and-rick"),
        )
    ),
    Package(
        "naev-data",
        (
            Taken(
                "music",
                ("usr/share/naev/dat/snd/music/*.ogg",),
                source=BY_AUTHOR,
                installed="usr/share/naev/",
                upstream="./",
            ),
        ),
    ),
    Package(
        "miceamaze",
        (
            Taken(
                "music",
                ("*/music/*.ogg",),
                source=BY_AUTHOR,
                installed="usr/share/games/miceamaze/",
                upstream="data/",
            ),
        ),
    ),
    Package(
        "gigalomania-data",
        (Taken("music", ("*/music/*.ogg",), source=BY_AUTHOR, installed="usr/share/gigalomania/"),),
    ),
    Package("raincat-data", (Taken("music", ("*/music/*.ogg",)),)),
    Package("pax-britannica-data", (Taken("music", ("*/audio/music.ogg",)),)),
    Package(
        "sonic-pi-samples",
        (
            Taken(
                "music",
                ("*/samples/loop_*.flac", "*/samples/guit_*.flac", "*/samples/ambi_*.flac"),
                joined=True,
                source=BY_PACKAGE,
                what="instrumental",
                installed="usr/share/sonic-pi/",
                upstream="etc/",
                most=4,
            ),
            Taken(
                "drum",
                ("*/samples/drum_*.flac", "*/samples/tabla_*.flac", "*/samples/bd_*.flac"),
                "drums",
                installed="usr/share/sonic-pi/",
                upstream="etc/",
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
                ("*/data/music/*.ogg", "*/data/tracks/*/*.ogg"),
                source=BY_AUTHOR,
                installed="usr/share/games/supertuxkart/",
            ),
            Taken(
                "horn", ("*/sfx/horn.ogg", "*/sfx/*fanfare*.ogg"), "horn", BY_AUTHOR, "usr/share/games/supertuxkart/"
            ),
            Taken(
                "surroundings",
                (
                    "*/sfx/rain.ogg",
                    "*/sfx/river_loop.ogg",
                    "*/sfx/waterfall*.ogg",
                    "*/sfx/exotic-birds*.ogg",
                    "*/sfx/fireworks_show.ogg",
                    "*/sfx/lenautile_restaurant.ogg",
                    "*/sfx/thunder.ogg",
                    "*/sfx/engine_*.ogg",
                ),
                "surroundings",
                BY_AUTHOR,
                "usr/share/games/supertuxkart/",
            ),
        ),
    ),
    # Music that only judges.
    Package("fretsonfire-songs-muldjord", (Taken("music", ("*/song.ogg",), stated=_MULDJORD),)),
    Package(
        "hyperrogue-music",
        (
            Taken(
                "music",
                ("usr/share/hyperrogue/music/*.ogg", "usr/share/hyperrogue/hr*.ogg"),
                source=BY_AUTHOR,
                installed="usr/share/hyperrogue/",
            ),
        ),
    ),
    Package("drascula-music", (Taken("music", ("*/drascula/en/*.ogg",), most=30),)),
    Package(
        "singularity-music",
        (
            Taken(
                "music",
                ("*/music/*.ogg",),
                stated=_stated("CC-BY-SA-3.0", "Max McCracken", "License Elements … Attribution, ShareAlike"),
            ),
        ),
    ),
    Package("wesnoth-1.16-music", (Taken("music", ("*/music/*.ogg",), stated=_WESNOTH),)),
    Package("warzone2100-music", (Taken("music", ("*/music/*.ogg", "*/music/*.opus"), most=20),)),
    Package("marsshooter-data", (Taken("music", ("*/audio/music/*.ogg",)),)),
    Package("trackballs-data", (Taken("music", ("*/music/*.ogg",)),)),
    Package("zaz-data", (Taken("music", ("*/mus*.ogg",)),)),
    Package("wizznic-data", (Taken("music", ("*/music/*.ogg",)),)),
    Package("xmoto-data", (Taken("music", ("*/Musics/*.ogg",)),)),
    Package("ardentryst", (Taken("music", ("*/Music/*.ogg",)),)),
    Package("amoebax-data", (Taken("music", ("*/music/*.ogg",)),)),
    Package("extremetuxracer-data", (Taken("music", ("*/music/*.ogg",)),)),
    Package("enigma-data", (Taken("music", ("*/music/*/*.ogg",), stated=_ENIGMA),)),
    Package("openclonk-data", (Taken("music", ("*/Music.ocg/*.ogg",), stated=_OPENCLONK),)),
    Package("asterisk-moh-opsound-wav", (Taken("music", ("*/moh/*.wav",), source=BY_FILE, stated=_OPSOUND),)),
    Package(
        "scratch",
        (Taken("music", ("*/Music Loops/*",), "instrumental"), Taken("music", ("*/Vocals/*",), "song", joined=True)),
    ),
    # Voices.
    Package("pocketsphinx-testdata", (Taken("speech", ("*/librivox/*.wav",), "speech", BY_FOLDER, joined=True),)),
    *(_prompts(language) for language in ("en", "es", "fr", "it", "ru")),
    Package(
        "asterisk-prompt-it-menardi-wav",
        (Taken("speech", ("usr/share/asterisk/sounds/*/*.wav",), "speech", BY_FOLDER, joined=True, most=6),),
    ),
    Package(
        "codec2-examples", (Taken("speech", ("*/wav/all.wav", "*/wav/david4.wav", "*/wav/v*.wav"), "speech", BY_FILE),)
    ),
    Package(
        "klettres-data", (Taken("speech", ("usr/share/klettres/*/*/*.ogg",), "speech", BY_FOLDER, joined=True, most=2),)
    ),
    Package("ktuberling-data", (Taken("speech", ("*/sounds/*/*",), "speech", BY_FOLDER, joined=True, most=3),)),
    Package(
        "fillets-ng-data-nl",
        (
            Taken(
                "speech",
                ("*/nl/*.ogg",),
                "speech",
                BY_PACKAGE,
                joined=True,
                most=2,
                stated=_stated("GPL-2+", "Fish Fillets NG", "the terms of the GNU General Public License"),
            ),
        ),
    ),
    Package("kajongg", (Taken("speech", ("*/voices/*/*.ogg",), "speech", BY_FOLDER, joined=True, most=1),)),
    # Crowds, and what is heard among them. None may teach.
    Package(
        "etw-data",
        (
            Taken("crowd", ("*/crowd/*.wav",), "crowd", BY_FILE),
            Taken("crowd", ("*/etw/music/*.wav",), "chant", BY_FILE),
            Taken("crowd", ("*/snd/crowd.wav", "*/snd/fondo.wav"), "crowd", BY_FILE),
            Taken("crowd", ("*/snd/boou.wav",), "crowd boo", BY_FILE),
        ),
    ),
    Package(
        "circuslinux-data",
        (
            Taken("applause", ("*/applause.wav",), "applause", BY_FILE, stated=_KENDRICK),
            Taken("crowd", ("*/cheering.wav",), "crowd cheer", BY_FILE, stated=_KENDRICK),
        ),
    ),
    Package("gemdropx", (Taken("applause", ("*/applause.wav",), "applause", BY_FILE),)),
    Package(
        "monsterz-data", (Taken("applause", ("*/applause.wav",), "applause", BY_FILE, "usr/share/games/monsterz/"),)
    ),
    Package("libreoffice-common", (Taken("applause", ("*/applause.wav",), "applause", BY_FILE),)),
    Package("frozen-bubble-data", (Taken("applause", ("*/applause.ogg",), "applause", BY_FILE),)),
    Package("foobillardplus-data", (Taken("applause", ("*/applause.wav",), "applause", BY_FILE),)),
    Package(
        "lmms-common",
        (
            Taken("applause", ("*/misc/applause01.ogg",), "applause", BY_FILE),
            Taken("crowd", ("*/misc/raving_crowd01.ogg",), "crowd cheer", BY_FILE),
        ),
    ),
    Package("dustracing2d-data", (Taken("crowd", ("*/cheering.ogg",), "crowd cheer", BY_FILE),)),
    Package("clanlib-doc", (Taken("crowd", ("*/SoundFilters/cheer1.ogg",), "crowd cheer", BY_FILE, stated=_CLANLIB),)),
    Package(
        "tuxmath-data",
        (
            Taken("crowd", ("*/cheer.wav",), "crowd cheer", BY_FILE, stated=_TUX4KIDS),
            Taken(
                "music",
                ("*/sounds/0*.ogg", "*/sounds/tuxi.ogg"),
                source=BY_PACKAGE,
                stated=_stated("CC-BY-SA-3.0", "Serberis, Synthaurion", "CC-BY-SA-3.0"),
            ),
        ),
    ),
    Package(
        "qabcs-data",
        (
            Taken("crowd", ("*/sounds/cheering.ogg",), "crowd cheer", BY_FILE),
            Taken("whistle", ("*/noises/whistle.ogg",), "whistle", BY_FILE),
            Taken("horn", ("*/noises/*horn.ogg", "*/noises/trumpet.ogg"), "horn", BY_FILE),
        ),
    ),
    Package("scorched3d-data", (Taken("crowd", ("*/cheeringloop.wav",), "crowd cheer", BY_FILE),)),
    Package(
        "triplea",
        (
            Taken("crowd", ("*/game_won_01_people_cheering*.mp3",), "crowd cheer", BY_FILE),
            Taken("horn", ("*/*fanfare*.mp3", "*/*warhorn*.mp3", "*/*fantasy_horn*.mp3"), "horn", BY_FILE),
            Taken("music", ("*_Anthem_Intro.mp3", "*1812_overture.mp3"), source=BY_PACKAGE),
        ),
    ),
)
