"""What the program writes is for its owner alone."""

from pathlib import Path

import pytest

from engine.core.files import (
    numbered_file,
    private_file,
    private_folder,
    remove_unfinished,
    whole_file,
    whole_folder,
    write_private,
    write_whole,
    write_whole_json,
)
from engine.core.paths import find_paths


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_one_variable_puts_every_folder_under_one(tmp_path: Path):
    paths = find_paths({"MOMENTUM_HOME": str(tmp_path)})
    assert all(folder.parent == tmp_path for folder in (paths.data, paths.config, paths.cache, paths.log))


def test_a_folder_and_the_parents_it_needs_are_private(tmp_path: Path):
    made = private_folder(tmp_path / "a" / "b" / "c")
    assert [mode(folder) for folder in (made, *made.parents[:2])] == [0o700] * 3
    assert private_folder(made) == made


def test_a_file_is_private_even_where_it_replaces_an_open_one(tmp_path: Path):
    file = tmp_path / "notes"
    file.write_text("for everyone to read, and longer")
    file.chmod(0o644)
    with pytest.raises(FileExistsError):
        private_file(file)
    with private_file(file, replace=True) as opened:
        opened.write("mine")
    assert (file.read_text(), mode(file)) == ("mine", 0o600)


def test_a_private_file_takes_the_place_of_a_link_and_not_of_what_it_leads_to(tmp_path: Path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("theirs")
    link.symlink_to(target)
    write_private(link, b"mine", 0o700)
    assert (target.read_text(), link.read_text(), link.is_symlink(), mode(link)) == ("theirs", "mine", False, 0o700)


def test_numbered_files_take_the_place_of_no_other(tmp_path: Path):
    names = []
    for bare in (False, False, True, True):
        path, file = numbered_file(tmp_path, "log", ".txt", first_bare=bare)
        file.close()
        names.append(path.name)
    assert names == ["log-1.txt", "log-2.txt", "log.txt", "log-3.txt"]
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


def test_a_state_is_the_old_one_or_the_new_one_though_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "state.json"
    write_whole_json(file, {"a": 1})
    (tmp_path / ".state.json.new").write_text("left by a kill, and longer than what comes next")
    write_whole_json(file, {"a": 2})
    assert (file.read_text(), mode(file)) == ('{"a":2}', 0o600)

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.core.files.sync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"half")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert file.read_text() == '{"a":2}'


def test_a_file_is_there_when_all_is_written_and_not_before(tmp_path: Path):
    file = tmp_path / "export.csv"
    with whole_file(file) as unfinished:
        unfinished.write_text("a")
        assert not file.exists()
    assert (file.read_text(), mode(file)) == ("a", 0o600)
    with pytest.raises(FileExistsError), whole_file(file):
        pass
    with whole_file(file, replace=True) as unfinished:
        unfinished.write_text("b")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError()])
def test_of_a_file_that_fails_nothing_stays_and_what_was_there_does(tmp_path: Path, fault: BaseException):
    old = tmp_path / "old"
    old.write_text("old")
    for file in (tmp_path / "new", old):
        with pytest.raises(type(fault)) as caught, whole_file(file, replace=True) as unfinished:
            unfinished.write_text("half")
            raise fault
        if isinstance(caught.value, OSError):
            assert caught.value.filename == str(file)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert old.read_text() == "old"


def test_what_is_no_file_is_not_replaced(tmp_path: Path):
    with pytest.raises(FileExistsError), whole_file(tmp_path, replace=True):
        pass


def test_a_folder_whose_filling_fails_is_gone_unless_it_was_there(tmp_path: Path):
    for folder in (tmp_path / "new", tmp_path):
        with pytest.raises(ValueError), whole_folder(folder):
            raise ValueError
    assert list(tmp_path.iterdir()) == []


def test_two_may_write_one_file_at_once(tmp_path: Path):
    with whole_file(tmp_path / "a", replace=True) as first:
        first.write_text("whole")
        with whole_file(tmp_path / "a", replace=True) as second:
            second.write_text("whole")
        assert (tmp_path / "a").read_text() == "whole"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_what_a_killed_one_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path):
    for name in (".a.txt-dead.part", ".b-a.txt-dead.part", ".a.txt.part"):
        (tmp_path / name).write_text("half")
    with whole_file(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("new")
        remove_unfinished(tmp_path, {"a.txt"})
    assert {file.name for file in tmp_path.iterdir()} == {"a.txt", ".b-a.txt-dead.part", ".a.txt.part"}
    assert (tmp_path / "a.txt").read_text() == "new"
