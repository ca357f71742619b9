"""A microphone that breaks in every known way while somebody listens; ``python -m tests.device_faults`` times it."""

import tempfile
from pathlib import Path

import pytest

from tests.device_faults import FAULTS, Bench, suffer, wrong
from tests.functional.test_virtual_microphone import MISSING

PATIENCE_S = 60.0

pytestmark = [
    pytest.mark.microphone,
    pytest.mark.xdist_group("real time"),
    pytest.mark.skipif(bool(MISSING), reason=f"not here: {MISSING}"),
]


def test_each_fault_has_its_state_and_its_end_and_invents_no_reading():
    with tempfile.TemporaryDirectory(prefix="mic", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder))
        try:
            for fault in FAULTS:
                suffer(fault, bench, PATIENCE_S, PATIENCE_S)
            assert bench.end() == 143
            assert wrong(bench) == []
            assert len(bench.readings) > 10
        finally:
            bench.stop()
