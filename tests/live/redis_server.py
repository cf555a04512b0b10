"""A Redis of Debian on loopback, for as long as a test takes."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.live.conftest import until
from tests.live.engines import free_port
from tests.live.test_replicas import listens
from tests.programs import program


@dataclass
class Redis:
    """A Redis that can go away and come back."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As `rate_store` has it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Let it listen."""
        command = [program("redis-server", "redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--requirepass", self.password, "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert until(lambda: listens(self.port))

    def stop(self) -> None:
        """End it at once."""
        if self.process:
            self.process.kill()
            self.process.wait(10)


@contextlib.contextmanager
def redis(folder: Path, password: str) -> Iterator[Redis]:
    """A running Redis."""
    one = Redis(folder, free_port(), password)
    one.start()
    try:
        yield one
    finally:
        one.stop()
