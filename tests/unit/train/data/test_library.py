import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.core.errors import InputError, MomentumError
from engine.football.alignment.result import by_hand
from tests.unit.train.matches import BY_HAND, goals_only, match_events, noise, take_in
from train.data.library import Library
from train.data.match_folder import FEATURES, MANIFEST
from train.data.packed_mel import STEP_DB

FULL_DISK = Path("/dev/full")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


class TestAMatch:
    def test_it_comes_back_as_it_went_in(self, library: Library, tmp_path: Path) -> None:
        events = match_events()
        stored = library.match(take_in(library, tmp_path, events).match_id)
        assert stored.events == events and stored.alignment == BY_HAND
        assert stored.manifest.provenance.added_at == "2026-11-20T15:00:00+00:00"
        assert np.abs(stored.mel() - log_mel(noise())).max() <= STEP_DB / 2 + 1e-4
        assert np.array_equal(stored.mel(100, 103), stored.mel()[100:103])
        stored.verify()

    def test_its_line_in_the_list_says_what_it_is(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        (entry,) = library.entries()
        assert match_id.startswith("2020-05-01-northtown-southport-")
        assert (entry.id, entry.title, entry.goals, entry.aligned) == (
            match_id,
            "Northtown 1-0 Southport",
            1,
            "by hand",
        )
        assert entry.usable and entry.duration_s == pytest.approx(39.1, abs=0.2)

    def test_a_list_of_goals_has_no_teams_and_still_a_name(self, library: Library, tmp_path: Path) -> None:
        assert take_in(library, tmp_path, goals_only()).match_id.startswith("match-")

    def test_it_is_found_by_a_part_of_its_id(self, library: Library, tmp_path: Path) -> None:
        first, second = (take_in(library, tmp_path, seed=seed).match_id for seed in (1, 2))
        assert library.find(first).id == first and library.find(second[-8:]).id == second
        with pytest.raises(InputError, match="could be 2 matches"):
            library.find("northtown")

    @pytest.mark.parametrize("name", ["", "..", "../secret", "a/b", "*", "\x1b[2J", "absent", "A" * 500])
    def test_what_is_not_there_is_not_found(self, library: Library, name: str) -> None:
        for look_up in (library.find, library.match, library.remove):
            with pytest.raises(InputError, match="has no match") as caught:
                look_up(name)
            assert caught.value.message.isprintable()

    def test_it_gets_other_kick_offs(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        library.align(match_id, by_hand({1: 12.5}))
        assert Library(library.root).match(match_id).alignment == by_hand({1: 12.5})
        library.align(match_id, None)
        assert not library.entries()[0].usable

    def test_it_goes_without_a_trace(self, library: Library, tmp_path: Path) -> None:
        library.remove(take_in(library, tmp_path).match_id)
        assert library.entries() == []
        assert [*(library.root / "matches").iterdir(), *(library.root / "incoming").iterdir()] == []

    def test_everything_is_the_owners_alone(self, library: Library, tmp_path: Path) -> None:
        take_in(library, tmp_path)
        for path in library.root.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


class TestTheSameAgain:
    def test_changes_nothing(self, library: Library, tmp_path: Path) -> None:
        first, second = take_in(library, tmp_path), take_in(library, tmp_path)
        assert (first.already, second.already) == (False, True) and first.match_id == second.match_id
        assert len(library.entries()) == 1

    def test_with_other_events_is_refused_unless_they_are_to_replace_the_old(
        self, library: Library, tmp_path: Path
    ) -> None:
        take_in(library, tmp_path)
        other = match_events(home="Eastville")
        with pytest.raises(InputError, match="with other events"):
            take_in(library, tmp_path, other)
        replaced = take_in(library, tmp_path, other, replace=True)
        assert [entry.id for entry in library.entries()] == [replaced.match_id]
        again = take_in(library, tmp_path, other, replace=True)
        assert library.match(again.match_id).events == other


class TestDamage:
    def test_a_broken_match_is_listed_with_its_fault_and_can_be_removed(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        (library.root / "matches" / match_id / MANIFEST).write_text('{"schema": 1')
        (entry,) = Library(library.root).entries()
        assert "match.json breaks off" in entry.fault and not entry.usable
        library.remove(match_id)
        assert library.entries() == []

    def test_another_grid_is_refused(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        path = library.root / "matches" / match_id / MANIFEST
        manifest = json.loads(path.read_text())
        manifest["grid"]["hop"] = 512
        path.write_text(json.dumps(manifest))
        with pytest.raises(InputError, match="another time grid"):
            library.match(match_id)

    def test_frames_cut_short_or_changed_are_noticed(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        path = library.root / "matches" / match_id / FEATURES
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.write_bytes(data)
        with pytest.raises(InputError, match="is damaged"):
            library.match(match_id).verify()
        path.write_bytes(data[:-1])
        with pytest.raises(InputError, match="missing or cut short"):
            library.match(match_id).mel()

    def test_a_damaged_index_is_made_anew_from_the_folders(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        (library.root / "index.sqlite").write_bytes(b"not a database" * 1000)
        assert [entry.id for entry in Library(library.root).entries()] == [match_id]

    def test_folders_that_came_or_went_by_other_hands_are_followed(self, library: Library, tmp_path: Path) -> None:
        match_id = take_in(library, tmp_path).match_id
        (library.root / "matches" / match_id).rename(tmp_path / "away")
        assert Library(library.root).entries() == []
        (tmp_path / "away").rename(library.root / "matches" / match_id)
        assert len(Library(library.root).entries()) == 1

    @pytest.mark.skipif(not FULL_DISK.exists(), reason="needs /dev/full to stand for a full disk")
    def test_a_full_disk_is_said_and_leaves_nothing(
        self, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("train.data.match_folder.open_private", lambda file, flags: os.open(FULL_DISK, os.O_WRONLY))
        with pytest.raises(MomentumError, match="No space left"):
            take_in(library, tmp_path)
        assert library.entries() == [] and list((library.root / "incoming").iterdir()) == []

    def test_a_file_in_the_folders_place_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "library").write_text("")
        with pytest.raises(MomentumError, match="can't be used"):
            Library(tmp_path / "library")


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.train.matches import Played, noise, take_in
from train.data.library import Library

class Killed(Played):
    def blocks(self):
        for number, block in enumerate(super().blocks()):
            if number == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            yield block

root = Path(sys.argv[1])
take_in(Library(root / "library"), root, source=Killed(noise()))
"""


def test_a_kill_in_the_middle_leaves_nothing_and_the_next_try_works(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env={**os.environ, "PYTHONPATH": "."})
    assert killed.returncode == -signal.SIGKILL
    assert list((tmp_path / "library" / "incoming").iterdir()), "it was killed in the middle"
    library = Library(tmp_path / "library")
    assert library.entries() == [] and list((tmp_path / "library" / "incoming").iterdir()) == []
    assert library.match(take_in(library, tmp_path).match_id).events == match_events()


def test_what_another_process_is_bringing_in_is_not_swept_away(library: Library, tmp_path: Path) -> None:
    with library.incoming() as incoming:
        Library(library.root)
        assert incoming.folder.is_dir()
    assert not incoming.folder.exists()
