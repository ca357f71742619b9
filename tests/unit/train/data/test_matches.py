"""Matches as training sees them: dealt out whole, refused when nothing can be learned from them."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import ExitCode, InputError
from tests.unit.train.matches import goals_only, match_events, take_in
from tests.unit.train.segment_matches import made_up_match
from train.data.labels import Danger, GoalWindow
from train.data.library import Library
from train.data.matches import check_enough, from_library, from_simulation, split_folds, window_ends
from train.data.simulated import KINDS, simulate_matches
from train.data.soft_targets import SoftTargets, crowd_state


def refuse(match_id: str, fault: InputError) -> None:
    raise fault


def test_ends_are_those_at_which_a_stream_has_read():
    ends = window_ends(2000)
    assert ends[0] >= grid.HISTORY_FRAMES > ends[0] - grid.WINDOW_HOP_FRAMES
    assert not (ends % grid.WINDOW_HOP_FRAMES).any()
    assert ends[-1] <= 2000


def test_folds_hold_every_match_once_and_share_the_danger():
    matches = [made_up_match(f"match-{i}", i, goals=2 if i < 4 else 0) for i in range(9)]
    folds = split_folds(matches, 4, seed=1)
    assert sorted(match.id for fold in folds for match in fold) == sorted(match.id for match in matches)
    assert [sum(bool(match.labels.truth.any()) for match in fold) for fold in folds] == [1, 1, 1, 1]


def test_folds_do_not_depend_on_the_order_of_the_list():
    matches = [made_up_match(f"match-{i}", i) for i in range(6)]
    ids = [[m.id for m in fold] for fold in split_folds(matches, 3, 1)]
    assert ids == [[m.id for m in fold] for fold in split_folds(matches[::-1], 3, 1)]
    assert ids != [[m.id for m in fold] for fold in split_folds(matches, 3, 2)]


@pytest.mark.parametrize(
    ("matches", "said"),
    [
        ([], "0 match"),
        ([made_up_match("a", 1), made_up_match("b", 2)], "2 match"),
        ([made_up_match(name, 1, goals=0) for name in "abc"], "danger"),
        ([made_up_match("a", 1)] + [made_up_match(name, 1, goals=0) for name in "bc"], "only 1 of 3"),
    ],
)
def test_too_few_matches_or_one_class_are_refused(matches, said):
    with pytest.raises(InputError, match=said) as caught:
        check_enough(matches)
    assert caught.value.exit_code is ExitCode.INPUT


def test_matches_with_and_without_their_voices_are_not_mixed_unknowingly(tmp_path):
    library = Library(tmp_path / "library")
    whole = take_in(library, tmp_path, seed=1).match_id
    apart = take_in(library, tmp_path, seed=2, separation="spleeter-2stems").match_id
    with pytest.raises(InputError, match="1 of 2 matches were heard without their voices"):
        from_library(library, Danger(), [], refuse)
    assert [len(from_library(library, Danger(), [name], refuse)) for name in (whole, apart)] == [1, 1]


def test_matches_of_the_library_come_with_their_labels(tmp_path):
    library = Library(tmp_path / "library")
    take_in(library, tmp_path)
    (match,) = from_library(library, Danger(), (), refuse)
    assert match.read(0, 3).shape == (3, grid.MEL_BANDS)
    assert len(match.labels.truth) == len(match.ends)
    assert not match.simulated


def test_a_match_with_its_goals_alone_can_not_carry_the_danger_rule(tmp_path):
    library = Library(tmp_path / "library")
    take_in(library, tmp_path, goals_only())
    with pytest.raises(InputError, match="danger"):
        from_library(library, Danger(), (), lambda *told: None)


def test_a_match_that_knows_its_goals_alone_is_left_out_by_name_and_the_rest_is_used(tmp_path):
    library = Library(tmp_path / "library")
    take_in(library, tmp_path, goals_only())
    take_in(library, tmp_path, match_events(), seed=2)
    told = {}
    names = [entry.id for entry in library.entries()]
    for given in ([], names):
        (match,) = from_library(library, Danger(), given, lambda name, fault: told.update({name: fault.message}))
        assert match.id.startswith("2020-05-01-northtown")
    (left_out,) = told
    assert left_out != match.id
    assert "only its goals are known" in told[left_out]
    assert len(from_library(library, GoalWindow(), (), refuse)) == 2


def test_a_match_without_kick_offs_is_left_out_by_name(tmp_path):
    library = Library(tmp_path / "library")
    for seed in (1, 2):
        take_in(library, tmp_path, match_events(), seed=seed)
    first = library.entries()[0].id
    library.align(first, None)
    told = []
    assert len(from_library(library, Danger(), (), lambda name, fault: told.append((name, fault.hint)))) == 1
    assert told[0][0] == first
    assert "library align" in told[0][1]


def test_a_match_with_changed_frames_is_refused(tmp_path):
    library = Library(tmp_path / "library")
    take_in(library, tmp_path, match_events())
    (entry,) = library.entries()
    frames = library.match(entry.id).folder / "mel12.bin"
    data = bytearray(frames.read_bytes())
    data[10] ^= 1
    frames.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        from_library(library, Danger(), (), lambda *told: None)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    return folder, simulate_matches(folder, [4], 2.0, lambda done, of, minutes: None)[0]


def test_a_drawn_match_is_the_same_each_time(simulated, tmp_path):
    folder, match = simulated
    simulate_matches(tmp_path, [4], 2.0, lambda done, of, minutes: None)
    for name in ("simulated-4.json", "simulated-4.mel12"):
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()
        assert (folder / name).stat().st_mode & 0o077 == 0
    assert match.mel(5, 9).shape == (4, grid.MEL_BANDS)


def test_what_is_there_is_not_drawn_again(simulated):
    folder, _ = simulated
    told = []
    simulate_matches(folder, [4], 2.0, lambda done, of, minutes: told.append(minutes))
    assert told == [0.0]


def test_matches_of_another_length_are_refused(simulated):
    with pytest.raises(InputError, match="2 minutes, not 3"):
        simulate_matches(simulated[0], [4], 3.0, lambda done, of, minutes: None)


def test_a_drawn_match_that_is_cut_short_is_refused(simulated, tmp_path):
    for file in simulated[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: None if file.suffix == ".json" else -96])
    with pytest.raises(InputError, match="cut short"):
        simulate_matches(tmp_path, [4], 2.0, lambda done, of, minutes: None)


def test_tags_say_what_sounds_in_each_frame(simulated):
    match = from_simulation(simulated[1], Danger())
    tags = match.tags(0, match.frames)
    for heard in match.sounds:
        middle = int((max(heard.onset_s, 0.0) + min(heard.end_s, 120.0)) / 2 / grid.HOP_S)
        assert tags[min(middle, match.frames - 1), KINDS.index(heard.kind)]
    assert match.tags(100, 150).shape == (50, len(KINDS))
    np.testing.assert_array_equal(match.tags(100, 150), tags[100:150])


def test_the_teacher_expects_more_of_a_cry_than_of_none():
    matches = [made_up_match(f"drawn-{i}", i, simulated=True) for i in range(4)]
    targets = SoftTargets.of(matches).targets(matches[0])
    crying = crowd_state(matches[0].sounds, matches[0].end_times_s())[:, 0] > 0
    assert targets[crying].min() > 0.4 > targets[~crying].max()


def test_the_teacher_counts_the_training_matches_alone():
    calm = [replace(made_up_match(f"calm-{i}", i, simulated=True, goals=0)) for i in range(3)]
    assert SoftTargets.of(calm).targets(made_up_match("other", 9, simulated=True)).max() == 0.0
