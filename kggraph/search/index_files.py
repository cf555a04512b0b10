"""The files of a text index: their names, how they are written, and reading them from any thread."""

from __future__ import annotations

import json
import mmap
import sqlite3
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import tantivy
from pyroaring import BitMap

from kggraph import page_log
from kggraph.errors import GenerationError
from kggraph.search import spelling
from kggraph.search.analysis import STOP_WORDS
from kggraph.search.engine_files import readable
from kggraph.search.patched_texts import Table, TitledItem, read_patched_texts

NUMBER: Final = "number"
SYNONYMS: Final = "synonyms"
PARTS: Final = "parts"
ABOUT: Final = "about"
PART: Final = "+"
"""Ends the term of a part of a compound, and of a concept with what is under it."""
LABEL: Final = "*"
"""Ends a term whose items do not have it in a text of their own, but in the name of a thing they link to."""
PHRASE: Final = "_"
"""Joins the terms of a label of several words to one term, for where it stands in a text as it is."""

LAST_LETTER: Final = "\U0010ffff"
"""Comes after every letter, in the order of the files."""
_SPELLING: Final = "spelling.bin"
_VERSION: Final = 3
_TABLES: Final = """
CREATE TABLE about (value TEXT NOT NULL);
CREATE TABLE terms (term TEXT PRIMARY KEY, count INTEGER, start INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE NOT NULL, count INTEGER NOT NULL);
CREATE TABLE compounds (lang TEXT, word TEXT, parts TEXT, PRIMARY KEY (lang, word)) WITHOUT ROWID;
CREATE TABLE things (number INTEGER PRIMARY KEY, iri TEXT UNIQUE NOT NULL, kind TEXT, concept INTEGER, count INTEGER,
    weight REAL, names TEXT, synonyms TEXT, broader TEXT);
CREATE TABLE labels (key TEXT NOT NULL, thing INTEGER NOT NULL, preferred INTEGER NOT NULL, lang TEXT, text TEXT);
CREATE TABLE items (number INTEGER PRIMARY KEY, iri TEXT NOT NULL, titles TEXT NOT NULL);
CREATE TABLE title_words (word TEXT PRIMARY KEY, count INTEGER, start INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE names (number INTEGER PRIMARY KEY, key TEXT NOT NULL, thing INTEGER NOT NULL, start INTEGER NOT NULL,
    rank INTEGER NOT NULL, preferred INTEGER NOT NULL, lang TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE name_tops (beginning TEXT NOT NULL, name INTEGER NOT NULL);
CREATE TABLE title_tops (beginning TEXT NOT NULL, word TEXT NOT NULL);
"""
_INDEXES: Final = """
CREATE INDEX labels_key ON labels (key);
CREATE INDEX names_key ON names (key);
CREATE INDEX name_tops_beginning ON name_tops (beginning);
CREATE INDEX title_tops_beginning ON title_tops (beginning);
"""


def text_field(bucket: int) -> str:
    """The engine's field for the texts of the weight at that place."""
    return f"text{bucket}"


def schema(buckets: int, own: Container[int]) -> tantivy.Schema:
    """The engine's fields: finished terms with spaces between, as its whitespace tokenizer gives them back.

    :param own: places of the weights that texts of the items themselves have: only there are phrases looked for.
    """
    builder = tantivy.SchemaBuilder().add_integer_field(NUMBER, indexed=True, fast=True)
    for bucket in range(buckets):
        kept = "position" if bucket in own else "freq"
        builder.add_text_field(text_field(bucket), tokenizer_name="whitespace", index_option=kept)
    for name in (SYNONYMS, PARTS):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    return builder.add_text_field(ABOUT, tokenizer_name="whitespace", index_option="basic").build()


def about(thing: int, *, rolled: bool = False) -> str:
    """The term of the items that link to a thing, or also of those that link to what is under it."""
    return f"#{thing}{PART}" if rolled else f"#{thing}"


