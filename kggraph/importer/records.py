"""JSON Lines to records: one object a line, each with a slug; every unreadable line is a problem of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kggraph.errors import ConfigError
from kggraph.importer.problems import Problems, nearest, shown, suggestion
from kggraph.rdf.iris import slugify

SLUG: Final = "slug"
"""Key of a record that says which thing it is about."""

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
MAX_SLUG: Final = 120
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Sources may not hold these, because RDF/XML cannot."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one line says of one thing."""

    line: int
    slug: str
    values: Mapping[str, Any]
    """Key to JSON value, without the slug."""


def read_records(path: Path, keys: Collection[str], problems: Problems) -> list[Record]:
    """The records of a file, in its order, leaving out lines that cannot be used (each of them is a problem).

    :param keys: keys that a record may have beside `slug`.
    :raises ConfigError: the file cannot be read at all.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    return parse_records(data, keys, problems)


def parse_records(data: bytes, keys: Collection[str], problems: Problems) -> list[Record]:
    """The records of a text in JSON Lines, as `read_records` gives them."""
    records: dict[str, Record] = {}
    data = data.removeprefix(b"\xef\xbb\xbf")
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        values = _parse(line, number, problems)
        if values is None:
            continue
        _check_keys(values, number, keys, problems)
        slug = _slug(values, number, problems)
        if slug is None:
            continue
        if slug in records:
            problems.add(
                number, SLUG, f"{shown(slug)} is on line {records[slug].line} too; each record needs a slug of its own."
            )
            continue
        records[slug] = Record(number, slug, {key: value for key, value in values.items() if key in keys})
    return list(records.values())


def _parse(line: bytes, number: int, problems: Problems) -> dict[str, Any] | None:
    twice: list[str] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            names = [name for name, _ in pairs]
            twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return result

    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=keep)
    except UnicodeDecodeError as error:
        problems.add(number, "", f"not UTF-8 at byte {error.start + 1} of the line; save the file as UTF-8.")
        return None
    except json.JSONDecodeError as error:
        problems.add(number, "", f"not JSON at column {error.colno}: {error.msg}; a line holds one JSON object.")
        return None
    except (RecursionError, ValueError):
        problems.add(number, "", "not JSON that can be read: nested too deeply or a number too long.")
        return None
    if not isinstance(value, dict):
        problems.add(number, "", f"{shown(value)} is no JSON object; a line holds one object with a slug.")
        return None
    for name in twice:
        problems.add(number, name, "the key is given twice; give it once.")
    return None if twice else value


def _check_keys(values: Mapping[str, Any], number: int, keys: Collection[str], problems: Problems) -> None:
    for key in values:
        if key != SLUG and key not in keys:
            hint = suggestion(nearest(key, (SLUG, *keys), 1), f"Known keys: {', '.join((SLUG, *keys))}.")
            problems.add(number, key, f"there is no such key. {hint}")


def _slug(values: Mapping[str, Any], number: int, problems: Problems) -> str | None:
    slug = values.get(SLUG)
    if slug is None or slug == "":
        problems.add(number, SLUG, "missing; give one of a-z, 0-9 and single hyphens.")
    elif not isinstance(slug, str):
        problems.add(number, SLUG, f"{shown(slug)} is not a text; give one of a-z, 0-9 and single hyphens.")
    elif not _SLUG.match(slug):
        better = slugify(slug)
        hint = suggestion([better] if better else [])
        problems.add(number, SLUG, f"{shown(slug)} may only have a-z, 0-9 and single hyphens. {hint}".rstrip())
    elif len(slug) > MAX_SLUG:
        problems.add(number, SLUG, f"{shown(slug)} is longer than {MAX_SLUG} characters; shorten it.")
    else:
        return slug
    return None


def is_slug(text: str) -> bool:
    """Whether a thing may have this as the last part of its address.

    >>> is_slug("golden-gate"), is_slug("Golden Gate"), is_slug("a--b")
    (True, False, False)
    """
    return bool(_SLUG.match(text)) and len(text) <= MAX_SLUG


def bad_character(text: str) -> str | None:
    """What no RDF text may hold and this text does, as a code point; else nothing.

    >>> bad_character("a\\x00b"), bad_character("naïef\\n")
    ('U+0000', None)
    """
    found = _NOT_IN_XML.search(text)
    return f"U+{ord(found[0]):04X}" if found else None
