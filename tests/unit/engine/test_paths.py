"""What the program writes is for its owner alone."""

from pathlib import Path

import pytest

from engine.paths import find_paths, private_file, private_folder


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
