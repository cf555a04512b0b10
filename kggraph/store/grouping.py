"""GROUP BY over the values that one subject has, answered from bitmaps before the engine sees it.

`SELECT ?a ?b (COUNT(?s) AS ?n) { ?s :p ?a ; :q ?b } GROUP BY ?a ?b` is what is asked most of a knowledge base, and an
engine makes all pairs of all subjects to count them. How many subjects have two values is the size of the intersection
of two bitmaps (`tally`); the query gets these numbers as VALUES in the place of its patterns, and they are exact. What
is not of this form to the letter stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from kggraph.store.bracketed import Bracketed
from kggraph.store.guard import expand
from kggraph.store.lexer import unescape
from kggraph.store.tally import Tally
from kggraph.terms import RDF

_OTHER_DATA: Final = frozenset(("FROM", "GRAPH", "SERVICE", "LATERAL", "BASE"))
"""Words after which a query, or a part of it, is not of the default graph, or its IRIs are not what they seem."""
_TAIL: Final = frozenset(("ORDER", "BY", "ASC", "DESC", "LIMIT", "OFFSET", "STR", "LCASE", "UCASE"))
"""Words that may follow a group whose numbers are there already."""
_TAIL_BEGINS: Final = ("ORDER", "LIMIT", "OFFSET")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!.*/\.)[^\\]*")
"""An IRI that no base changes."""


class _OtherForm(Exception):
    """It is no count of groups, or not one that bitmaps can tell."""


@dataclass(slots=True)
class _Count:
    """A SELECT that counts subjects by their values."""

    shown: list[str] = field(default_factory=list)
    """Variables of the solutions, in order."""
    numbers: list[str] = field(default_factory=list)
    """Those of them that are counts."""
    counted: list[str] = field(default_factory=list)
    """What is counted: a variable, or nothing for `*`."""
    subject: str = ""
    values: dict[str, bytes] = field(default_factory=dict)
    """Variable to property."""
    having: list[tuple[bytes, bytes]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


def counted(text: str, tally: Tally) -> str:
    """The query with the numbers in the place of each count of groups that the tally knows; else as it is."""
    query = _Query(text, tally)
    return query.written() if query.is_balanced and query.is_of_default_graph else text


class _Query(Bracketed):
    def __init__(self, text: str, tally: Tally) -> None:
        super().__init__(text)
        self._tally = tally
        self._prefixes: dict[str, str] = {}
        words = {token.text.upper() for token in self.read if token.kind == "word"}
        self.is_of_default_graph = not words & _OTHER_DATA

    def written(self) -> str:
        """The text with each count of groups rewritten."""
        pieces, done, place, end = [], 0, 0, len(self.read) - 1
        while place < end:
            if self.is_word(place, "PREFIX") and self.read[place + 1].kind == "pname":
                # One that is not absolute is left out, and the names that begin with it are left to the engine.
                iri = unescape(self.read[place + 2].text[1:-1])
                self._prefixes |= {self.read[place + 1].text[:-1]: iri} if _ABSOLUTE.fullmatch(iri) else {}
                place += 3
            elif self.is_word(place, "EXISTS") and self.is_mark(place + 1, "{"):
                place = self.closing[place + 1]  # where variables may have values from outside
            elif self.is_word(place, "SELECT"):
                try:
                    group, after = self._select(place + 1)
                    self._check_tail(after, {*group.values, *group.numbers})
                    numbers = self._numbers(group)
                except (_OtherForm, IndexError):
                    place += 1
                    continue
                pieces += [self.text[done : self.read[place].start], numbers]
                place, done = after, self.read[after - 1].end
            else:
                place += 1
        return "".join([*pieces, self.text[done:]])

    # ------------------------------------------------------------------ reading
    def _select(self, place: int) -> tuple[_Count, int]:
        """Reads from behind SELECT to the end of GROUP BY."""
        group = _Count()
        while not (self.is_word(place, "WHERE") or self.is_mark(place, "{")):
            place = self._shown(group, place)
        place += self.is_word(place, "WHERE")
        self._require(self.is_mark(place, "{") and bool(group.numbers))
        end = self.closing[place]
        place += 1
        while place < end:
            place = self._triples(group, place, end)
        place = end + 1
        if self.is_word(place, "GROUP") and self.is_word(place + 1, "BY"):
            place += 2
            while self.read[place].kind == "variable":
                group.groups.append(self._variable(place))
                place += 1
        names = [*group.values, *group.numbers, group.subject]
        self._require(len(set(names)) == len(names) and bool(group.subject))
        self._require(len(set(group.shown)) == len(group.shown) and set(group.groups) == set(group.values))
        self._require(set(group.shown) <= set(names) - {group.subject} and set(group.counted) <= {group.subject, ""})
        return group, place

    def _shown(self, group: _Count, place: int) -> int:
        """Reads a variable, or `(COUNT(...) AS ?n)`."""
        if self.read[place].kind == "variable":
            group.shown.append(self._variable(place))
            return place + 1
        self._require(self.is_mark(place, "(") and self.is_word(place + 1, "COUNT") and self.is_mark(place + 2, "("))
        place += 3
        # Each solution of such a group is another, and so is each subject in it.
        place += self.is_word(place, "DISTINCT")
        group.counted.append("" if self.is_mark(place, "*") else self._variable(place))
        self._require(self.is_mark(place + 1, ")") and self.is_word(place + 2, "AS") and self.is_mark(place + 4, ")"))
        group.numbers.append(self._variable(place + 3))
        group.shown.append(group.numbers[-1])
        return place + 5

    def _triples(self, group: _Count, place: int, end: int) -> int:
        """Reads the triples of the one subject."""
        subject = self._variable(place)
        self._require(group.subject in ("", subject))
        group.subject = subject
        place += 1
        while True:
            name = f"<{RDF}type>".encode() if self.read[place].text == "a" else self._iri(place)
            while True:
                place += 1
                if self.read[place].kind == "variable":
                    variable = self._variable(place)
                    self._require(variable not in group.values)
                    group.values[variable] = name
                else:
                    group.having.append((name, self._iri(place)))
                place += 1
                if not self.is_mark(place, ","):
                    break
            had_mark = False
            while self.is_mark(place, ";"):
                place, had_mark = place + 1, True
            if self.is_mark(place, "."):
                return place + 1
            if place == end:
                return place
            self._require(had_mark)

    def _check_tail(self, place: int, known: set[str]) -> None:
        """What follows sorts and cuts, and asks nothing more of the group."""
        self._require(self.is_mark(place, "}") or self.read[place].kind == "end" or self.is_word(place, *_TAIL_BEGINS))
        while not (self.is_mark(place, "}") or self.read[place].kind == "end"):
            token = self.read[place]
            if token.kind == "mark":
                self._require(token.text in "()")
            elif token.kind == "word":
                self._require(token.text.upper() in _TAIL)
            elif token.kind == "variable":
                self._require(token.text[1:] in known)
            else:
                self._require(token.kind == "integer")
            place += 1

    def _variable(self, place: int) -> str:
        self._require(self.read[place].kind == "variable")
        return self.read[place].text[1:]

    def _iri(self, place: int) -> bytes:
        kind, text, _ = self.read[place]
        if kind == "pname":
            self._require(text.partition(":")[0] in self._prefixes)
            iri = expand(text, self._prefixes)
        else:
            self._require(kind == "iri")
            iri = unescape(text[1:-1])
        self._require(_ABSOLUTE.fullmatch(iri) is not None)
        return f"<{iri}>".encode()

    @staticmethod
    def _require(holds: bool) -> None:
        if not holds:
            raise _OtherForm

    # ------------------------------------------------------------------ writing
    def _numbers(self, group: _Count) -> str:
        found = self._tally.counts(list(group.values.values()), group.having)
        self._require(found is not None)
        assert found is not None
        columns = [*group.values, *group.numbers]
        rows = "".join(self._row(values, number, len(group.numbers)) for values, number in found.items())
        shown, head = (" ".join(f"?{name}" for name in names) for names in (group.shown, columns))
        return f"SELECT {shown} {{ VALUES ({head}) {{ {rows}}} }}"

    @staticmethod
    def _row(values: tuple[bytes, ...], number: int, times: int) -> str:
        return f"({' '.join([*(value.decode() for value in values), *[str(number)] * times])}) "
