"""From what is said to what happened: features, the network, peaks, and the words that moved them."""

import numpy as np
import pytest

from engine.commentary.features import COUNTS, STEP_S, features_of, normal, said_scores
from engine.commentary.spots import PeakSettings, live_peaks, peaks
from engine.commentary.transcript import Segment, Transcript
from engine.commentary.word_network import row_by_row, spanned
from engine.commentary.word_weights import load_words
from engine.commentary.words_to_events import check_worth, events_of, hear
from engine.core.errors import InputError
from tests.unit.engine.commentary.networks import chatter, network, said, weights


def count_of(transcript, name, **options):
    return features_of(transcript, **options).counts[:, COUNTS.index(name)]


def test_a_long_cry_is_the_word_that_is_cried():
    assert normal("GOOOOOOL") == "gol"
    assert normal("Müller") == "muller"


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("it is now 2-1 here", [(2, 1)]),
        ("one nil to the visitors", [(1, 0)]),
        ("uno a cero en el marcador", [(1, 0)]),
        ("es steht zwei zu null", [(2, 0)]),
        ("счёт один ноль", [(1, 0)]),
        ("nobody scored", []),
    ],
)
def test_a_score_is_heard_in_figures_and_in_words(text, scores):
    assert said_scores(text) == scores


def test_a_word_stands_at_its_place_in_its_segment():
    words = features_of(Transcript((Segment(10.0, 20.0, "first second third fourth"),))).said
    assert [word.text for word in words] == ["first", "second", "third", "fourth"]
    assert 10.0 < words[0].t_s < words[1].t_s < words[3].t_s < 20.0


def test_live_no_word_is_known_before_its_segment_has_ended():
    transcript = Transcript((Segment(10.0, 20.0, "first second third fourth"),))
    assert set(features_of(transcript, causal=True).steps.tolist()) == {int(20.0 / STEP_S)}


def test_live_features_do_not_change_by_what_is_said_later():
    whole = said((4.0, "Corner for them"), (9.0, "What a goal!"), (30.0, "Two nil now!"), (40.0, "Messi"))
    early = features_of(whole.heard_by(20.0), 60.0, causal=True)
    late = features_of(whole, 60.0, causal=True)
    step = int(20.0 / STEP_S)
    assert np.array_equal(early.counts[:step], late.counts[:step])
    assert np.array_equal(early.hashes, late.hashes[late.steps < step])


def test_a_name_is_new_once():
    transcript = said((0.0, "on comes Sturridge"), (6.0, "here is Sturridge"))
    assert count_of(transcript, "new_names").sum() == pytest.approx(np.log(2))


def test_silence_is_told_from_speech():
    quiet = count_of(said((0.0, "words")), "silence", length_s=40.0)
    assert quiet[0] == 0.0
    assert quiet[-1] == 1.0


def test_spans_are_sums_over_steps_by_the_root_of_their_length_and_nothing_lies_outside():
    steps = np.arange(6, dtype=np.float32)[:, None]
    found = spanned(steps, ((-2, 0), (0, 1), (1, 3)))
    assert found[3] == pytest.approx([3 / np.sqrt(2), 3.0, 9 / np.sqrt(2)])
    assert found[0] == pytest.approx([0.0, 0.0, 3 / np.sqrt(2)])


def test_what_a_step_says_does_not_depend_on_how_many_are_read_with_it():
    network = load_words().networks["live"]
    said = np.random.default_rng(0).standard_normal((1500, network.vectors.shape[1])).astype(np.float32)
    squashed, before = np.tanh(said), -network.spans[0][0]
    whole = spanned(squashed, network.spans)
    hidden = row_by_row(whole, network.hidden)
    for first, steps in ((60, 1), (61, 2), (130, 5), (777, 16), (1333, 150)):
        behind = first + steps + network.spans[-1][1]
        found = spanned(squashed[first - before : behind], network.spans)[before : before + steps]
        assert np.array_equal(found, whole[first : first + steps])
        assert np.array_equal(row_by_row(found, network.hidden), hidden[first : first + steps])


def test_a_span_says_the_same_whatever_was_said_long_before():
    # Half way between two numbers of single precision, so that a rounding of the sum so far would decide.
    span, before = [1.0, 2.0**-24, 0.0, 0.0], [1.0] * 1023 + [0.5, 3 * 2.0**-43]
    alone, late = (spanned(np.array(steps, np.float32)[:, None], ((0, 4),)) for steps in (span, before + span))
    assert alone[0] == late[len(before)]


def test_the_word_goal_gives_a_goal_where_it_was_said():
    heard = hear([chatter(200.0, (100.0, "goal"))], weights())
    best = max(events_of(heard, weights()), key=lambda event: event.probability)
    assert best.label == "Goal"
    assert best.t_s == pytest.approx(101.0, abs=6.0)


