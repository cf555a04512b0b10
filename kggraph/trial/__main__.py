"""The process that validates a stranger's data: what was asked on standard input, the report on standard output.

Everything it needs is opened first; then it gives up the network, programs and the writing of files for good, and only
then looks at the data.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from kggraph.errors import KgError, UnreadableData
from kggraph.publish.generation import open_generation
from kggraph.store import sandbox
from kggraph.trial.checking import Answered, Asked, Checker


def main() -> None:
    """Answer one request: a line of JSON about it, then the body."""
    sandbox.end_with_parent(os.getppid())
    asked = Asked(**json.loads(sys.stdin.buffer.read()))
    try:
        checker = Checker(open_generation(Path(asked.generation)))
        _limit(asked.memory_mb)
        sandbox.enter()
        answered = checker.check(asked)
        _tell(answered)
    except UnreadableData as error:
        _head({"unreadable": error.message, **error.details})
    except KgError as error:
        _head({"failed": error.message})
    except (MemoryError, RecursionError):
        _head({"stopped": True})


def _limit(megabytes: int) -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = size + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _tell(answered: Answered) -> None:
    head = asdict(answered)
    body: bytes = head.pop("body")
    _head(head)
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _head(members: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(members, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


main()
