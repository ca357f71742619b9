"""Packages that not every machine has: a test that needs one says which, and is skipped without it."""

from importlib.util import find_spec

import pytest


def need(package: str, extra: str) -> None:
    """Skip the test, or the whole module, where ``package`` is not installed. It is not imported here: of the large
    ones that takes seconds, which every process that only collects tests would spend.
    """
    if find_spec(package) is None:
        pytest.skip(f"needs the extra {extra!r}", allow_module_level=True)