class Label(NamedTuple):
    """A name and its language tag (empty: none)."""

    text: str
    lang: str


class KnownThing(NamedTuple):
    """A thing that items may link to."""

    number: int
    iri: str
    kind: str
    is_concept: bool
    items: int
    """How many items link to it."""
    names: tuple[Label, ...]
    synonyms: tuple[Label, ...]
    broader: tuple[int, ...]


class FileWriter:
    """Writes `search.sqlite`, and bitmaps to `postings.bin`."""

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self._folder = folder
        self._bitmaps = (folder / "postings.bin").open("wb")
        self._end = 0
        self.database = sqlite3.connect(folder / "search.sqlite", isolation_level=None)
        for pragma in ("page_size = 8192", "journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.executescript(_TABLES)
        self.database.execute("BEGIN")
        self.database.execute("INSERT INTO about VALUES (?)", (dump({**about, "version": _VERSION}),))

    def add_bitmaps(self, table: str, bitmaps: Mapping[str, BitMap]) -> None:
        """Keep the bitmap of every key; one of a single item needs no bytes."""
        self.insert(table, 4, (self._place(key, bitmaps[key]) for key in sorted(bitmaps)))

    def add_words(self, counts: Iterable[Counter[str]]) -> None:
        """Keep the words of the corpus for the spelling of words it does not have."""
        total: Counter[str] = Counter()
        for of_language in counts:
            total.update({w: n for w, n in of_language.items() if len(w) >= spelling.SHORTEST and w.isalpha()})
        kept = sorted(sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))[: spelling.KEPT])
        self.insert("words", 3, ((number, word, count) for number, (word, count) in enumerate(kept)))
        (self._folder / _SPELLING).write_bytes(spelling.filed([word for word, _ in kept]))

    def insert(self, table: str, columns: int, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of as many values as the table has columns."""
        self.database.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * columns)})", rows)

    def finish(self) -> None:
        """Complete and close both files."""
        self.database.execute("COMMIT")
        self.database.executescript(_INDEXES)
        self.close()

    def close(self) -> None:
        """Close both files as they are; those that are not finished are of no use."""
        self._bitmaps.close()
        self.database.close()

    def _place(self, key: str, bitmap: BitMap) -> tuple[str, int, int, int]:
        if len(bitmap) == 1:
            return key, 1, bitmap[0], 0
        bitmap.run_optimize()
        data = bitmap.serialize()
        start, self._end = self._end, self._end + len(data)
        self._bitmaps.write(data)
        return key, len(bitmap), start, len(data)


class Files:
    """Reads the files of an index; immutable, each thread over a connection of its own."""

    def __init__(self, folder: Path, *, ranked: bool = True) -> None:
        """Open a folder.

        :param ranked: whether the engine is opened too.
        :raises GenerationError: it holds no index, or one of another version.
        """
        self._connections = page_log.Connections(folder / "search.sqlite")
        try:
            self.about: dict[str, Any] = json.loads(self.database.execute("SELECT value FROM about").fetchone()[0])
            self._bitmaps = _mapped(folder / "postings.bin")
            self.patched = read_patched_texts(folder)
            self._spelling = memoryview(_mapped(folder / _SPELLING)).cast("Q")
            if ranked:
                with readable(folder / "engine") as engine:
                    self.engine = tantivy.Index.open(str(engine))
                    self.engine.config_reader("manual", 0)
                    self.engine.reload()
            self.newest = self.patched.newest()
        except OSError as error:
            raise GenerationError(f"The text index cannot be opened: {error.strerror or 'it is damaged'}.") from None
        except (ValueError, TypeError, sqlite3.Error) as error:
            raise GenerationError(f"The text index cannot be read ({error}); build anew.") from None
        if self.about.get("version") != _VERSION:
            raise GenerationError("The text index was made by another version; build anew.")

    @property
    def database(self) -> sqlite3.Connection:
        """This thread's connection, read-only."""
        return self._connections.here()

    def count(self, term: str) -> int:
        """How many items have a term in a text of their own."""
        changed = self.patched.terms.get(term)
        return self.built(term) + (changed.more if changed else 0)

    def built(self, term: str) -> int:
        """How many items had a term in the full build."""
        row = self.database.execute("SELECT count FROM terms WHERE term = ?", (term,)).fetchone()
        return int(row[0]) if row else 0

    def knows(self, term: str) -> bool:
        """Whether any item has a term, or links to a thing with it in its name."""
        if not self.patched.terms.keys().isdisjoint((term, term + LABEL)):
            return self.count(term) > 0 or self.count(term + LABEL) > 0
        row = self.database.execute("SELECT 1 FROM terms WHERE term IN (?, ?)", (term, term + LABEL)).fetchone()
        return row is not None

    def counter(self, lang: str, but: str = "") -> Callable[[str], int]:
        """How often words occur, other than one; stop words of a language not counted."""
        stop_words = STOP_WORDS.get(lang, frozenset())

        def count(word: str) -> int:
            if word == but or word in stop_words:
                return 0
            row = self.database.execute("SELECT count FROM words WHERE word = ?", (word,)).fetchone()
            return int(row[0]) if row else 0

        return count

    def nearest(self, word: str) -> list[spelling.Near]:
        """Known words that are almost one that is not known, the likeliest first."""
        return spelling.nearest(self._spelling, self.database, word)

    def items(self, term: str, table: Table = "terms") -> BitMap:
        """The items that have a term."""
        changed = self.patched.of(table).get(term)
        built = self._built_items(term, table)
        return changed.applied(built) if changed else built

    def _built_items(self, term: str, table: Table) -> BitMap:
        key = "term" if table == "terms" else "word"
        row = self.database.execute(f"SELECT start, size FROM {table} WHERE {key} = ?", (term,)).fetchone()
        return self.bitmap(*row) if row else BitMap()

    def titled(self, found: BitMap, most: int) -> list[TitledItem]:
        """The newest of some items with their titles."""
        numbers = self.newest.page(found, 0, most)
        marks = ",".join("?" * len(numbers))
        query = f"SELECT number, iri, titles FROM items WHERE number IN ({marks})"
        rows = {row[0]: TitledItem(*row) for row in self.database.execute(query, numbers)} | self.patched.items
        return [rows[number] for number in numbers]

    def title_words(self, begun: str, most: int) -> list[str]:
        """The first words of titles that begin so, by the alphabet."""
        changed = {word: more for word, more in self.patched.title_words.items() if word.startswith(begun)}
        found = [
            word
            for word, count in self.database.execute(
                "SELECT word, count FROM title_words WHERE word >= ? AND word < ? LIMIT ?",
                (begun, begun + LAST_LETTER, most + len(changed)),
            )
            if word not in changed
        ]
        return sorted([*found, *(word for word in changed if self.items(word, "title_words"))])[:most]

    def thing(self, key: str | int) -> KnownThing | None:
        """A thing that items may link to, by its IRI or number."""
        column = "iri" if isinstance(key, str) else "number"
        row = self.database.execute(
            f"SELECT number, iri, kind, concept, count, names, synonyms, broader FROM things WHERE {column} = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        number, iri, kind, is_concept, items, *listed = row
        if about(number) in self.patched.terms:
            items = self.count(about(number))
        names, synonyms = (tuple(Label(*label) for label in json.loads(labels)) for labels in listed[:2])
        return KnownThing(number, iri, kind, bool(is_concept), items, names, synonyms, tuple(json.loads(listed[2])))

    def bitmap(self, start: int, size: int) -> BitMap:
        """The bitmap at a place."""
        return BitMap.deserialize(self._bitmaps[start : start + size]) if size else BitMap([start])


def _mapped(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(value: Any) -> str:
    """JSON in one line, letters as they are."""
    return _JSON.encode(value)
