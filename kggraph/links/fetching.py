"""One request to a stranger's server: bounded in time and size, to public addresses only, following few redirects."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

_SAFE: Final = "/%:=&?~+!$,;'@()*[]"
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_FOR_GOOD: Final = (301, 308)
MOST_REDIRECTS: Final = 5
_ROBOTS_BYTES: Final = 500 * 1024
"""As much of robots.txt as a crawler must read: https://www.rfc-editor.org/rfc/rfc9309#section-2.5"""


class NotReached(Exception):
    """There was no answer; `is_gone` when the name does not exist, so that there will be none."""

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.is_gone = is_gone


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    location: str = ""
    retry_after: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Followed:
    """The answer after all redirects."""

    answer: Answer
    moved_to: str = ""
    """Where it is for good, when every step on the way said so."""


class Fetcher:
    """Asks servers; keeps nothing, sends no cookies, runs nothing."""

    def __init__(self, user_agent: str, *, timeout_s: float, allow_private: bool = False) -> None:
        """
        :param timeout_s: seconds that one request may take, all of it.
        :param allow_private: whether addresses that are not public may be asked.
        """
        self._headers = {"User-Agent": user_agent, "Accept": "*/*", "Connection": "close"}
        self._timeout_s, self._allow_private = timeout_s, allow_private
        self._context = ssl.create_default_context()

    def follow(self, method: str, address: str) -> Followed:
        """The answer at an address or where it leads.

        :raises NotReached: no answer, a circle of redirects, or one to where nothing may be asked.
        """
        here, moved, seen = address, True, {address}
        for _ in range(MOST_REDIRECTS + 1):
            answer = self.ask(method, here)
            if answer.status not in _REDIRECTS or not answer.location:
                return Followed(answer, here if moved and here != address else "")
            moved = moved and answer.status in _FOR_GOOD
            here = urljoin(here, quote(answer.location, safe=_SAFE)).partition("#")[0]
            if here in seen:
                raise NotReached("the redirects go round in a circle")
            seen.add(here)
        raise NotReached(f"there are more than {MOST_REDIRECTS} redirects")

    def ask(self, method: str, address: str, *, body_bytes: int = 0) -> Answer:
        """One request without following anything.

        :param body_bytes: as much of the body as is read.
        :raises NotReached: no whole answer came in time.
        """
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise NotReached("the address cannot be read") from None
        if parts.scheme not in ("http", "https") or not host:
            raise NotReached(f"{parts.scheme or 'no scheme'} is not asked, only http and https")
        target = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        connection = _Connection(
            host, port or (443 if parts.scheme == "https" else 80), self._address_of(host, port), self._timeout_s
        )
        if parts.scheme == "https":
            connection.context = self._context
        try:
            with _deadline(connection, self._timeout_s) as is_over:
                connection.request(method, target, headers=self._headers)
                response = connection.getresponse()
                body = response.read(body_bytes) if body_bytes else b""
                # A connection that was ended looks like an answer that ended.
                if is_over.is_set():
                    raise NotReached("it did not answer in time")
                location, retry = response.getheader("Location", ""), response.getheader("Retry-After", "")
                return Answer(response.status, location, retry, body)
        except ssl.SSLCertVerificationError as error:
            raise NotReached(f"its certificate is not right ({error.verify_message})") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotReached(f"no answer ({type(error).__name__})") from None
        finally:
            connection.close()

    def robots(self, address: str) -> Answer:
        """The robots.txt of the server of an address.

        :raises NotReached: the server cannot be reached.
        """
        there = urljoin(address, "/robots.txt")
        answer = self.ask("GET", there, body_bytes=_ROBOTS_BYTES)
        for _ in range(MOST_REDIRECTS):
            if answer.status not in _REDIRECTS or not answer.location:
                break
            there = urljoin(there, quote(answer.location, safe=_SAFE))
            answer = self.ask("GET", there, body_bytes=_ROBOTS_BYTES)
        return answer

    def _address_of(self, host: str, port: int | None) -> str:
        """The address that is connected to: looked up once, so that it is the one that was judged."""
        try:
            found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            is_gone = isinstance(error, socket.gaierror) and error.errno in (socket.EAI_NONAME, _NO_DATA)
            raise NotReached("the name of the host is not known", is_gone=is_gone) from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allow_private and not all(map(is_public, addresses)):
            raise NotReached("the host is in a private network, which is not asked")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is of the public network, so that a stranger's data may lead there.

    >>> is_public("192.0.2.1"), is_public("::ffff:127.0.0.1"), is_public("1.1.1.1")
    (False, False, True)
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast


_NO_DATA: Final = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked up before."""

    context: ssl.SSLContext | None = None

    def __init__(self, host: str, port: int, address: str, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address, self._timeout_s = address, timeout_s

    def connect(self) -> None:
        """Connect, and agree on a key when that is asked."""
        self.sock = socket.create_connection((self._address, self.port), self._timeout_s)
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)


@contextlib.contextmanager
def _deadline(connection: _Connection, seconds: float) -> Iterator[threading.Event]:
    """Ends a connection in time, also one that gives a byte every now and then; tells whether it did."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()
