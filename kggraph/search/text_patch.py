"""A text index after an edit of some items, made from the one before it.

The engine gets a segment of its own and a list of items that count no longer, beside the segments of the full build;
terms whose items changed are told in `patch.json`. What is told of the whole corpus stays that of the full build: how
often words occur, and so what is a compound and what a word is corrected to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import tantivy
from tantivy import Query

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search.analysis import Analyser, split_compound, words
from kggraph.search.engine_files import MAKING, move_named_by_content, segments, written_by_engine
from kggraph.search.index_files import NUMBER, PART, Files, KnownThing, Label
from kggraph.search.item_edits import ItemEdit, ItemState, link_files
from kggraph.search.item_reader import ItemReader
from kggraph.search.linked_terms import LinkedTerms, about_terms, document_of, parts_of_names, terms_of_items
from kggraph.search.patched_items import PATCH_FILE, UnpatchableError, newest_places, read_patch
from kggraph.search.patched_texts import Table, TitledItem

_HEAP_BYTES: Final = 20_000_000
_CACHED: Final = 4_096


def patch_text_index(base: Path, folder: Path, facets: Path, model: Model, edits: Iterable[ItemEdit]) -> None:
    """Write the text index after an edit to a new folder.

    :param base: the index before it, which stays as it is.
    :param facets: the facets after it: items have the same numbers in both.
    :raises UnpatchableError: the index after this edit is to be built.
    """
    edits = [edit for edit in edits if edit.before or edit.after]
    items = read_patch(facets)
    numbers = {item.iri: item.number for item in items}
    patch = _Patch(Files(base, ranked=False), model, edits)
    new: dict[int, tantivy.Document] = {}
    old: list[int] = []
    for edit in edits:
        number = numbers[edit.iri]
        before, after = (patch.read(number, edit.iri, state) for state in (edit.before, edit.after))
        patch.take(number, before, after)
        if before:
            old.append(number)
        if after:
            new[number] = after.document
    patch.patched.places = newest_places(items)
    link_files(base, folder, but=(PATCH_FILE,))
    _patch_engine(base / "engine", folder, old, new.values())
    patch.patched.write(folder)


def _patch_engine(base: Path, folder: Path, old: Iterable[int], new: Iterable[tantivy.Document]) -> None:
    """Take items out of the engine and put others in."""
    making = folder / MAKING
    link_files(base, making)
    with written_by_engine():
        engine = tantivy.Index.open(str(making))
        searcher, writer = engine.searcher(), engine.writer(_HEAP_BYTES, 1)
        for number in old:
            query = Query.term_query(engine.schema, NUMBER, number)
            # The engine deletes nothing, and says nothing, where nothing is found.
            if len(searcher.search(query, 2).hits) != 1:
                raise UnpatchableError(f"Item {number} is not once in the engine.")
            writer.delete_documents_by_query(query)
        for document in new:
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
    move_named_by_content(making, folder / base.name, segments(base))


class _Read(NamedTuple):
    """What an index has of an item."""

    terms: set[str]
    words: set[str]
    """Those of its titles."""
    titled: TitledItem
    document: tantivy.Document


class _Patch:
    """Reads items as the build did, and collects what changes."""

    def __init__(self, files: Files, model: Model, edits: Iterable[ItemEdit]) -> None:
        self.patched = files.patched
        self._analyser = Analyser(files.about["languages"])
        self._things = _Things(files, self._analyser)
        linked = self._things.linked(state.ntriples for edit in edits for state in (edit.before, edit.after) if state)
        languages, weights = self._analyser.languages, files.about["weights"]
        self._reader = ItemReader(model, languages, weights, linked, self._things.phrases())
        self._items = lru_cache(_CACHED)(files.items)

    def read(self, number: int, iri: str, state: ItemState | None) -> _Read | None:
        """The terms of an item, as the build finds them; nothing for an item that is not there."""
        if state is None:
            return None
        batch = self._reader.read([(number, iri, state.ntriples)])
        item = batch.items[0]
        terms = set(batch.phrases)
        for lang, found in batch.words.items():
            terms.update(self._analyser.terms(found, lang))
        parts = item.joined.split()
        for lang, own in item.compounds:
            parts += itertools.chain.from_iterable(self._things.parts_of(word, lang) for word in own.split())
        terms = terms.union(parts, *(self._things.spread[thing] for thing in item.links))
        document = document_of(item, parts, [self._things.told[thing] for thing in item.links])
        return _Read(terms, set(batch.title_words), TitledItem(number, iri, item.titles), document)

    def take(self, number: int, before: _Read | None, after: _Read | None) -> None:
        """Take in what an edit does to an item."""
        self._change("terms", number, before.terms if before else set(), after.terms if after else set())
        self._change("title_words", number, before.words if before else set(), after.words if after else set())
        self.patched.items.pop(number, None)
        if after:
            self.patched.items[number] = after.titled

    def _change(self, table: Table, number: int, before: set[str], after: set[str]) -> None:
        # Asked of the index: the parts of a compound may have been other ones in the build.
        for key in (before ^ after) | {key for key in after if key.endswith(PART)}:
            had, has = number in self._items(key, table), key in after
            if had != has:
                self.patched.change(table, key, number, has=has)


class _Things:
    """What items get from the things that they link to, as the build gave it to them."""

    def __init__(self, files: Files, analyser: Analyser) -> None:
        self._files, self._analyser = files, analyser
        self._parts_of: dict[tuple[str, str], list[str]] = {}
        self.told: dict[int, LinkedTerms] = {}
        """By number of the thing: what the engine gets of it."""
        self.spread: dict[int, set[str]] = {}
        """By number of the thing: all terms that its items are found by."""

    def linked(self, states: Iterable[bytes]) -> dict[bytes, int]:
        """Numbers of the things that the items in these states link to."""
        objects = {term for triples in states for _, _, term in ntriples.rows(triples) if ntriples.is_iri(term)}
        found: dict[bytes, int] = {}
        for term in sorted(objects):
            if thing := self._files.thing(ntriples.iri(term)):
                self._learn(thing)
                found[term] = thing.number
        return found

    def phrases(self) -> list[str]:
        """The labels of concepts that have several words."""
        query = "SELECT DISTINCT key FROM labels WHERE key NOT LIKE '&%' AND key LIKE '% %'"
        return [key for (key,) in self._files.database.execute(query)]

    def _learn(self, thing: KnownThing) -> None:
        told = LinkedTerms(thing.number, self._terms(thing.names), self._terms(thing.synonyms))
        told.parts = parts_of_names(thing.names, self._analyser, self.parts_of)
        told.about = about_terms(thing.number, self._broader)
        self.told[thing.number], self.spread[thing.number] = told, terms_of_items(told)

    def _terms(self, labels: Iterable[Label]) -> str:
        return " ".join(
            term for text, tag in labels for term in self._analyser.terms(words(text), self._analyser.language(tag))
        )

    def _broader(self, number: int) -> tuple[int, ...]:
        known = self._files.thing(number)
        return known.broader if known else ()

    def parts_of(self, word: str, lang: str) -> list[str]:
        """The terms of the parts of a compound: as in the build, if that met the word."""
        if (word, lang) not in self._parts_of:
            self._parts_of[word, lang] = self._taken_apart(word, lang)
        return self._parts_of[word, lang]

    def _taken_apart(self, word: str, lang: str) -> list[str]:
        database = self._files.database
        row = database.execute("SELECT parts FROM compounds WHERE lang = ? AND word = ?", (lang, word)).fetchone()
        if row:
            return str(row[0]).split()
        counter = self._files.counter(lang)
        if counter(word):
            return []
        split = split_compound(word, lang, counter)
        parts = split.parts if split and not split.known_head else ()
        return [term + PART for term in self._analyser.terms(parts, lang)]
