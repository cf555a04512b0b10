"""A query as tokens of which is known where each bracket is closed: what a rewriting of its text looks at."""

from __future__ import annotations

from typing import Final

from kggraph.store.lexer import tokens

_CLOSING: Final = {"{": "}", "(": ")", "[": "]"}


class Bracketed:
    """The tokens of a query.

    >>> read = Bracketed("ASK { ?s ?p (1) }")
    >>> read.is_balanced, read.closing
    (True, {4: 6, 1: 7})
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.read = list(tokens(text))
        self.closing: dict[int, int] = {}
        """Place of an opening bracket among the tokens to that of the closing one."""
        self.is_balanced = self.read[-1].kind == "end" and self._match()

    def _match(self) -> bool:
        opened: list[int] = []
        for place, token in enumerate(self.read):
            if token.kind == "mark" and token.text in _CLOSING:
                opened.append(place)
            elif token.kind == "mark" and token.text in "})]":
                if not opened or _CLOSING[self.read[opened[-1]].text] != token.text:
                    return False
                self.closing[opened.pop()] = place
        return not opened

    def is_word(self, place: int, *words: str) -> bool:
        """Whether there is one of some words, in upper case here and in any case there."""
        return self.read[place].kind == "word" and self.read[place].text.upper() in words

    def is_mark(self, place: int, mark: str) -> bool:
        """Whether there is a certain bracket, operator or stop."""
        return self.read[place].kind == "mark" and self.read[place].text == mark
