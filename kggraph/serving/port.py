"""The port a server listens on: ours from the first check until granian has it, so that nothing starts in vain."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kggraph.errors import ConfigError

_ANYWHERE: Final = ("0.0.0.0", "::")


class Port:
    """A port that is ours from the first check until granian listens on it."""

    def __init__(self, host: str, number: int) -> None:
        """Takes the port; number 0 takes any free one.

        :raises ConfigError: the address or port cannot be used, as when another program has it.
        """
        if number > 65535:
            raise ConfigError(f"port is {number}; it can be 65535 at most.", key="port")
        self.host = host
        try:
            family, _, _, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        except OSError as error:
            raise ConfigError(f"host is {host!r}: {error.strerror}.", key="host") from None
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.number = number
        with self._refusal():
            self._socket.bind(address)
        self.number = int(self._socket.getsockname()[1])

    def __enter__(self) -> Port:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it, in this process."""
        self._socket.close()

    def release(self) -> None:
        """Let go of it for granian, after a last look that nothing else has begun to listen."""
        with self._refusal():
            self._socket.listen(1)
        self._socket.close()

    @property
    def local_host(self) -> str:
        """The host by which this machine reaches it."""
        return "127.0.0.1" if self.host in _ANYWHERE else self.host

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = self.local_host
        return f"http://[{host}]:{self.number}/" if ":" in host else f"http://{host}:{self.number}/"

    @contextmanager
    def _refusal(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._socket.close()
            other = self.number + 1 if self.number < 65535 else 8001
            raise ConfigError(
                f"Port {self.number} on {self.host} cannot be used: {error.strerror}. "
                f"Choose another with --port {other} (or make serve PORT={other}).",
                key="port",
            ) from None
