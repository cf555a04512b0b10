"""EXISTS with several patterns, written so that Oxigraph looks them up one within the other.

For `EXISTS { ?x :p ?a ; :q ?b }` the engine puts no order into the patterns: it reads all of one and all of the other
for every solution outside, which takes seconds where the answer is known at once
(https://github.com/oxigraph/oxigraph/issues/885). `EXISTS { ?x :p ?a FILTER EXISTS { ?x :q ?b } }` says the same: there
are terms that make all patterns true if, and only if, there are terms for the first with which there are some for the
others (https://www.w3.org/TR/sparql11-query/#func-filter-exists). It is evaluated by look-ups, and ends at the first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from kggraph.store.bracketed import Bracketed

_MOST_PATTERNS: Final = 16
_TERMS: Final = ("variable", "iri", "pname", "string", "integer", "number", "signed")
_SIZES: Final = {
    (True, True, True): 1,
    (True, False, True): 2,
    (True, True, False): 10,
    (True, False, False): 100,
    (False, True, True): 10_000,
    (False, False, True): 100_000,
    (False, True, False): 1_000_000,
    (False, False, False): 1_000_000_000,
}
"""How many triples a pattern is taken to have, by which of its places are known, as the engine has it."""
_REPEATED: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A triple pattern or a path, as text."""

    subject: str
    path: str
    object: str

    def __str__(self) -> str:
        return f"{self.subject} {self.path} {self.object}"

    @property
    def variables(self) -> set[str]:
        return {part[1:] for part in (self.subject, self.path, self.object) if part[0] in "?$"}

    def rank(self, bound: set[str]) -> tuple[bool, int]:
        """What is joined to something known comes first, and then what has few triples."""
        known = tuple(part[0] not in "?$" or part[1:] in bound for part in (self.subject, self.path, self.object))
        size = _SIZES[known[0], known[1], known[2]]
        if (" *" in self.path or " +" in self.path) and not (known[0] and known[2]):
            size *= _REPEATED
        return not (self.variables & bound or all(known)), size


class _NotPlain(Exception):
    """A group has more in it than triples and filters."""


def nested(text: str) -> str:
    """The query with the patterns of each EXISTS one within the other; as it is where the text cannot tell.

    >>> nested("ASK { ?a a <x:C> FILTER NOT EXISTS { ?b <x:q> 1 ; <x:p> ?a } }")
    'ASK { ?a a <x:C> FILTER NOT EXISTS { ?b <x:p> ?a FILTER EXISTS { ?b <x:q> 1 } } }'
    """
    query = _Query(text)
    return text[: query.read[0].start] + query.written(0, len(query.read) - 1) if query.is_balanced else text


