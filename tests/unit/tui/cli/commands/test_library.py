"""``momentum ingest`` and ``momentum library``, as a person uses them."""

import json
import stat
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.core.grid import HISTORY_FRAMES, SAMPLE_RATE_HZ, samples_for
from tests.unit.engine.football.statsbomb_match import full_match, write_folder
from tests.unit.train.matches import noise
from train.jobs import workers
from train.jobs.task import Outcome, Task, attempt
from train.jobs.workers import InThisProcess
from tui.cli.main import main
from tui.cli.progress import shown_on_stderr

BY_HAND = ["--kickoff", "0:05", "--second-half", "1:02:00"]


def recording(folder: Path, seed: int = 1, name: str = "match.flac") -> str:
    path = folder / name
    soundfile.write(path, noise(seed, samples_for(HISTORY_FRAMES + 9)), SAMPLE_RATE_HZ)
    return str(path)


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    """What a command that succeeds prints as JSON."""
    assert main([*args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    """Exit code and the two lines of a command that fails."""
    code = main([*args])
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.endswith("%") and line != "aligning"]
    assert len(lines) == 2 and lines[0].startswith("momentum: ") and lines[1].startswith("  ")
    return code, " ".join(lines)


@pytest.fixture
def match_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A match in the library, with StatsBomb events and kick-offs by hand."""
    folder = write_folder(tmp_path / "open-data", full_match())
    answered = answer(capsys, "ingest", recording(tmp_path), "--statsbomb", "7", "--open-data", str(folder), *BY_HAND)
    return str(answered["id"])


class DoesAllTwice(InThisProcess):
    """Each task's first worker dies when it is done, with its answer, and another does it anew."""

    def outcomes(self, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome]]:
        for task in tasks:
            assert task is not None
            attempt(task.function, task.given)
            yield task, attempt(task.function, task.given)


