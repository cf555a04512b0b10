"""Asks another SPARQL endpoint, one that the operator allows, without being led anywhere else.

A name is looked up once and the address that was checked is the one that is connected to, so a name cannot mean
another address a moment later. Addresses within this machine or its network are asked only where the operator's own
list names them; a redirect never leads there.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from kggraph.errors import KgError, QueryRefused, ServiceFailed, TooBusy
from kggraph.rdf.media import RESULTS_JSON, RESULTS_XML

_REDIRECTS: Final = 3
_AT_ONCE: Final = 4
"""Requests that one process has on their way; each holds a thread that pages need as well."""
_BLOCK: Final = 64 * 1024
_TYPES: Final = (RESULTS_JSON.media_type, RESULTS_XML.media_type)
_PORTS: Final = {"http": 80, "https": 443}
_INSIDE: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Address = tuple[socket.AddressFamily, Any]


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """Which endpoints may be asked, and how much."""

    allowed: tuple[str, ...] = ()
    """IRIs of endpoints, compared character by character."""
    timeout_s: float = 5.0
    max_bytes: int = 2 * 1024 * 1024


def is_public(address: str) -> bool:
    """Whether an IP address can be that of a server on the internet, also when it wraps an IPv4 address.

    >>> is_public("192.0.43.8"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1"), is_public("64:ff9b::a00:1")
    (True, False, False, False)
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        wrapped = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found.is_site_local or not all(is_public(str(one)) for one in wrapped if one is not None):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def names_inside(host: str) -> bool:
    """Whether a host can only mean something within the operator's own network: an address, or a name without a domain.

    >>> names_inside("localhost"), names_inside("10.0.0.1"), names_inside("fuseki"), names_inside("example.org")
    (True, True, True, False)
    """
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host.partition("%")[0])
        return True
    return "." not in host.rstrip(".") or host.rstrip(".").lower().endswith(_INSIDE)


class Outbound:
    """Asks the endpoints of a policy; may be shared by all threads of a process."""

    def __init__(self, policy: ServicePolicy) -> None:
        self.policy = policy
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def ask(self, endpoint: str, query: str, deadline: float) -> tuple[bytes, str]:
        """The answer of an endpoint: its bytes and media type.

        :param deadline: `time.monotonic()` at which nobody waits any longer.
        :raises QueryRefused: the endpoint is not allowed, or leads to where nobody is to be led.
        :raises ServiceFailed: it does not answer in time with a result of a query that is not too large.
        :raises TooBusy: too many requests to others are on their way.
        """
        if endpoint not in self.policy.allowed:
            raise QueryRefused(
                f"This endpoint does not ask <{endpoint[:200]}>; its operator allows "
                f"{', '.join(f'<{one}>' for one in self.policy.allowed) or 'no other server'}.",
                what="SERVICE",
            )
        if not self._slots.acquire(blocking=False):
            raise TooBusy("Too many queries ask other servers just now; ask again in a few seconds.", retry_after_s=5)
        exchange = _Exchange(endpoint, query, self.policy, deadline)
        outcomes: queue.SimpleQueue[tuple[bytes, str] | BaseException] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcomes.put(exchange.run())
            except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
                outcomes.put(error)
            finally:
                self._slots.release()

        # A thread of its own: looking a name up, and a server that sends a byte now and then, know no time limit.
        threading.Thread(target=run, name="service", daemon=True).start()
        try:
            outcome = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            exchange.abandon()
            raise exchange.failed(f"did not answer within {self.policy.timeout_s:g} s") from None
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class _Exchange:
    """One query to one endpoint, and the redirects that follow."""

    def __init__(self, endpoint: str, query: str, policy: ServicePolicy, deadline: float) -> None:
        self._endpoint, self._policy, self._deadline = endpoint, policy, deadline
        self._body = urlencode({"query": query}).encode()
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> tuple[bytes, str]:
        """The answer's bytes and media type."""
        url, method = self._endpoint, "POST"
        try:
            for _ in range(_REDIRECTS + 1):
                response = self._send(url, method)
                with response:
                    target = response.headers.get("Location") if response.status in (301, 302, 303, 307, 308) else None
                    if not target:
                        return self._read(response)
                    method = "GET" if response.status == http.client.SEE_OTHER else method
                    url = urljoin(url, target)
            raise self.failed(f"redirects more than {_REDIRECTS} times")
        except TimeoutError:
            raise self.failed(f"did not answer within {self._policy.timeout_s:g} s") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise self.failed(f"cannot be asked ({reason})") from None
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Hang up, whoever is still waiting for something."""
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()

    def failed(self, what: str) -> ServiceFailed:
        """The error for an endpoint that does something else than answering."""
        return ServiceFailed(f"<{self._endpoint}> {what}.", service=self._endpoint)

    def _send(self, url: str, method: str) -> http.client.HTTPResponse:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise self._led_astray()
        port = parts.port or _PORTS[parts.scheme]
        address = self._address(parts, port)
        self.abandon()
        kind = _PinnedTls if parts.scheme == "https" else _Pinned
        self._connection = kind(parts.hostname, port, address, max(0.01, self._deadline - time.monotonic()))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": f"{_TYPES[0]}, {_TYPES[1]};q=0.5", "User-Agent": "kggraph", "Connection": "close"}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, self._body if method == "POST" else None, headers)
        return self._connection.getresponse()

    def _address(self, parts: SplitResult, port: int) -> Address:
        """The one address to connect to, after a look at all that the name has."""
        host = parts.hostname or ""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not self._may_be_inside(parts, host, port) and not all(is_public(str(each[4][0])) for each in found):
            raise self._led_astray()
        family, _, _, _, address = found[0]
        return family, address

    def _may_be_inside(self, parts: SplitResult, host: str, port: int) -> bool:
        """Whether the operator's list names this very server, by a name or address that can only be an inner one."""
        named = {
            (each.scheme, each.hostname, each.port or _PORTS.get(each.scheme))
            for each in map(urlsplit, self._policy.allowed)
        }
        return names_inside(host) and (parts.scheme, host, port) in named

    def _led_astray(self) -> KgError:
        return QueryRefused(
            f"<{self._endpoint}> leads to an address that is not on the public internet; it is not followed.",
            what="SERVICE",
        )

    def _read(self, response: http.client.HTTPResponse) -> tuple[bytes, str]:
        if response.status != http.client.OK:
            raise self.failed(f"answered with status {response.status}")
        media_type = response.headers.get_content_type()
        if media_type not in _TYPES:
            raise self.failed(f"answered with {media_type[:80]}, which is no result of a query ({', '.join(_TYPES)})")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self.failed("answered in a compressed form, which was not asked for")
        pieces, size = [], 0
        while piece := response.read1(_BLOCK):
            pieces.append(piece)
            size += len(piece)
            if size > self._policy.max_bytes:
                raise self.failed(f"answered with more than {self._policy.max_bytes // 1024:,} kB; ask it for less")
            if time.monotonic() > self._deadline:
                raise TimeoutError
        if response.length:
            raise self.failed("broke off its answer")
        return b"".join(pieces), media_type


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was chosen before."""

    def __init__(self, host: str, port: int, address: Address, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._family, self._address = address

    def connect(self) -> None:
        """Connect, without looking the name up again."""
        self.sock = socket.socket(self._family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)


class _PinnedTls(_Pinned):
    default_port = 443

    def connect(self) -> None:
        """Connect, and hold the server to its name."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