class _Query(Bracketed):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._mentioned = Counter(token.text[1:] for token in self.read if token.kind == "variable")
        self._step = "_step"
        while self._step in text:
            self._step += "_"
        self._steps_named = 0

    def written(self, start: int, end: int) -> str:
        """The text from one token to another, with each EXISTS in it rewritten."""
        pieces, done, place = [], self.read[start].start, start
        while place < end:
            if self.is_word(place, "EXISTS") and self.is_mark(place + 1, "{"):
                closing = self.closing[place + 1]
                pieces += [self.text[done : self.read[place + 1].end], self._group(place + 2, closing)]
                place, done = closing, self.read[closing].start
            else:
                place += 1
        return "".join([*pieces, self.text[done : self.read[end].start]])

    def _group(self, start: int, end: int) -> str:
        """What stands between the brackets of an EXISTS."""
        try:
            patterns, filters = self._parts(start, end)
        except _NotPlain:
            patterns, filters = [], []
        if not 1 < len(patterns) <= _MOST_PATTERNS:
            between = self.text[self.read[start - 1].end : self.read[start].start]
            return between + self.written(start, end)
        inside = Counter(token.text[1:] for token in self.read[start:end] if token.kind == "variable")
        bound = {name for name, times in self._mentioned.items() if times > inside[name]}
        ordered: list[_Pattern] = []
        while patterns:
            ordered.append(min(patterns, key=lambda pattern: pattern.rank(bound)))
            patterns.remove(ordered[-1])
            bound |= ordered[-1].variables
        # A filter is of the whole group, and stands where all of its variables have their values.
        inner = " ".join((str(ordered[-1]), *(self.written(*each) for each in filters)))
        for pattern in reversed(ordered[:-1]):
            inner = f"{pattern} FILTER EXISTS {{ {inner} }}"
        return f" {inner} "

    def _parts(self, start: int, end: int) -> tuple[list[_Pattern], list[tuple[int, int]]]:
        """The patterns of a group, and from where to where its filters stand; there is nothing else in it."""
        patterns: list[_Pattern] = []
        filters: list[tuple[int, int]] = []
        place = start
        while place < end:
            if self.is_word(place, "FILTER"):
                after = self._after_filter(place + 1)
                filters.append((place, after))
            else:
                after = self._triples(place, end, patterns)
                if not (after == end or self.is_mark(after, ".") or self.is_word(after, "FILTER")):
                    raise _NotPlain
            place = after + 1 if self.is_mark(after, ".") else after
        return patterns, filters

    def _after_filter(self, place: int) -> int:
        while self.read[place].kind in ("word", "iri", "pname"):
            place += 1
        if self.read[place].kind == "nil":
            return place + 1
        if place not in self.closing:
            raise _NotPlain
        return self.closing[place] + 1

    def _triples(self, place: int, end: int, patterns: list[_Pattern]) -> int:
        """Reads the triples of one subject; where they end."""
        subject, place = self._term(place)
        while True:
            path, place = self._path(place)
            while True:
                term, place = self._term(place)
                patterns += self._steps(subject, path, term)
                if not self.is_mark(place, ","):
                    break
                place += 1
            if not self.is_mark(place, ";"):
                return place
            while self.is_mark(place, ";"):
                place += 1
            if place == end or self.is_mark(place, ".") or self.is_word(place, "FILTER"):
                return place

    def _steps(self, subject: str, path: list[str], term: str) -> list[_Pattern]:
        """A path as its steps, with variables of our own between them."""
        names = [subject]
        for _ in path[1:]:
            self._steps_named += 1
            names.append(f"?{self._step}{self._steps_named}")
        names.append(term)
        return [_Pattern(names[at], step, names[at + 1]) for at, step in enumerate(path)]

    def _term(self, place: int) -> tuple[str, int]:
        kind, text, _ = self.read[place]
        if kind == "word" and text in ("true", "false"):
            return text, place + 1
        if kind not in _TERMS:
            raise _NotPlain
        if kind == "string" and self.read[place + 1].kind == "language":
            return text + self.read[place + 1].text, place + 2
        if kind == "string" and self.is_mark(place + 1, "^^"):
            return f"{text}^^{self.read[place + 2].text}", place + 3
        return text, place + 1

    def _path(self, place: int) -> tuple[list[str], int]:
        """The steps of a path that are one after another, and where it ends."""
        if self.read[place].kind == "variable":
            return [self.read[place].text], place + 1
        steps = [""]
        has_choice = False
        while True:
            start = place
            place += self.is_mark(place, "^")
            token = self.read[place]
            if self.is_mark(place, "("):
                place = self.closing[place]
            elif token.kind not in ("iri", "pname") and token.text != "a":
                raise _NotPlain
            place += 1
            place += any(self.is_mark(place, mark) for mark in "*+?")
            steps[-1] += " ".join(each.text for each in self.read[start:place])
            if self.is_mark(place, "/"):
                steps.append("")
            elif self.is_mark(place, "|"):
                has_choice = True
                steps.append("| ")
            else:
                return steps if not has_choice else [self._choice(steps)], place
            place += 1

    @staticmethod
    def _choice(steps: list[str]) -> str:
        """`a / b | c` is one step: what binds less is not taken apart."""
        return steps[0] + "".join(f" {step}" if step.startswith("| ") else f" / {step}" for step in steps[1:])
