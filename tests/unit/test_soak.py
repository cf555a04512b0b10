"""The long load finds growth when there is some: of memory, of descriptors and of latency, each by itself."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

LEAKING = """
import sys
kept = []
print("ready", flush=True)
for line in sys.stdin:
    megabytes, files = map(int, line.split())
    kept.append(bytearray(b"x") * (megabytes << 20))
    kept.append([open("/dev/null") for _ in range(files)])
    print("done", flush=True)
"""
MINUTES = 9


@pytest.fixture(scope="module")
def soak(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak", root / "tools" / "soak.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module  # dataclasses look for their module
    spec.loader.exec_module(module)
    return module


def growing(soak: ModuleType, megabytes: int, files: int, slower: Callable[[int], float]) -> set[str]:
    """What is said to grow of a process that takes so much more each minute, and answers so slowly."""
    minutes = [soak.Minute([slower(number)] * 99) for number in range(MINUTES)]
    with subprocess.Popen(
        [sys.executable, "-c", LEAKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "ready\n"
        for minute in minutes:
            process.stdin.write(f"{megabytes} {files}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"
            minute.memory_mb, minute.files, minute.processes = soak.measured(process.pid)
        process.stdin.close()
    return {name for name, _, _, is_well in soak.verdicts(minutes) if not is_well}


@pytest.mark.parametrize(
    ("megabytes", "files", "slower", "found"),
    [
        (0, 0, lambda _: 3.0, set()),
        (1, 0, lambda _: 3.0, {"memory (MB)"}),
        (0, 4, lambda _: 3.0, {"descriptors"}),
        (0, 0, lambda number: 3.0 * 1.4**number, {"p50 (ms)", "p99 (ms)"}),
        (0, 0, lambda number: 30.0 if number < 3 else 3.0, set()),  # the first third warms up
    ],
)
def test_growth_is_found(
    soak: ModuleType, megabytes: int, files: int, slower: Callable[[int], float], found: set[str]
) -> None:
    assert growing(soak, megabytes, files, slower) == found


def test_the_table_says_so(soak: ModuleType) -> None:
    minutes = [soak.Minute([3.0] * 99, memory_mb=100.0 + 9 * number, files=50) for number in range(MINUTES)]
    told = soak.report(minutes, 100.0, 80.0, 0.8)
    assert "| memory (MB) | 136.0 | 163.0 | GROWS |" in told
    assert "| descriptors | 50.0 | 50.0 | no growth |" in told


def test_what_failed_is_told(soak: ModuleType) -> None:
    minutes = [soak.Minute([3.0] * 99) for _ in range(MINUTES)]
    minutes[4].wrong += ["/items: 503", "/items: ConnectionResetError()"]
    told = soak.report(minutes, 100.0, 80.0, 0.8)
    assert "891 requests, 2 of them failed.\n- minute 5: `/items: 503`\n- minute 5: `/items: Conn" in told
