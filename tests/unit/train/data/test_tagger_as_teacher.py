"""What a tagger hears, put on the moments that training asks for."""

import numpy as np

from train.data.tagger_as_teacher import CLASSES, STEP_S, ear_of, heard_at


def test_an_ear_keeps_the_classes_that_matter_in_their_order():
    names = ("Dog", *reversed(CLASSES))
    scores = np.arange(2 * len(names), dtype=np.float32).reshape(2, -1)
    heard = ear_of(lambda sound: scores, names)(np.zeros(9, np.float32))
    assert heard.tolist() == scores[:, :0:-1].tolist()


def test_a_moment_gets_the_mean_of_the_three_seconds_before_it():
    heard = np.arange(100, dtype=np.float32)[:, None]
    # The step k ends at (k + 2) * STEP_S: six steps have ended in the three seconds before the last of them ends.
    at_s = np.array([(50 + 2) * STEP_S + 0.01])
    assert heard_at(heard, at_s)[0, 0] == np.mean(np.arange(45, 51))


def test_nothing_of_what_comes_later_is_in_it():
    heard = np.zeros((100, 1), np.float32)
    heard[51:] = 1.0
    assert heard_at(heard, np.array([(50 + 2) * STEP_S + 0.01]))[0, 0] == 0.0


def test_before_the_first_step_and_after_the_last_one_what_there_is_counts():
    heard = np.arange(10, dtype=np.float32)[:, None]
    assert heard_at(heard, np.array([0.0, 1000.0]))[:, 0].tolist() == [0.0, np.mean([4, 5, 6, 7, 8, 9])]
