"""What removing a service is to be on every system."""

import pytest

from engine.app.service import Service
from engine.core.errors import UsageError


def installed_once_it_was_none(here: Service) -> None:
    """Removing it is refused before it is there; then it is installed."""
    with pytest.raises(UsageError, match="not installed"):
        here.remove()
    here.install(["record", "mic"])
