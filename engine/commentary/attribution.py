"""Which words moved a spot: what its logit loses when a word is left out, word by word."""

from dataclasses import dataclass

import numpy as np

from engine.commentary.features import Features
from engine.commentary.word_network import WordNetwork, known_rows, spanned


@dataclass(frozen=True, slots=True)
class WordShare:
    """``logit`` is what the word adds to the logit of the kind: without the word it is so much lower."""

    text: str
    t_s: float
    logit: float


def words_that_moved(network: WordNetwork, features: Features, step: int, kind: int, most: int = 5) -> list[WordShare]:
    """The ``most`` words that raise the logit of ``kind`` at ``step`` most, the strongest first.

    Each is left out alone, with its stem and its pair with the word before it, so shares need not add up.
    """
    before, behind = network.reach_steps
    low, high = max(0, step - before), min(features.length, step + behind + 1)
    rows, which = known_rows(network.table, features.hashes)
    near = (features.steps[which] >= low) & (features.steps[which] < high)
    rows, which = rows[near], which[near]
    if not len(rows):
        return []
    said = network.steps(features)[low:high]
    words, of_word = np.unique(features.words[which], return_inverse=True)
    without = np.zeros((len(words), said.shape[1]), dtype=np.float32)
    np.add.at(without, of_word, network.vectors[rows])
    at_step = np.zeros(len(words), dtype=np.intp)
    at_step[of_word] = features.steps[which] - low
    squashed = np.tanh(said)
    here = step - low
    base = spanned(squashed, network.spans)[here]
    lost = squashed[at_step] - np.tanh(said[at_step] - without)
    spans = np.tile(base, (len(words), 1)).reshape(len(words), len(network.spans), -1)
    for number, (first, last) in enumerate(network.spans):
        inside = (at_step - here >= first) & (at_step - here < last)
        spans[inside, number] -= lost[inside] / np.sqrt(last - first)
    out = network.out[:, kind]
    full = np.maximum(base @ network.hidden + network.hidden_bias, 0.0) @ out
    alone = np.maximum(spans.reshape(len(words), -1) @ network.hidden + network.hidden_bias, 0.0) @ out
    share = full - alone
    strongest = np.argsort(-share, kind="stable")[:most]
    return [
        WordShare(features.said[words[n]].text, features.said[words[n]].t_s, float(share[n]))
        for n in strongest
        if share[n] > 0
    ]
