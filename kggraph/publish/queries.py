"""Named queries: questions in `.rq` files that are complete queries, with parameters that can be given other values.

A file starts with comments that say what it asks, in the languages of the pages, and names its parameters. A
parameter is a variable that the query binds once, in `VALUES ?name { value }`: the value there is the default, so the
file runs as it is in any SPARQL tool. `NamedQuery.bind` puts another term in that place; texts are never glued.
See `docs/queries.md`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kggraph.errors import BadParameter, QueryRefused, QuerySyntaxError, SourceError
from kggraph.rdf.iris import is_iri
from kggraph.store.guard import inspect
from kggraph.store.lexer import Token, tokens
from kggraph.terms import XSD

LangText = Mapping[str, str]

PARAMETER_TYPES: Final = ("iri", "literal", "integer", "language")
"""What the value of a parameter may be; a language is a language tag as a plain string, to compare with `lang()`."""

_FACT: Final = re.compile(r"#\s*(title|description)\.([A-Za-z]{2,3}):\s*(.+)\Z")
_PARAMETER: Final = re.compile(r"#\s*param:\s*([A-Za-z_][A-Za-z0-9_]*)\s+([a-z]+)\s*(.*)\Z")
_LABEL: Final = re.compile(r'\s*label\.([A-Za-z]{2,3})\s+"([^"]*)"')
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of a named query that may be replaced."""

    name: str
    type: str
    """One of `PARAMETER_TYPES`."""
    label: LangText
    default: ox.NamedNode | ox.Literal

    @property
    def default_text(self) -> str:
        """The default as it may be given: an IRI or the text of a literal."""
        return self.default.value

    def parse(self, text: str, prefixes: Mapping[str, str]) -> ox.NamedNode | ox.Literal:
        """The term that a text from a form, an address or a shell stands for.

        >>> year = Parameter("year", "integer", {}, ox.Literal(2020))
        >>> str(year.parse("2021", {}))
        '"2021"^^<http://www.w3.org/2001/XMLSchema#integer>'

        :raises BadParameter: the text is no value of this type.
        """
        if self.type == "iri":
            return self._iri(text.strip(), prefixes)
        if self.type == "integer":
            if not _INTEGER.match(text.strip()):
                raise self._bad(text, "a whole number, such as 2024")
            return ox.Literal(str(int(text)), datatype=ox.NamedNode(f"{XSD}integer"))
        if self.type == "language":
            if not _LANGUAGE.match(text.strip()):
                raise self._bad(text, "a language tag, such as nl or en")
            return ox.Literal(text.strip().lower())
        if _CONTROL.search(text):
            raise self._bad(text, "a text without control characters")
        return ox.Literal(text)

    def _iri(self, text: str, prefixes: Mapping[str, str]) -> ox.NamedNode:
        full = text[1:-1] if text.startswith("<") and text.endswith(">") else text
        prefix, colon, local = full.partition(":")
        if colon and prefix in prefixes and not local.startswith("//"):
            full = prefixes[prefix] + local
        if not is_iri(full):
            known = f" or a name with one of the query's prefixes ({', '.join(prefixes)})" if prefixes else ""
            raise self._bad(text, f"an IRI{known}")
        return ox.NamedNode(full)

    def _bad(self, text: str, expected: str) -> BadParameter:
        shown = text if len(text) <= 60 else f"{text[:59]}…"
        return BadParameter(f"{self.name} is {shown!r}; it needs {expected}.", parameter=self.name)


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A question that can be asked by its name."""

    name: str
    title: LangText
    description: LangText
    parameters: tuple[Parameter, ...]
    text: str
    """The whole file: a query that runs as it is, with the defaults."""
    prefixes: Mapping[str, str]

    @property
    def body(self) -> str:
        """The query without the comments at the top."""
        lines = self.text.splitlines()
        start = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
        return "\n".join(lines[start:]).strip() + "\n"

    def bind(self, values: Mapping[str, str]) -> str:
        """The query with those values in place of the defaults; a parameter without a value keeps its default.

        :raises BadParameter: there is no such parameter, or a value is not of its type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        terms: dict[str, ox.NamedNode | ox.Literal] = {}
        for name, text in values.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                listed = f"Its parameters: {', '.join(known)}." if known else "It has no parameters."
                hint = f"Did you mean {near[0]}?" if near else listed
                raise BadParameter(f"The query {self.name} has no parameter {name!r}. {hint}", parameter=name)
            terms[name] = known[name].parse(text, self.prefixes)
        body, pieces, done = self.body, [], 0
        for name, start, end in _value_blocks(body):
            if name in terms:
                pieces += [body[done:start], f" {terms[name]} "]
                done = end
        return "".join([*pieces, body[done:]])


def read_queries(folder: Path, *, base_from: str = "", base_to: str = "") -> dict[str, NamedQuery]:
    """The named queries of a folder by the name of their file, sorted; an absent folder has none.

    :param base_from: base of the item URIs that the files are written with.
    :param base_to: base to map it to in IRIs, when that is another.
    :raises SourceError: a file cannot be read, or its header or parameters are not right.
    """
    paths = sorted(folder.glob("*.rq")) if folder.is_dir() else []
    return {path.stem: read_query(path, base_from=base_from, base_to=base_to) for path in paths}