def test_two_views_of_a_half_are_heard_as_their_mean():
    one, other = chatter(60.0, (30.0, "goal")), chatter(60.0, (30.0, "nothing"))
    both = hear([one, other], weights()).logits
    alone = [hear([view], weights(), length_s=63.0).logits for view in (one, other)]
    steps = min(len(both), *map(len, alone))
    assert both[:steps] == pytest.approx((alone[0][:steps] + alone[1][:steps]) / 2, abs=1e-5)


def test_the_words_that_moved_an_event_are_named_and_others_are_not():
    heard = hear([chatter(200.0, (96.0, "corner"), (100.0, "goal"))], weights())
    best = max(events_of(heard, weights(), words=3), key=lambda event: event.probability)
    assert [(share.text, round(share.t_s)) for share in best.words] in ([("goal", 101)], [("corner", 97)])


def test_a_share_is_what_the_logit_loses_without_the_word():
    with_word, without = chatter(100.0, (50.0, "goal")), chatter(100.0, (50.0, "coal"))
    heard = hear([with_word], weights())
    event = max((e for e in events_of(heard, weights(), words=1) if e.label == "Goal"), key=lambda e: e.probability)
    step = min(int(event.t_s / STEP_S), len(heard.logits) - 1)
    lost = heard.logits[step, 0] - hear([without], weights()).logits[step, 0]
    assert event.words[0].logit == pytest.approx(lost, abs=1e-4)


def bell(length, centre, height):
    return height * np.exp(-0.5 * ((np.arange(length) - centre) / 2.0) ** 2)


def test_of_two_near_peaks_the_higher_stays_and_far_ones_both():
    curve = (bell(100, 20, 3.0) + bell(100, 26, 5.0) + bell(100, 70, 2.0)).astype(np.float32)[:, None]
    found = peaks(curve, PeakSettings(0.0, (30.0,), (0.0,), 0.5))
    assert [round(peak.t_s / STEP_S) for peak in found] == [26, 70]


def test_a_peak_lies_between_two_steps_where_they_say_so():
    curve = np.zeros((20, 1), dtype=np.float32)
    curve[9:12, 0] = [4.0, 5.0, 4.5]
    found = peaks(curve, PeakSettings(0.0, (10.0,), (0.0,), 1.0))[0]
    assert 21.0 < found.t_s < 22.0


def test_live_peaks_know_nothing_of_what_comes():
    curve = (bell(100, 20, 3.0) + bell(100, 24, 5.0)).astype(np.float32)[:, None] + np.float32(0.01)
    settings = PeakSettings(0.0, (30.0,), (0.0,), 0.5)
    whole = live_peaks(curve, settings, 6.0)
    assert whole
    for length in range(5, 100):
        known = [peak for peak in whole if peak.told_s <= (length - 1) * STEP_S + 6.0 + STEP_S]
        assert live_peaks(curve[:length], settings, 6.0) == known


def test_live_an_event_is_told_within_ten_seconds_of_its_step():
    curve = bell(50, 20, 3.0).astype(np.float32)[:, None]
    found = live_peaks(curve, PeakSettings(0.0, (30.0,), (0.0,), 0.5), 6.0)[0]
    assert found.told_s - 20 * STEP_S == 10.0


@pytest.mark.parametrize(
    ("transcript", "says"),
    [
        (Transcript(()), "0 words are left"),
        (said(*[(3.0 * n, "goal " * 300) for n in range(100)]), "words are left"),
        (chatter(400.0), "the model knows 0 %"),
    ],
    ids=["empty", "one word", "another language"],
)
def test_words_of_which_nothing_can_be_told_are_refused(transcript, says):
    with pytest.raises(InputError, match=says):
        check_worth(transcript, weights())


def test_a_network_of_tensors_that_do_not_fit_is_none():
    one = network()
    with pytest.raises(ValueError, match="hidden is"):
        type(one)(one.spans[:2], **one.tensors())


def test_live_what_is_told_by_a_moment_is_what_the_whole_half_tells_of_it():
    whole = chatter(300.0, (100.0, "goal"), (103.0, "goal goal"), (180.0, "corner"), (240.0, "goal"))
    batch = events_of(hear([whole], weights(), "live"), weights(), "live")
    assert batch
    for now_s in np.arange(20.0, 300.0, 7.0).tolist():
        so_far = hear([whole.heard_by(now_s)], weights(), "live", length_s=now_s)
        told = [event for event in events_of(so_far, weights(), "live") if event.told_s <= now_s]
        assert [(e.t_s, e.label) for e in told] == [(e.t_s, e.label) for e in batch if e.told_s <= now_s]
        expected = [e.probability for e in batch if e.told_s <= now_s]
        assert [e.probability for e in told] == pytest.approx(expected, abs=1e-5)
