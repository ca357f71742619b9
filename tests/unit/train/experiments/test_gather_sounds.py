"""Gathering real sounds from unpacked packages and from a folder with a manifest: both are made here."""

import csv
import os
import stat
import struct

import numpy as np
import pytest
import soundfile

from engine.core.errors import InputError
from train.data.real_sounds.gathered import debian_sound_packages, gathering, unpacking
from train.data.real_sounds.gathered.debian_copyright import Terms
from train.data.real_sounds.gathered.debian_sound_packages import BY_AUTHOR, Package, Stated, Taken
from train.data.real_sounds.gathered.gathering import cut, maker_of
from train.data.real_sounds.gathered.repositories import REPOSITORIES
from train.data.real_sounds.gathered.wad_music import midi_pieces
from train.experiments import gather_sounds

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2011 The Team
License: GPL-2+

Files: data/music/free.wav
Copyright: 2013 Ann Other
License: CC-BY-3.0
"""
GAME = Package(
    "game-data",
    (
        Taken("music", ("*/music/*.wav",), source=BY_AUTHOR, installed="usr/share/game/", upstream="data/"),
        Taken("speech", ("*/words/*.wav",), "speech", joined=True, most=2),
    ),
)
TALE = Package(
    "tale-data",
    (Taken("horn", ("*.wav",), "horn", stated=Stated(Terms("MIT", "Someone"), "without restriction")),),
)


def write(file, seconds, rate=22050):
    file.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(file.name))
    soundfile.write(file, 0.1 * rng.normal(size=(round(seconds * rate), 2)), rate)


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    root = tmp_path / "fetched" / "unpacked" / "game-data"
    (root / "usr/share/doc/game-data").mkdir(parents=True)
    (root / "usr/share/doc/game-data/copyright").write_text(COPYRIGHT)
    write(root / "usr/share/game/music/free.wav", 100, 8000)
    write(root / "usr/share/game/music/kept.wav", 5)
    (root / "usr/share/game/music/broken.wav").write_bytes(b"RIFF nothing")
    for word in range(30):
        write(root / f"usr/share/game/words/{word}.wav", 2)
    write(tmp_path / "fetched" / "unpacked" / "tale-data" / "usr/share/tale/horn.wav", 1)
    monkeypatch.setattr(gather_sounds, "PACKAGES", (GAME, TALE))
    monkeypatch.setattr(gather_sounds, "SOUNDFONT", ("game-data", "none.sf2"))
    return tmp_path / "fetched"


def rows_of(out):
    with (out / "MANIFEST.csv").open(newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_file_has_its_own_licence_author_and_source(fetched, tmp_path, capsys):
    gather_sounds.main([str(tmp_path / "out"), "--packages", str(fetched)])
    rows = rows_of(tmp_path / "out")
    free = [row for name, row in rows.items() if "free" in name]
    kept = next(row for name, row in rows.items() if "kept" in name)
    assert [(row["licence"], row["author"], row["source"]) for row in free] == 3 * [
        ("CC-BY-3.0", "Ann Other", "Ann Other")
    ]
    assert {row["may_train_shipped_weights"] for row in free} == {"yes"}
    assert (kept["author"], kept["may_train_shipped_weights"]) == ("The Team", "no (share-alike): evaluate only")
    horn = next(row for row in rows.values() if row["kind"] == "horn")
    assert (horn["licence"], horn["notes"], horn["source"]) == ("MIT", "without restriction", "tale-data")
    printed = capsys.readouterr()
    assert "broken.wav" in printed.err
    assert "music" in printed.out


def test_a_long_file_is_heard_in_three_places_and_all_is_mono_at_22050_hz(fetched, tmp_path):
    gather_sounds.gather(tmp_path / "out", fetched, None)
    for name in rows_of(tmp_path / "out"):
        info = soundfile.info(str(tmp_path / "out" / name))
        assert (info.samplerate, info.channels, info.format) == (22050, 1, "FLAC")
        if "free" in name:
            assert info.duration == pytest.approx(30.0)
    assert len(cut(np.zeros(22050 * 80, np.float32))) == 1


def test_short_words_of_one_voice_are_put_after_one_another(fetched, tmp_path):
    gather_sounds.gather(tmp_path / "out", fetched, None)
    words = [row for row in rows_of(tmp_path / "out").values() if row["kind"] == "speech"]
    assert len(words) == 2
    assert all(float(row["seconds"]) > 28 for row in words)


def test_a_second_run_keeps_what_is_there_and_lists_the_same(fetched, tmp_path):
    gather_sounds.gather(tmp_path / "out", fetched, None)
    before = rows_of(tmp_path / "out")
    kept = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before}
    gather_sounds.gather(tmp_path / "out", fetched, None)
    assert rows_of(tmp_path / "out") == before
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before} == kept
    assert stat.S_IMODE((tmp_path / "out" / next(iter(before))).stat().st_mode) == 0o600


def test_the_sounds_of_a_folder_are_taken_over_with_their_makers(fetched, tmp_path):
    shared = tmp_path / "shared"
    write(shared / "negative" / "rain.wav", 2)
    (shared / "MANIFEST.csv").write_text(
        "file,kind,seconds,sample_rate_hz,source_repository,source_path,licence,may_train_shipped_weights,what,notes\n"
        "negative/rain.wav,negative,2,22050,someone/set,a,CC0 (freesound user Ann B; set CC BY 3.0),yes,ESC-10 rain,\n"
    )
    gather_sounds.gather(tmp_path / "out", fetched, shared)
    row = rows_of(tmp_path / "out")["negative/rain.flac"]
    assert (row["source"], row["what"], row["package"]) == ("freesound Ann B", "ESC-10 rain", "")
    assert maker_of("Apache-2.0") == ""


def test_a_package_that_cannot_be_had_is_left_out_and_named(fetched, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gather_sounds, "PACKAGES", (Package("no-such-data", ()), TALE))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gather_sounds.main([str(tmp_path / "out"), "--packages", str(fetched)]) == 0
    assert "left out: no-such-data" in capsys.readouterr().err
    assert {row["package"] for row in rows_of(tmp_path / "out").values()} == {"tale-data"}


def test_people_of_a_checkout_are_taken_with_the_maker_that_its_list_names(fetched, tmp_path, capsys):
    write(tmp_path / "checkouts" / "SoundMonster" / "Attribution license" / "celebrate group 1.wav", 2)
    clap = tmp_path / "checkouts" / "SoundMonster" / "Attribution license" / "applause.mp3"
    write(clap.with_suffix(".wav"), 3)
    clap.with_suffix(".wav").rename(clap)
    arguments = [str(tmp_path / "out"), "--packages", str(fetched), "--repositories", str(tmp_path / "checkouts")]
    assert gather_sounds.main(arguments) == 0
    (row,) = [row for row in rows_of(tmp_path / "out").values() if row["kind"] == "people"]
    assert (row["what"], row["author"], row["licence"]) == ("applause", "freesound Sandermotions", "CC0-1.0")
    assert row["may_train_shipped_weights"] == "yes"
    assert "left out: OpenSoundEffects: there is no" in capsys.readouterr().err


def test_of_a_file_only_the_stretch_that_is_wanted_is_taken(tmp_path):
    murmur = tmp_path / "checkouts" / "factorio-tycoon" / "sound" / "440949__l_q__street.wav"
    write(murmur, 17)
    (taken,) = [one for each in REPOSITORIES for one in each.taken if "440949" in one.files[0]]
    package = Package("factorio-tycoon", (taken,), origin="GitHub someone")
    (row,) = gathering.from_package(package, murmur.parent.parent, tmp_path / "out", None, print)
    assert (row.kind, row.author, row.seconds) == ("murmur", "freesound l_q", "7.50")
    whole, _ = soundfile.read(murmur)
    cut, _ = soundfile.read(tmp_path / "out" / row.file)
    first = round(9.5 * 22050)
    np.testing.assert_allclose(cut, whole[first : first + len(cut)].mean(axis=1), atol=1e-3)


def test_a_package_is_fetched_and_unpacked_once(tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in (
        ("apt-get", 'echo fetched >> "$0.log"; touch "$3_1.0_all.deb"'),
        ("dpkg-deb", 'echo unpacked >> "$0.log"; mkdir -p "$3/usr"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    for _ in range(2):
        root = unpacking.unpacked("game-data", tmp_path / "cache")
        assert (root / "usr").is_dir()
    assert (programs / "apt-get.log").read_text() == "fetched\n"
    assert (programs / "dpkg-deb.log").read_text() == "unpacked\n"


def test_a_package_apt_does_not_know_is_refused_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "apt-get").write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    (tmp_path / "dpkg-deb").write_text("#!/bin/sh\n")
    for name in ("apt-get", "dpkg-deb"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(InputError, match="Unable to locate package"):
        unpacking.unpacked("nothing", tmp_path / "cache")


def test_every_piece_of_music_in_a_wad_is_found_once(tmp_path):
    lumps = [(b"D_ONE", b"MThd one"), (b"D_TWO", b"MThd two"), (b"D_SAME", b"MThd one"), (b"SOUND", b"MThd no")]
    body, directory = b"", b""
    for name, lump in lumps:
        directory += struct.pack("<ii8s", 12 + len(body), len(lump), name)
        body += lump
    (tmp_path / "a.wad").write_bytes(b"IWAD" + struct.pack("<ii", len(lumps), 12 + len(body)) + body + directory)
    assert midi_pieces(tmp_path / "a.wad") == {"one": b"MThd one", "two": b"MThd two"}
    (tmp_path / "b.wad").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="is no WAD"):
        midi_pieces(tmp_path / "b.wad")


def test_every_package_of_the_table_names_known_kinds_and_states_words_with_terms():
    kinds = {taken.kind for package in debian_sound_packages.PACKAGES for taken in package.taken}
    assert kinds <= {"music", "speech", "whistle", "horn", "drum", "crowd", "applause", "surroundings", "stand"}
    stated = [taken.stated for package in debian_sound_packages.PACKAGES for taken in package.taken if taken.stated]
    assert all(one.words and one.terms.licence for one in stated)
    assert (
        len({package.name for package in debian_sound_packages.PACKAGES}) == len(debian_sound_packages.PACKAGES) >= 20
    )
    assert gathering.PLACES * gathering.PLACE_S <= gathering.LONGEST_S
