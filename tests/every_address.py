"""Every address that a knowledge base has, by its own description: what two servers of it can be compared by."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from kggraph.config import Settings
from kggraph.web.generations import Generations
from kggraph.web.scheme_versions import all_scheme_versions

PASSING = frozenset({"date", "server", "x-request-id", "server-timing"})
"""Headers of one answer, which no second one has."""
OWN = "{kind}/{slug}"
VERSION = f"{OWN}/{{version}}"


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    accept: str = "*/*"
    body: bytes = b""
    kind: str = ""
    """Media type of the body; with one it is a POST."""

    def __str__(self) -> str:
        return f"{'POST' if self.kind else 'GET'} {self.path} {self.accept} {self.body[:60].decode()}".strip()


@dataclass(frozen=True)
class Told:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Examples:
    """Values for what addresses take.

    :param things: kind and slug of the things that are asked for.
    :param versions: the same of schemes that have versions, each with one.
    :param values: those of parameters that have no list of values, or no example in the description.
    """

    things: tuple[str, ...]
    versions: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]

    def of(self, parameter: Mapping[str, Any]) -> tuple[str, ...]:
        """Some values of a parameter; a description that gives none and that is not known here is an error."""
        schema, name = parameter["schema"], parameter["name"]
        if "enum" in schema:
            return tuple(schema["enum"])
        if "default" in schema:
            return (str(schema["default"]),)
        return self.values[name]


def examples(settings: Settings, each: int) -> Examples:
    """Values of the current generation: first and last things of every kind, most used values of facets.

    :param each: how many things of a kind are asked for.
    """
    kb = Generations(settings).current()
    base, things = kb.addresses.base_uri, []
    for kind in kb.manifest.kinds:
        iris = kb.descriptions.iris(kind)
        chosen = iris if len(iris) <= each else (*iris[: each - each // 2], *iris[len(iris) - each // 2 :])
        things += [iri.removeprefix(f"{base}id/") for iri in chosen]
    main = next(thing for thing in things if thing.startswith(f"{kb.model.main.kind}/"))
    values = {key: (told[0].value,) for key, told in kb.facets.select(limit=0).facets.items() if told}
    versions = [f"{name}/{version}" for name, known in all_scheme_versions(kb).items() for version in known]
    batch = {"q0": {"query": "slaap", "limit": 3}, "q1": {"query": "stress", "type": "topic"}}
    return Examples(
        tuple(things),
        tuple(versions),
        {
            **values,
            "q": ("slaap", "zzzzzz"),
            "page": ("1", "2"),
            "number": ("1", "2"),
            "limit": ("2",),
            "cursor": ("1",),
            "item": (main,),
            "id": (main,),
            "thing": (main,),
            "identifier": (f"{base}id/{main}",),
            "list": ("nothing-is-called-so",),
            "prefix": ("sla",),
            "callback": ("f",),
            "queries": (json.dumps(batch),),
            "extend": (json.dumps({"ids": [main], "properties": [{"id": "title"}]}),),
            "type": (*values.get("type", ()), "topic"),
            "graph": (f"{base}graph/void", f"{base}graph/shapes"),
            "default": ("",),
            "query": (
                "ASK {}",
                f"DESCRIBE <{base}id/{main}>",
                f"SELECT ?p ?o {{ <{base}id/{main}> ?p ?o }} ORDER BY ?p STR(?o)",
                f"CONSTRUCT {{ ?s ?p ?o }} {{ ?s ?p ?o FILTER(?o = <{base}id/{main}>) }}",
                "SELECT * { ?s",
                "CLEAR ALL",
            ),
            "default-graph-uri": (f"{base}graph/void",),
            "named-graph-uri": (f"{base}graph/void",),
            "metadataPrefix": ("oai_dc",),
            "from": ("2020-01-01",),
            "until": ("2020-01-01",),
            "set": ("none",),
            "resumptionToken": ("none",),
        },
    )


def requests(described: Mapping[str, Any], given: Examples) -> Iterator[Asked]:
    """A request for each path in each language, and for the first of its form by each parameter and format.

    :param described: OpenAPI document of the server.
    """
    base = described["servers"][0]["url"]
    for path, item in described["paths"].items():
        prefixes = [server["url"].removeprefix(base) for server in item.get("servers", [{"url": base}])]
        parameters = item["get"].get("parameters", ())
        parts = [one for one in parameters if one["in"] == "path"]
        wanted = [one for one in parameters if one["in"] == "query"]
        places = list(_places(path, parts, given))
        for prefix in prefixes:
            yield from (Asked(prefix + place) for place in places)
            yield from (Asked(prefix + places[0], accept) for accept in _accepts(item["get"]))
            for one in wanted:
                yield from (Asked(f"{prefix}{places[0]}?{urlencode({one['name']: value})}") for value in given.of(one))


def _accepts(operation: Mapping[str, Any]) -> Iterable[str]:
    """Every format, where the description says that one may choose."""
    return operation["responses"]["200"].get("content", {}) if "406" in operation["responses"] else ()


def _places(path: str, parts: Iterable[Mapping[str, Any]], given: Examples) -> Iterator[str]:
    """The path with values in it."""
    names = {one["name"]: one for one in parts}
    whole, things = (
        (VERSION, given.versions) if VERSION in path else (OWN, given.things) if OWN in path else ("", ("",))
    )
    rest = {name: one for name, one in names.items() if f"{{{name}}}" not in whole}
    for thing, *values in product(things, *(given.of(one) for one in rest.values())):
        made = path.replace(whole, quote(thing)) if whole else path
        for name, value in zip(rest, values, strict=True):
            made = made.replace(f"{{{name}}}", quote(value))
        assert not re.search("[{}]", made), made
        yield made


class Site:
    """A server that is asked many things over one connection.

    :param url: where it is.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, asked: Asked) -> Told:
        """What it answers, without following redirects."""
        headers = {"Accept": asked.accept, **({"Content-Type": asked.kind} if asked.kind else {})}
        self._connection.request("POST" if asked.kind else "GET", asked.path, asked.body or None, headers)
        answer = self._connection.getresponse()
        return Told(answer.status, _lasting(answer.headers), answer.read())


def _lasting(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() not in PASSING}
