"""Text to the numbers of pieces of words, as BERT's uncased models were taught (WordPiece; Devlin et al., 2019)."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

_UNKNOWN, _START, _END = "[UNK]", "[CLS]", "[SEP]"
SPECIAL: Final = (_UNKNOWN, _START, _END)
_INSIDE: Final = "##"
"""Stands before a piece that does not begin a word."""
_LONGEST_WORD: Final = 100
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_CHINESE: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))


class WordPieces:
    """``pieces`` by their numbers; all of ``SPECIAL`` must be among them. Nothing longer than ``most`` comes out."""

    def __init__(self, pieces: Sequence[str], most: int) -> None:
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._most = most

    def numbers(self, text: str) -> list[int]:
        """The start, the pieces of every word, and the end; what is too long loses its last pieces."""
        pieces = [piece for word in words_of(text) for piece in self._pieces_of(word)]
        return [self._numbers[piece] for piece in (_START, *pieces[: self._most - 2], _END)]

    def _pieces_of(self, word: str) -> list[str]:
        """The longest piece that is known, then the longest of the rest, and so on; unknown if a rest has none."""
        if len(word) > _LONGEST_WORD:
            return [_UNKNOWN]
        pieces: list[str] = []
        start = 0
        while start < len(word):
            before = _INSIDE if start else ""
            end = len(word)
            while end > start and before + word[start:end] not in self._numbers:
                end -= 1
            if end == start:
                return [_UNKNOWN]
            pieces.append(before + word[start:end])
            start = end
        return pieces


def words_of(text: str) -> Iterator[str]:
    """Words in small letters without accents; each mark and each Chinese letter is a word of its own."""
    word = ""
    for letter in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(letter)
        if letter.isspace():
            alone, stays = "", False
        elif category in _UNSEEN or category == "Mn" or letter == "\ufffd":
            continue
        else:
            alone, stays = letter, not (_is_mark(letter, category) or _is_chinese(letter))
        if stays:
            word += letter
            continue
        if word:
            yield word
        word = ""
        if alone:
            yield alone
    if word:
        yield word


def _is_mark(letter: str, category: str) -> bool:
    return category.startswith("P") or (letter.isascii() and not letter.isalnum())


def _is_chinese(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _CHINESE)
