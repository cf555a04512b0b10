"""Who asks and for what: the address behind trusted proxies, the name of a request, and its kind."""

from __future__ import annotations

import ipaddress
import itertools
import re
import secrets
from functools import lru_cache
from typing import Final, TypeAlias
from wsgiref.types import WSGIEnvironment

from kggraph.errors import ConfigError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

REQUEST_ID: Final = "kggraph.request_id"
PAGES, SEARCH, SPARQL, EXPORTS, OPERATION = "pages", "search", "sparql", "exports", "operation"
KINDS: Final = (PAGES, SEARCH, SPARQL, EXPORTS)
"""Kinds of requests that are counted apart; those of operation are not limited."""

_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_LANGUAGE: Final = re.compile(r"/[a-z]{2,3}(?=/)")
_OPERATION: Final = re.compile(r"/(?:livez|readyz|metrics|version|robots\.txt|static/.*)\Z")
_SPARQL: Final = re.compile(r"/(?:sparql|validate|queries/.*|api/queries/.*)\Z")
_SEARCH: Final = re.compile(r"/(?:api/.*|search|suggest|reconcile(?:/.*)?)\Z")
_EXPORTS: Final = re.compile(
    r"/(?:dumps/.+|generations/.*|oai|feed\.atom|graph/.*|ldes.*|sitemaps?.*|[a-z-]+\.(?!html).*)\Z"
)
_HOST_BITS: Final = 64


def kind_of(path: str, query: str) -> str:
    """Which kind of request an address is.

    >>> kind_of("/en/sparql", ""), kind_of("/items", "theme=x"), kind_of("/items.csv", ""), kind_of("/doc/a/b", "")
    ('sparql', 'search', 'exports', 'pages')
    """
    path = _LANGUAGE.sub("", path, count=1)
    if _OPERATION.match(path):
        return OPERATION
    if _SPARQL.match(path):
        return SPARQL
    if _EXPORTS.match(path):
        return EXPORTS
    return SEARCH if query or _SEARCH.match(path) else PAGES


class Visitors:
    """Tells the address that a request comes from; only named proxies are believed about others."""

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        """
        :raises ConfigError: one of them is no network.
        """
        self._trusted = tuple(_network(text) for text in trusted_proxies)
        self._start = secrets.token_hex(4)
        self._count = itertools.count(1)

    def address(self, environ: WSGIEnvironment) -> str:
        """The address of the client: the last one in X-Forwarded-For that is none of our proxies.

        What stands before it was written by the client, who can write what it likes.
        """
        near = str(environ.get("REMOTE_ADDR", ""))
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        if not forwarded or not self._is_trusted(near):
            return near
        for part in reversed(forwarded.split(",")):
            said = part.strip()
            if _parsed(said) is None:
                return near
            near = said
            if not self._is_trusted(said):
                break
        return near

    def request_id(self, environ: WSGIEnvironment) -> str:
        """A name for the request, the proxy's when that is trusted."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        if given and self._is_trusted(str(environ.get("REMOTE_ADDR", ""))) and _GIVEN_ID.match(given):
            return str(given)
        return f"{self._start}-{next(self._count):x}"

    def is_here(self, environ: WSGIEnvironment, address: str) -> bool:
        """Whether a request was made on this machine itself, not by way of a proxy that stands here."""
        if "HTTP_X_FORWARDED_FOR" in environ and not self._is_trusted(str(environ.get("REMOTE_ADDR", ""))):
            return False
        return is_loopback(address)

    def _is_trusted(self, address: str) -> bool:
        return bool(self._trusted) and any(_is_in(address, network) for network in self._trusted)


def client_key(address: str) -> str:
    """What one client is counted by: its address, or the network of an IPv6 address, which one household has whole.

    >>> client_key("2001:db8:1:2:3::4"), client_key("192.0.2.1")
    ('2001:db8:1:2::', '192.0.2.1')
    """
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.IPv6Address(int(parsed) >> _HOST_BITS << _HOST_BITS))
    return address


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether an address is that of the machine itself."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ConfigError(
            f"trusted_proxies has {text!r}; it needs networks or addresses, as 10.0.0.0/8 or 127.0.0.1.",
            key="trusted_proxies",
        ) from None


@lru_cache(maxsize=4096)
def _parsed(address: str) -> Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _is_in(address: str, network: Network) -> bool:
    parsed = _parsed(address)
    return parsed is not None and parsed in network
