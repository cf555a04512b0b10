"""A query as the SPARQL 1.1 Protocol brings it: three ways in, every byte decoded exactly once.

https://www.w3.org/TR/sparql11-protocol/#query-operation, and the HTTP method QUERY
(https://datatracker.ietf.org/doc/draft-ietf-httpbis-safe-method-w-body/), which is a POST that changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from flask import request
from werkzeug.datastructures import MultiDict

from kggraph.errors import BadParameter, QueryRefused, UnsupportedMediaType
from kggraph.rdf.iris import is_iri

QUERY_TYPE: Final = "application/sparql-query"
ACCEPT_QUERY: Final = ("Accept-Query", f'"{QUERY_TYPE}"')
"""What the method QUERY takes here."""
_UPDATE_TYPE: Final = "application/sparql-update"
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 1000

Fields = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One query with its dataset and the form that its result is to have."""

    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    format: str = ""
    """Name of a format, which wins over the `Accept` header."""
    labels: str = ""
    """Language in which IRIs get a label beside them."""
    fields: Fields = field(default_factory=MultiDict)
    """Everything that was sent."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the protocol that ask for the same result again."""
        named = (("default-graph-uri", self.default_graphs), ("named-graph-uri", self.named_graphs))
        return [("query", self.text), *((name, iri) for name, iris in named for iri in iris or ())]


def read_fields() -> Fields:
    """The parameters of this request: of the address, and of the form that a POST carries.

    :raises BadParameter: they are not UTF-8, or too many.
    """
    fields = decoded(request.environ.get("QUERY_STRING", "").encode("latin-1"))
    if request.method in ("POST", "QUERY") and request.mimetype == _FORM_TYPE:
        fields.update(decoded(request.get_data()))
    return fields


def read_query(fields: Fields) -> Asked:
    """The query of this request.

    :raises BadParameter: none or several queries, a graph that is no IRI, or what is not UTF-8.
    :raises QueryRefused: an update.
    :raises UnsupportedMediaType: the body is none of what the protocol knows.
    """
    texts = fields.getlist("query")
    if texts and "update" in fields:
        raise BadParameter("Send one query and no update.", parameter="update")
    if fields.getlist("update") or request.mimetype == _UPDATE_TYPE:
        raise QueryRefused("This endpoint only reads; updates are refused.", what="update")
    if request.method in ("POST", "QUERY"):
        if request.mimetype == QUERY_TYPE:
            texts = [*texts, _text(request.get_data(), "query")]
        elif request.mimetype != _FORM_TYPE:
            kind = request.mimetype or "nothing"
            raise UnsupportedMediaType(f"Send the query as {QUERY_TYPE} or {_FORM_TYPE}, not as {kind[:80]}.")
    if len(texts) != 1:
        found = "none" if not texts else str(len(texts))
        raise BadParameter(f"Send exactly one query; there is {found}.", parameter="query")
    default, named = (_graphs(fields, f"{name}-graph-uri") for name in ("default", "named"))
    return Asked(texts[0], default, named, fields.get("format", ""), fields.get("labels", ""), fields)


def decoded(raw: bytes) -> Fields:
    """The fields of a query string or a form, each percent-decoded once and then read as UTF-8.

    >>> decoded(b"a=%2520&a=x+y&b")
    MultiDict([('a', '%20'), ('a', 'x y'), ('b', '')])

    :raises BadParameter: a name or value is not UTF-8; or there are more than a thousand.
    """
    parts = [part for part in raw.split(b"&") if part]
    if len(parts) > _MAX_FIELDS:
        raise BadParameter(f"There are more than {_MAX_FIELDS} parameters.", parameter="query")
    found: Fields = MultiDict()
    for part in parts:
        name, _, value = part.partition(b"=")
        key = decoded_part(name, "name of a parameter")
        found.add(key, decoded_part(value, key[:60]))
    return found


def decoded_part(raw: bytes, name: str) -> str:
    """One name or value of a query string or a form.

    :param name: what it is called when it is not UTF-8.
    :raises BadParameter: it is not UTF-8.
    """
    return _text(unquote_to_bytes(raw.replace(b"+", b" ")), name)


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadParameter(f"The {name} is not UTF-8 (byte {error.start + 1}).", parameter=name) from None


def _graphs(fields: Fields, name: str) -> tuple[str, ...] | None:
    iris = tuple(fields.getlist(name))
    wrong = next((iri for iri in iris if not is_iri(iri)), None)
    if wrong is not None:
        raise BadParameter(f"{wrong[:80]!r} is not an IRI.", parameter=name)
    return iris or None
