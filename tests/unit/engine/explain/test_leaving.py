"""Nothing is computed that nobody waits for."""

import numpy as np
import pytest

from engine.explain.attribution import Left, attribute, history_of
from engine.model.calibration import Calibration
from tests.unit.engine.explain.conftest import small_network


def test_what_nobody_waits_for_is_left(lively: np.ndarray, steep: Calibration) -> None:
    network = small_network()
    with pytest.raises(Left):
        attribute(network, steep, history_of(lively, network.front_end), lambda: False)
