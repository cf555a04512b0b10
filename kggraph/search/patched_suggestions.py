"""The names that are suggested after patches: things get and lose items, and only what has items is suggested."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from kggraph.search.analysis import Analyser
from kggraph.search.index_files import PART, Files, about
from kggraph.search.suggest_writer import NameRow, name_rows
from kggraph.search.texts import Named, Text

Name: TypeAlias = tuple[int, int, int, int, str, str]
"""A name that begins as asked in one of its words: thing, where that word starts, how many items link to the thing,
whether it is preferred, language and text."""
_ABOUT: Final = about(0)[0]


class PatchedSuggestions:
    """What patches changed of the names that are suggested."""

    def __init__(self, files: Files, analyser: Analyser) -> None:
        self._ranks: dict[int, int] = {}
        self._gone: set[int] = set()
        self._new: list[NameRow] = []
        for term in files.patched.terms:
            if term.startswith(_ABOUT):
                number = int(term.strip(_ABOUT + PART))
                self._ranks[number] = files.count(about(number))
                # A thing is suggested when items link to it or to what is under it.
                if term.endswith(PART) and not files.count(term):
                    self._gone.add(number)
                elif term.endswith(PART) and not files.built(term) and (thing := files.thing(number)):
                    names, synonyms = (tuple(Text(*label) for label in part) for part in (thing.names, thing.synonyms))
                    named = Named(thing.iri, thing.kind, names, synonyms, (), thing.is_concept)
                    self._new += name_rows(number, named, thing.items, analyser)

    def after(self, typed: str, rows: Iterable[Name]) -> Iterable[Name]:
        """Names as they are after the patches.

        :param rows: those of the full build that begin as typed.
        """
        if not self._ranks:
            return rows
        left: list[Name] = [
            (thing, start, self._ranks.get(thing, rank), preferred, lang, text)
            for thing, start, rank, preferred, lang, text in rows
            if thing not in self._gone
        ]
        new = (row for row in self._new if row.key.startswith(typed))
        return left + [(row.thing, row.start, row.rank, row.preferred, row.lang, row.text) for row in new]