def read_query(path: Path, *, base_from: str = "", base_to: str = "") -> NamedQuery:
    """One named query.

    :raises SourceError: the file cannot be read, or its header or parameters are not right.
    """
    shown = path.name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceError(f"cannot be read: {reason}.", path=shown) from None
    if base_from and base_from != base_to:
        text = _rebased(text, base_from, base_to)
    texts: dict[str, dict[str, str]] = {"title": {}, "description": {}}
    declared: list[tuple[int, str, str, dict[str, str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        if fact := _FACT.match(line.strip()):
            texts[fact[1]][fact[2]] = fact[3].strip()
        elif "param:" in line:
            declared.append((number, *_declared(line.strip(), shown, number)))
    if not texts["title"]:
        raise SourceError('has no title; start the file with "# title.en: …".', path=shown, line=1)
    prefixes = _checked_prefixes(text, shown)
    blocks = {name: text[start:end] for name, start, end in _value_blocks(text)}
    parameters = tuple(
        Parameter(name, kind, label, _default(name, kind, blocks, prefixes, shown, number))
        for number, name, kind, label in declared
    )
    return NamedQuery(path.stem, texts["title"], texts["description"], parameters, text, prefixes)


def _declared(line: str, shown: str, number: int) -> tuple[str, str, dict[str, str]]:
    match = _PARAMETER.match(line)
    if match is None:
        example = '# param: theme iri label.en "Theme"'
        raise SourceError(f'{line!r} is no parameter; write it as "{example}".', path=shown, line=number)
    if match[2] not in PARAMETER_TYPES:
        types = ", ".join(PARAMETER_TYPES)
        raise SourceError(f"the type {match[2]!r} is not known; there are {types}.", path=shown, line=number)
    labels = {label[1]: label[2] for label in _LABEL.finditer(match[3])}
    if _LABEL.sub("", match[3]).strip():
        raise SourceError(
            f'{match[3]!r} is not understood; after the type come labels, as in label.en "Theme".',
            path=shown,
            line=number,
        )
    return match[1], match[2], labels


def _checked_prefixes(text: str, shown: str) -> dict[str, str]:
    """Prefixes of a query, which is parsed to be sure that it is one that may be run."""
    try:
        inspect(text)
        ox.Store().query(text)
    except QueryRefused as error:
        raise SourceError(error.message, path=shown) from None
    except QuerySyntaxError as error:
        raise SourceError(error.message, path=shown, line=error.line, column=error.column) from None
    except SyntaxError as error:
        place = re.search(r"(\d+):(\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        raise SourceError(f"is not SPARQL 1.1: {error}.", path=shown, line=line, column=column) from None
    prefixes, read = {}, list(tokens(text))
    for word, name, iri in zip(read, read[1:], read[2:], strict=False):
        if word.kind == "word" and word.text.upper() == "PREFIX" and name.kind == "pname" and iri.kind == "iri":
            prefixes[name.text.removesuffix(":")] = iri.text[1:-1]
    return prefixes


def _value_blocks(text: str) -> Iterator[tuple[str, int, int]]:
    """Each `VALUES ?name { … }` of one variable: the name, and where what is between the braces starts and ends."""
    read: list[Token] = list(tokens(text))
    for number, word in enumerate(read[:-3]):
        if word.kind != "word" or word.text.upper() != "VALUES":
            continue
        variable, brace = read[number + 1], read[number + 2]
        if variable.kind != "variable" or brace.text != "{":
            continue
        closing = next((token for token in read[number + 3 :] if token.text == "}"), None)
        if closing is not None:
            yield variable.text[1:], brace.end, closing.start


def _default(
    name: str, kind: str, blocks: Mapping[str, str], prefixes: Mapping[str, str], shown: str, line: int
) -> ox.NamedNode | ox.Literal:
    if name not in blocks:
        raise SourceError(
            f"the parameter {name} has no default; bind it in the query with VALUES ?{name} {{ … }}.",
            path=shown,
            line=line,
        )
    header = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in prefixes.items())
    found = ox.Store().query(f"{header}SELECT ?v {{ VALUES ?v {{ {blocks[name]} }} }}")
    terms = [solution["v"] for solution in found] if isinstance(found, ox.QuerySolutions) else []
    term = terms[0] if len(terms) == 1 else None
    wanted = ox.NamedNode if kind == "iri" else ox.Literal
    if not isinstance(term, wanted):
        raise SourceError(
            f"the parameter {name} needs one {kind} between the braces of its VALUES, its default.",
            path=shown,
            line=line,
        )
    return term


def _rebased(text: str, base_from: str, base_to: str) -> str:
    pieces, done = [], 0
    for token in tokens(text):
        if token.kind == "iri" and token.text.startswith(f"<{base_from}"):
            pieces += [text[done : token.start], f"<{base_to}{token.text[len(base_from) + 1 :]}"]
            done = token.end
    return "".join([*pieces, text[done:]])
