from tui.monitor.replay_clock import ReplayClock


def test_it_moves_as_fast_as_told_and_stops_at_the_end() -> None:
    player = ReplayClock(length_s=60.0, speed=8.0)
    player.advance(2.0)
    assert (player.position_s, player.playing) == (16.0, True)
    player.advance(100.0)
    assert (player.position_s, player.playing) == (60.0, False)


def test_paused_it_stays() -> None:
    player = ReplayClock(length_s=60.0, playing=False)
    player.advance(5.0)
    assert player.position_s == 0.0


def test_speed_goes_by_steps_from_wherever_it_was() -> None:
    player = ReplayClock(length_s=60.0, speed=3.0)
    player.change_speed(1)
    assert player.speed == 4.0
    player.change_speed(-1)
    assert player.speed == 2.0
    for _ in range(20):
        player.change_speed(1)
    assert player.speed == 64.0
