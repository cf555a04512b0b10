"""What an item gets from a thing that it links to: made by a build, and by a patch again in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import tantivy

from kggraph.search import index_files
from kggraph.search.analysis import Analyser, words_and_joined
from kggraph.search.index_files import LABEL, PART, about
from kggraph.search.item_reader import ReadItem


@dataclass(slots=True)
class LinkedTerms:
    """The terms of a thing, with spaces between."""

    number: int
    names: str
    synonyms: str
    parts: str = ""
    """Those of the compounds in its names."""
    about: str = ""
    """The thing itself and everything it is under."""


def about_terms(number: int, broader: Callable[[int], Iterable[int]]) -> str:
    """A thing itself, and everything it is under: `#3 #1+ #3+`.

    :param broader: number of a thing to those that it is directly under.
    """
    above, todo = {number}, [number]
    while todo:
        new = [one for one in broader(todo.pop()) if one not in above]
        above.update(new)
        todo += new
    return " ".join((about(number), *(about(one, rolled=True) for one in sorted(above))))


def parts_of_names(
    names: Iterable[tuple[str, str]], analyser: Analyser, parts_of: Callable[[str, str], Iterable[str]]
) -> str:
    """The terms of the parts in names: of words with hyphens, and of compounds.

    :param names: each with its language tag.
    :param parts_of: word and language, one in which compounds are written, to the terms of its parts.
    """
    parts: list[str] = []
    for text, tag in names:
        lang = analyser.language(tag)
        own, joined = words_and_joined(text)
        parts += [term + PART for term in analyser.terms(joined, lang)]
        if lang in analyser.compounding:
            parts += [part for word in own for part in parts_of(word, lang)]
    return " ".join(parts)


def terms_of_items(thing: LinkedTerms) -> set[str]:
    """The terms that the items which link to a thing are found by."""
    return {term + LABEL for term in f"{thing.names} {thing.synonyms} {thing.parts}".split()} | {*thing.about.split()}


def document_of(item: ReadItem, parts: Iterable[str], linked: Sequence[LinkedTerms]) -> tantivy.Document:
    """An item as the engine gets it.

    :param parts: of its compounds.
    :param linked: what it links to, in the order of its links.
    """
    texts = [[own] for own in item.texts]
    for thing, place in zip(linked, item.places, strict=True):
        texts[place].append(thing.names)
    document = tantivy.Document()
    document.add_integer(index_files.NUMBER, item.number)
    for place, of_weight in enumerate(texts):
        document.add_text(index_files.text_field(place), " ".join(of_weight))
    document.add_text(index_files.SYNONYMS, " ".join([thing.synonyms for thing in linked]))
    document.add_text(index_files.PARTS, " ".join([*parts, *[thing.parts for thing in linked]]))
    document.add_text(index_files.ABOUT, " ".join([thing.about for thing in linked]))
    return document
