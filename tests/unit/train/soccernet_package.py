"""SoccerNet's own package, against which its measures are checked where it is installed."""

from importlib.util import find_spec

import pytest

needs_package = pytest.mark.skipif(
    find_spec("SoccerNet") is None or find_spec("tqdm") is None, reason="needs the packages SoccerNet and tqdm"
)
