"""Reading RDF files: exact lexical forms, clear sentences on what is wrong and where."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias, TypedDict

import pyoxigraph as ox

from kggraph.errors import SourceError
from kggraph.rdf.blank import BlankNodes
from kggraph.rdf.folders import from_root, turtle_files
from kggraph.rdf.media import rdf_format_of
from kggraph.rdf.order import grouped
from kggraph.rdf.syntax import explain
from kggraph.rdf.tokens import line_of, places, tokens
from kggraph.terms import PREFIXES

_FOLDER: Final = "This is a folder, not a file; name a file in it."
MOST_MB: Final = 64
"""Size of a source file; each thing has one of its own."""

_BLANK: Final = re.compile(rb"^_:| _:\S+ \.$", re.MULTILINE)
_RDF_12: Final = re.compile(rb'^\S+ \S+ <<\(|"@[A-Za-z0-9-]+--(?:ltr|rtl) \.$', re.MULTILINE)
_RDF_12_MARKS: Final = (b"--", b"<<", b"{|", b"~")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that RDF allows, and that XML and so RDF/XML and pages cannot hold."""

_SUSPECT: Final = (rb"\u", rb"\b", rb"\f", b"\xef\xbf")
"""What N-Triples that hold such a character have in them."""


class _LineAndColumn(TypedDict):
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Turtle file as N-Triples, with exactly the lexical forms that are written in it."""

    path: Path
    relative: str
    """Path from the root, with slashes."""
    ntriples: bytes
    """Its triples, each once, in the order of the file, one a line, each line ending in a newline."""
    sha256: str
    """Of the bytes of the file."""
    subjects: tuple[str, ...]
    """IRIs of its subjects, each once, in the order of the file."""
    triples: int
    """How many there are."""
    stat: os.stat_result | None = None
    """What the file looked like before it was read."""


def read_file(
    path: Path,
    *,
    root: Path,
    base_from: str = "",
    base_to: str = "",
    blank_nodes: bool = False,
    prefixes: Mapping[str, str] = PREFIXES,
) -> SourceFile:
    """The triples of a Turtle file.

    :param root: folder that messages name the file from.
    :param base_from: base that the file's IRIs are written with; mapped to `base_to` when they differ.
    :param blank_nodes: whether they are allowed, as in shapes and ontologies; they get labels that are of this file.
    :param prefixes: those that are usual here, to name the namespace of one that was not declared.
    :raises SourceError: the file cannot be read, is not Turtle, has no triples, or has what data may not have:
        blank nodes, relative IRIs, control characters, parts of RDF 1.2.
    """
    relative = from_root(str(path), str(root))
    raw, stated = _read(path, relative)
    ntriples = parse_turtle(raw, relative, prefixes)
    # One byte is looked for 20 times as quickly as two, so it goes first.
    if b"_" in ntriples and b"_:" in ntriples and _BLANK.search(ntriples):
        if not blank_nodes:
            raise _blank_node(raw, relative)
        ntriples = _with_labels_of_the_file(ntriples, relative)
    if (b"\\" in ntriples or b"\xef" in ntriples) and any(mark in ntriples for mark in _SUSPECT):
        _refuse_characters(raw, relative)
    if base_from != base_to:
        ntriples = map_base(ntriples, base_from, base_to)
    lines = ntriples.splitlines(keepends=True)
    if len(unique := dict.fromkeys(lines)) != len(lines):
        ntriples = b"".join(unique)
    subjects = dict.fromkeys([line.partition(b" ")[0] for line in unique])
    return SourceFile(
        path=path,
        relative=relative,
        ntriples=ntriples,
        sha256=hashlib.sha256(raw).hexdigest(),
        subjects=tuple(subject[1:-1].decode() for subject in subjects if subject.startswith(b"<")),
        triples=len(unique),
        stat=stated,
    )


def read_folder(
    folder: Path,
    *,
    root: Path,
    base_from: str = "",
    base_to: str = "",
    blank_nodes: bool = False,
    prefixes: Mapping[str, str] = PREFIXES,
) -> Iterator[SourceFile]:
    """Every `.ttl` file below the folder, one after another, sorted by path; hidden files and folders are left out.

    :raises ConfigError: there is no such folder.
    :raises SourceError: a file of it cannot be read, or is RDF in another format.
    """
    for path in turtle_files(folder, root=root):
        yield read_file(
            path, root=root, base_from=base_from, base_to=base_to, blank_nodes=blank_nodes, prefixes=prefixes
        )


def read_dataset(path: Path, *, base_iri: str | None = None) -> Iterator[ox.Quad]:
    """The quads of a file in Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD, as its name says.

    :param base_iri: what relative IRIs are relative to.
    :raises SourceError: the file cannot be read, or is not what its name says.
    """
    found = rdf_format_of(path.name)
    if found is None:
        raise SourceError(
            "The name does not say which RDF format it is; use .ttl, .nt, .nq, .trig, .rdf or .jsonld.", path=path.name
        )
    rdf_format = ox.RdfFormat.from_media_type(found.media_type)
    try:
        yield from ox.parse(path=path, format=rdf_format, base_iri=base_iri)
    except OSError as error:
        raise SourceError(_os_sentence(error), path=path.name) from None
    except SyntaxError as error:
        message = str(error.msg).partition(": ")[2] or str(error.msg)
        raise SourceError(
            f"This is not {found.label}: {message}.", path=path.name, line=error.lineno, column=error.offset
        ) from None


def map_base(ntriples: bytes, base_from: str, base_to: str) -> bytes:
    """N-Triples with one base instead of another at the start of IRIs; texts stay as they are.

    >>> map_base(b'<a:/x> <a:/p> "<a:/x>" .\\n', "a:/", "b:/")
    b'<b:/x> <b:/p> "<a:/x>" .\\n'
    """
    old, new = f"<{base_from}".encode(), f"<{base_to}".encode()
    lines = ntriples.split(b"\n")
    for number, line in enumerate(lines):
        start, quote, rest = line.partition(b'"')
        body, end_quote, end = rest.rpartition(b'"')
        lines[number] = start.replace(old, new) + quote + body + end_quote + end.replace(old, new)
    return b"\n".join(lines)


def locate(
    path: Path,
    subject: str,
    predicate: str | None = None,
    object: str | None = None,
    *,
    base_from: str = "",
    base_to: str = "",
) -> int | None:
    """The line at which a triple of a Turtle file stands: of its object, else predicate, else subject.

    :param object: an IRI, or a literal's lexical form.
    :param base_from: base in the file, when the terms asked for have `base_to` instead.
    """
    asked = [subject, predicate, object]
    if base_from != base_to:
        asked = [base_from + t[len(base_to) :] if t and t.startswith(base_to) else t for t in asked]
    try:
        lines = _lines(path, path.stat().st_mtime_ns)
    except OSError:
        return None
    keys = ((asked[0], asked[1], asked[2]), (asked[0], asked[1], None), (asked[0], None, None))
    return next((lines[key] for key in keys if key in lines), None)


_Key: TypeAlias = tuple[str | None, str | None, str | None]


@lru_cache(maxsize=8)
def _lines(path: Path, _changed_ns: int) -> dict[_Key, int]:
    text = path.read_text("utf-8", errors="replace")
    newlines = [match.start() for match in re.finditer("\n", text)]
    found: dict[_Key, int] = {}
    for place in places(text):
        for key, offset in (
            ((place.subject, place.predicate, place.object), place.object_at),
            ((place.subject, place.predicate, None), place.predicate_at),
            ((place.subject, None, None), place.subject_at),
        ):
            found.setdefault(key, bisect_left(newlines, offset) + 1)
    return found


def read_bytes(path: Path, relative: str) -> bytes:
    """The bytes of a text file in UTF-8.

    :raises SourceError: it cannot be read, is too large, is not UTF-8, or begins with a byte order mark.
    """
    return _read(path, relative)[0]


def _read(path: Path, relative: str) -> tuple[bytes, os.stat_result]:
    try:
        # Without waiting, or a pipe would be waited for.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            stated = os.fstat(number)
            if (wrong := not_read(stated)) is not None:
                raise SourceError(wrong, path=relative)
            raw = read_all(number, stated.st_size)
        finally:
            os.close(number)
    except OSError as error:
        raise SourceError(_os_sentence(error), path=relative) from None
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(
            "The file begins with a byte order mark; save it as UTF-8 without BOM.", path=relative, line=1, column=1
        )
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise SourceError(
            f"The byte 0x{raw[error.start]:02X} is not UTF-8 (is it Latin-1?); save the file as UTF-8.",
            path=relative,
            **_at(before, len(before)),
        ) from None
    return raw, stated


def read_all(number: int, size: int) -> bytes:
    """The bytes of an open file to its end: a third of the time that `Path.read_bytes` takes, for a million files.

    :param number: of the file.
    :param size: about how many there are.
    :raises OSError: it cannot be read.
    """
    data = os.read(number, size + 1)
    while more := os.read(number, size + 1):
        data += more
    return data


def not_read(found: os.stat_result) -> str | None:
    """Why a file is refused before it is read, if it is."""
    if stat.S_ISDIR(found.st_mode):
        return _FOLDER
    if not stat.S_ISREG(found.st_mode):
        return "This is no ordinary file; put the text in a file."
    size_mb = found.st_size // (1024 * 1024)
    if size_mb <= MOST_MB:
        return None
    return (
        f"The file has {size_mb} MB, and one of more than {MOST_MB} MB is not read; give each thing a file of its own."
    )


def parse_turtle(raw: bytes, relative: str, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """The N-Triples of a Turtle text.

    :param relative: how messages name the file.
    :raises SourceError: it is not Turtle, has no triples, or has parts of RDF 1.2.

    >>> parse_turtle(b"<a:b> <a:c> 01 .", "a.ttl")
    b'<a:b> <a:c> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .\\n'
    """
    try:
        # Quads of the default graph in N-Quads are N-Triples; no Python object is touched on the way.
        ntriples = ox.serialize(ox.parse(raw, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_QUADS)
    except SyntaxError as error:
        raise explain(error, raw.decode(), relative, prefixes) from None
    if not ntriples:
        raise SourceError("The file has no triples; describe a thing in it, or remove it.", path=relative)
    if any(mark in raw for mark in _RDF_12_MARKS) and (found := _RDF_12.search(ntriples)):
        raise _rdf_12(raw.decode(), "direction of writing" if found[0].startswith(b'"') else "triple term", relative)
    return ntriples


def _with_labels_of_the_file(ntriples: bytes, relative: str) -> bytes:
    """Labels of blank nodes that are the same at every reading, and in no other file."""
    mark = hashlib.sha256(relative.encode()).hexdigest()[:8]
    labels = {old: f"_:f{mark}{new[2:]}" for old, new in BlankNodes(grouped(ntriples)).labels().items()}
    lines = []
    for line in ntriples.decode().splitlines():
        subject, predicate, rest = line.split(" ", 2)
        lines.append(f"{labels.get(subject, subject)} {predicate} {labels.get(rest[:-2], rest[:-2])} .\n")
    return "".join(lines).encode()


def _refuse_characters(raw: bytes, relative: str) -> None:
    text = raw.decode()
    for place in places(text):
        if bad := _FORBIDDEN.search(place.object):
            raise SourceError(
                f"The text has the character U+{ord(bad[0]):04X} in it, which XML and pages cannot hold; remove it.",
                path=relative,
                **_at(text, place.object_at),
            )


def _rdf_12(text: str, what: str, relative: str) -> SourceError:
    marks = (token.start for token in tokens(text) if text.startswith(("<<", "{|", "--", "~"), token.start))
    fix = "write the tag without it" if what.startswith("direction") else "say it of a thing with an IRI of its own"
    return SourceError(
        f"There is a {what} here, which is RDF 1.2 and not read yet; {fix}.", path=relative, **_at(text, next(marks, 0))
    )


def _blank_node(raw: bytes, relative: str) -> SourceError:
    text = raw.decode()
    marks = (token for token in tokens(text) if token.kind == "blank" or token.text in ("[", "("))
    found = next(marks, None)
    what = "a list here, which is made of blank nodes" if found and found.text == "(" else "a blank node here"
    return SourceError(
        f"There is {what}, and everything in the data needs an IRI, so that it can be linked and compared; "
        "give it one, such as that of the thing with #name behind it.",
        path=relative,
        **_at(text, found.start if found else 0),
    )


def _at(text: str, offset: int) -> _LineAndColumn:
    return {"line": line_of(text, offset), "column": offset - text.rfind("\n", 0, offset)}


def _os_sentence(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return _FOLDER
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "The file may not be read; give read permission."
    return f"The file cannot be read: {error.strerror or error}."
