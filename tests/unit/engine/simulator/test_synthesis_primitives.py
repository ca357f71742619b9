"""The tools that the simulator's sounds are made with."""

import pytest

from engine.simulator.synthesis_primitives import fast_size


@pytest.mark.parametrize("least", [1, 16, 17, 662_003, 2**20, 2**20 + 1])
def test_an_fft_of_a_quick_length_holds_the_sound_has_no_large_prime_in_it_and_is_little_longer(least):
    size = fast_size(least)
    assert least <= size <= 1.13 * least
    for prime in (2, 3, 5, 7, 11, 13):
        while size % prime == 0:
            size //= prime
    assert size == 1
