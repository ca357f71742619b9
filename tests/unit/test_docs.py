"""What README and docs tell a reader to type, to open and to look up is there."""

import inspect
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.bench.__main__ import topics
from tui.cli.main import PROGRAM, app

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
HOUSE = ("engine", "train", "tui", "tests")


def lines_to_type(page: Path) -> Iterator[str]:
    """The lines of the fenced blocks of a page, continued ones joined; and what stands between single backticks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for block in blocks:
        yield from block.replace("\\\n", " ").splitlines()
    yield from (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.S)))


def words(line: str) -> list[str]:
    """The last command of a line as a shell reads it, without comment: what is before a pipe is another program's."""
    try:
        found = shlex.split(line, comments=True)
    except ValueError:
        return []
    return found[len(found) - found[::-1].index("|") :] if "|" in found else found


COMMANDS = sorted(
    {
        (page.name, " ".join(map(shlex.quote, found[1:])))
        for page in PAGES
        for line in lines_to_type(page)
        if (found := words(line)) and Path(found[0]).name == PROGRAM and len(found) > 1
    }
)
MODULES = sorted(
    {
        (page.name, module, options.strip())
        for page in PAGES
        for line in lines_to_type(page)
        for module, options in re.findall(r"python -m ((?:engine|train|tui|tests)[\w.]*)([^|;#]*)", line)
    }
)


def test_there_is_something_to_check():
    assert len(COMMANDS) > 40
    assert len(MODULES) > 8


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_that_a_page_shows_is_understood(page: str, line: str):
    given = shlex.split(line)
    command: Any = typer.main.get_command(app)
    while given and not given[0].startswith("-") and hasattr(command, "commands"):
        assert given[0] in command.commands or given[0].isupper(), f"{page}: no command {given[0]}"
        if given[0].isupper():  # COMMAND stands for any
            return
        command = command.commands[given.pop(0)]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"-h", "--help", "--install-completion"}
    for word in given:
        if re.match(r"--?[a-z]", word):
            assert word.split("=")[0] in known, f"{page}: {line}"


@pytest.mark.parametrize(("page", "module", "options"), MODULES)
def test_a_module_that_a_page_runs_is_there_with_its_options(page: str, module: str, options: str):
    found = find_spec(module)
    assert found is not None, page
    file = Path(found.origin or "")
    source = (file.with_name("__main__.py") if file.name == "__init__.py" else file).read_text(encoding="utf-8")
    if module == "tui":
        return
    # Options that several programs have are made in one of the modules of theirs that they import.
    near = module.rpartition(".")[0].replace(".", r"\.")
    shared = "".join(
        inspect.getsource(import_module(one)) for one in re.findall(rf"^from ({near}[\w.]*) import", source, re.M)
    )
    for option in re.findall(r"--[a-z-]+", options):
        assert f'"{option}"' in source + shared, f"{page}: {module} {option}"
    for topic in re.findall(r"--only (\w+)", options) if module == "tests.bench" else ():
        assert topic in topics()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_an_example_imports_from_the_program_can_be_imported(page: Path):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in re.findall(r"^(?:from|import) (?:engine|train|tui)\b.*$", block, re.MULTILINE):
            exec(line, {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    text = page.read_text(encoding="utf-8")
    for target, heading in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)", text):
        file = page.parent / target if target else page
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles]


def exists(name: str) -> bool:
    """Whether a path of the checkout is there, or a module by its dotted name, or what such a module holds."""
    if (ROOT / name).exists():
        return True
    parts = name.split(".")
    for known in range(len(parts), 1, -1):
        module = ROOT.joinpath(*parts[:known])
        if module.is_dir():
            return known == len(parts)
        if module.with_suffix(".py").is_file():
            text = module.with_suffix(".py").read_text(encoding="utf-8")
            return all(re.search(rf"\b{part}\b", text) for part in parts[known:])
    return False


def test_files_and_modules_that_pages_docstrings_and_comments_name_exist():
    pages = [*PAGES, ROOT / "Makefile", *(file for top in HOUSE for file in (ROOT / top).rglob("*.py"))]
    missing = [
        f"{page.relative_to(ROOT)}: {named}"
        for page in pages
        if page != Path(__file__)
        for named in re.findall(
            r"(?<![\w./-])((?:engine|train|tui|tests|docs)/[\w./-]*\w\.(?:py|md|svg|tcss))\b"
            r"|`((?:engine|train|tui|tests)(?:\.(?!json)\w+)+)`",
            page.read_text(encoding="utf-8"),
        )
        if not exists("".join(named))
    ]
    assert missing == []
