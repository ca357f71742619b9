import pytest

from engine.core.errors import UsageError
from engine.core.parse_kick_offs import parse_kick_offs, parse_sound_time


@pytest.mark.parametrize(
    ("text", "seconds"), [("12:34", 754), ("1:02:03", 3723), ("754", 754), ("0:00", 0), ("-0:30", -30), ("75:00", 4500)]
)
def test_a_moment_of_the_sound_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_sound_time(text, "--kickoff") == seconds


@pytest.mark.parametrize("text", ["", "soon", "12:60", "1:2:3:4", "99999", "nan", "--5", "\x1b[2J"])
def test_what_is_no_time_names_the_option(text: str) -> None:
    with pytest.raises(UsageError, match="--kickoff") as caught:
        parse_sound_time(text, "--kickoff")
    assert caught.value.message.isprintable()


def test_kick_offs_are_given_by_period() -> None:
    assert parse_kick_offs("10:00", None, None) == {1: 600}
    assert parse_kick_offs("none", "5:00", None) == {1: None, 2: 300}
    assert parse_kick_offs("10:00", "1:15:00", "2:10:00, 2:27:00") == {1: 600, 2: 4500, 3: 7800, 4: 8820}
    with pytest.raises(UsageError, match="--extra-time"):
        parse_kick_offs(None, None, "1:00,2:00,3:00")
    with pytest.raises(UsageError, match="--second-half"):
        parse_kick_offs(None, "later", None)
