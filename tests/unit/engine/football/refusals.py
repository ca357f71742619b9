from collections.abc import Callable

import pytest

from engine.core.errors import ExitCode, InputError


def refusal(message: str, read: Callable[..., object], *arguments: object) -> InputError:
    """The fault that ``read`` ends with; it must say ``message`` in printable characters, as one of what was given."""
    with pytest.raises(InputError, match=message) as caught:
        read(*arguments)
    assert caught.value.exit_code is ExitCode.INPUT
    assert caught.value.message.isprintable()
    return caught.value