class TestIngest:
    def test_the_same_again_changes_nothing(
        self, match_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        again = answer(
            capsys, "ingest", str(tmp_path / "match.flac"), "--statsbomb", "7",
            "--open-data", str(tmp_path / "open-data"), *BY_HAND,
        )  # fmt: skip
        assert (again["id"], again["already"]) == (match_id, True)

    def test_a_folders_recording_whose_worker_died_was_said_to_be_there_already(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (media := tmp_path / "media").mkdir()
        lines = ["media,goals,kickoff,second-half"]
        for seed, name in ((1, "one.flac"), (2, "two.flac"), (1, "one-again.flac")):
            recording(media, seed, name)
            lines.append(f"{name},0:0{seed},0:0{seed},none")
        (media / "matches.csv").write_text("\n".join(lines))
        monkeypatch.setattr(workers, "_here", lambda: nullcontext(DoesAllTwice()))
        found = answer(capsys, "ingest", str(media))
        assert [one["already"] for one in found] == [False, False, True]
        assert found[0]["id"] == found[2]["id"] != found[1]["id"]
        assert [one["already"] for one in answer(capsys, "ingest", str(media))] == [True] * 3
        assert [one["already"] for one in answer(capsys, "ingest", str(media), "--replace")] == [False] * 3

    def test_sound_that_does_not_fit_is_kept_for_a_person_to_align(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["ingest", recording(tmp_path), "--goals", "12:34,67:01", "--json"]) == 5
        output = capsys.readouterr()
        match_id = json.loads(output.out)["id"]
        assert "momentum library align " + match_id in output.err
        assert answer(capsys, "library", "list")[0]["usable"] is False
        answer(capsys, "library", "align", match_id[:6], *BY_HAND)
        assert answer(capsys, "library", "list")[0]["usable"] is True

    def test_the_same_again_with_kick_offs_takes_them(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        sound = recording(tmp_path)
        assert main(["ingest", sound, "--goals", "12:34"]) == 5
        assert main(["ingest", sound, "--goals", "12:34"]) == 5, "trying again does not make it true"
        capsys.readouterr()
        again = answer(capsys, "ingest", sound, "--goals", "12:34", *BY_HAND)
        assert again["already"] and again["alignment"]["kick_off_s"] == {"1": 5.0, "2": 3720.0}

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ([], "one of --statsbomb ID, --goals and --labels"),
            (["--goals", "1:00", "--statsbomb", "7"], "one of --statsbomb ID, --goals and --labels"),
            (["--goals", "soon"], "goal 1, 'soon', is no time"),
            (["--goals", "1:00", "--open-data", "."], "needs the id of a match"),
            (["--goals", "1:00", "--kickoff", "noon"], "--kickoff 'noon' is no time"),
            (["--goals", "1:00", "--kickoff", "20:00", "--second-half", "1:00"], "before the first"),
        ],
    )
    def test_wrong_usage_says_what_is_right(
        self, options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, lines = refusal(capsys, "ingest", recording(tmp_path), *options)
        assert code == 2 and says in lines
        assert answer(capsys, "library", "list") == []

    @pytest.mark.parametrize(("content", "says"), [(None, "absent.wav"), ("no sound", "absent.wav")])
    def test_a_recording_that_can_not_be_read(
        self, content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "absent.wav"
        if content:
            path.write_text(content)
        code, lines = refusal(capsys, "ingest", str(path), "--goals", "1:00")
        assert code == 5 and says in lines

    def test_broken_events_are_named_before_any_sound_is_read(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labels = tmp_path / "Labels-v2.json"
        labels.write_text("{")
        code, lines = refusal(capsys, "ingest", recording(tmp_path), "--labels", str(labels))
        assert code == 5 and "Labels-v2.json breaks off" in lines

    def test_a_web_address_goes_through_yt_dlp(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sound = recording(tmp_path)
        program = tmp_path / "bin" / "yt-dlp"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nwhile [ "$1" != --paths ]; do shift; done; cp {sound} "$2/sound.flac"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        url = "https://example.org/match"
        found = answer(capsys, "ingest", url, "--goals", "12:34", *BY_HAND)
        assert answer(capsys, "library", "show", found["id"])["provenance"]["url"] == url
        assert list((tmp_path / "home" / "cache").iterdir()) == []

    def test_without_yt_dlp_it_says_so(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        code, lines = refusal(capsys, "ingest", "https://example.org/match", "--goals", "12:34")
        assert code == 1 and "yt-dlp is not installed" in lines and "pip install yt-dlp" in lines


class TestLibrary:
    def test_list_shows_what_is_there(self, match_id: str, capsys: pytest.CaptureFixture[str]) -> None:
        (row,) = answer(capsys, "library", "list")
        assert row["id"] == match_id and row["title"] == "Northtown 2-1 Southport" and row["aligned"] == "by hand"

    def test_show_puts_events_on_the_sounds_clock(self, match_id: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["library", "show", match_id]) == 0
        shown = capsys.readouterr().out
        assert "12:34      12:39  goal  home  xG 0.30  Ana Example" in shown
        assert "by hand" in shown and "Frames are whole." in shown

    def test_show_notices_damage(self, match_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        frames = tmp_path / "home/data/library/matches" / match_id / "mel12.bin"
        data = np.fromfile(frames, np.uint8)
        data[5] ^= 3
        data.tofile(frames)
        code, lines = refusal(capsys, "library", "show", match_id)
        assert code == 5 and "is damaged" in lines

    def test_remove_takes_out_what_was_named_and_nothing_when_one_is_unknown(
        self, match_id: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, lines = refusal(capsys, "library", "remove", match_id, "absent")
        assert code == 5 and "'absent'" in lines and len(answer(capsys, "library", "list")) == 1
        assert answer(capsys, "library", "remove", match_id) == {"removed": [match_id]}
        assert answer(capsys, "library", "list") == []


def test_progress_is_a_line_every_tenth_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_on_stderr() as tell:
        for done in range(1001):
            tell("listening", done, 1000.0)
        tell("aligning", 0.0, None)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["listening 0 %", "listening 10 %"] and lines[-2:] == ["listening 100 %", "aligning"]
    assert len(lines) == 12
