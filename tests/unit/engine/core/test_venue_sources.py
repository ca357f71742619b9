"""What is recorded side by side: names, venues, and what is refused."""

from pathlib import Path

import pytest

from engine.core.errors import UsageError
from engine.core.settings import load_settings, shown_settings, template
from engine.core.venue_sources import Place, SourceTable, places_named, places_of


def settings_of(tmp_path: Path, text: str):
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return load_settings(file, {}).settings


def test_a_source_that_nobody_named_is_called_after_its_device_file_or_host():
    specs = [
        "mic",
        "mic:scarlett",
        "north/match.wav",
        "south/match.wav",
        "https://u:p@radio.example/live?k=1",
        "demo:7",
    ]
    names = [place.name for place in places_named([*specs, "-"])]
    assert names == ["microphone", "scarlett", "match", "match 2", "radio.example", "demo:7", "standard input"]


def test_a_table_names_device_address_or_source_and_name_and_venue_stand_for_each_other(tmp_path: Path):
    text = """
    [[sources]]
    name = "north"
    device = 2
    [[sources]]
    venue = "South Park"
    address = "https://u:secret@radio.example/live?token=secret"
    [[sources]]
    name = "stand"
    venue = "West"
    source = "demo:7"
    """
    settings = settings_of(tmp_path, text)
    assert places_of(settings.sources) == [
        Place("mic:2", "north", "north"),
        Place("https://u:secret@radio.example/live?token=secret", "South Park", "South Park"),
        Place("demo:7", "stand", "West"),
    ]
    assert "secret" not in str(shown_settings(settings))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[sources]]\nname = "a"', "a source needs one of device, address, source"),
        ('[[sources]]\ndevice = "a"\naddress = "http://x/y"', "a source needs one of device, address, source"),
        ('[[sources]]\naddress = "radio.example"', "an address begins with a scheme"),
        ('[[sources]]\nname = "a/b"\ndevice = "x"', "a name is one line"),
        ('[[sources]]\nname = "a\\u001b[2J"\ndevice = "x"', "a name is one line"),
        ('[[sources]]\ndevice = "x"\n[[sources]]\ndevice = "x"\nname = "y"', "mic:x is there twice"),
        ('[[sources]]\ndevice = "x"\nname = "n"\n[[sources]]\ndevice = "y"\nname = "N"', "the name 'n'"),
        ('[[sources]]\ndevice = "x"\nadress = "http://u:secret@x"', "not permitted"),
    ],
)
def test_sources_that_can_not_be_told_apart_are_refused_before_anything_begins(tmp_path: Path, text: str, said: str):
    with pytest.raises(UsageError, match="sources") as refused:
        settings_of(tmp_path, text)
    assert said in refused.value.message
    assert "secret" not in refused.value.message
    assert refused.value.message.isprintable()


@pytest.mark.parametrize("specs", [["mic:a", "mic:a"], ["-", "-"], ["mic", "mic"]])
def test_a_device_that_is_given_twice_is_refused(specs: list[str]):
    with pytest.raises(UsageError, match="is there twice"):
        places_named(specs)


def test_a_file_may_be_heard_twice():
    assert [place.name for place in places_named(["a.wav", "a.wav", "a.wav"])] == ["a", "a 2", "a 3"]


def test_the_file_of_config_init_has_an_example_that_can_be_uncommented(tmp_path: Path):
    lines = template().splitlines()
    table = lines[lines.index("# [[sources]]") :]
    table = table[: table.index("")] if "" in table else table
    settings = settings_of(tmp_path, "\n".join(line.removeprefix("# ") for line in table))
    assert settings.sources == [SourceTable(name="north", venue="North Park", device="scarlett")]
