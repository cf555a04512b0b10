"""Runs a kggraph command that tells, by a byte on a pipe, each time before it or a child of it changes a file.

python -m tests.faults.told PIPE ARGUMENT ...
"""

from __future__ import annotations

import os
import sys
from typing import Any

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.utime"}
CHANGES |= {"os.chmod", "shutil.rmtree", "sqlite3.connect", "fcntl.flock"}
_TO_WRITE = os.O_WRONLY | os.O_RDWR


def install(pipe: int) -> None:
    """Tell from now on."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _TO_WRITE):
            os.write(pipe, b".")

    sys.addaudithook(hook)


if __name__ == "__main__":
    from kggraph.cli import main

    install(int(sys.argv[1]))
    sys.argv = ["kggraph", *sys.argv[2:]]
    main()
