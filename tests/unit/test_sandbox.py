"""What a query worker cannot do, tried in a process of its own."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kggraph.store import sandbox


def in_sandbox(action: Callable[[], None]) -> int:
    """Exit code of a process that enters the sandbox and acts; negative for a signal, 99 for PermissionError."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            if sandbox.enter():
                os._exit(77)
            action()
            code = 0
        except PermissionError:
            code = 99
        except OSError as error:
            code = 99 if error.errno == errno.EPERM else 98
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _write(path: str = os.devnull) -> None:
    os.close(os.open(path, os.O_WRONLY))


def _connect() -> None:
    socket.create_connection(("127.0.0.1", 9))


def _executable_memory() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def _kill_others() -> None:
    os.kill(os.getppid(), 0)


def _new_process() -> None:
    os.fork()


def _run_program() -> None:
    os.execv("/bin/true", ["true"])


def _unix_socket() -> None:
    socket.socketpair()


def _resolve() -> None:
    socket.getaddrinfo("example.org", 80)


@pytest.mark.parametrize("action", [_connect, _unix_socket, _run_program, _resolve], ids=lambda action: action.__name__)
def test_what_ends_the_process(action: Callable[[], None]) -> None:
    assert in_sandbox(action) == -signal.SIGSYS


@pytest.mark.parametrize(
    "action", [_write, _executable_memory, _kill_others, _new_process], ids=lambda action: action.__name__
)
def test_what_is_refused(action: Callable[[], None]) -> None:
    assert in_sandbox(action) == 99


def test_what_goes_on_working(tmp_path: Path) -> None:
    path = tmp_path / "read.txt"
    path.write_text("text")
    reading, writing = os.pipe()

    def action() -> None:
        assert path.read_text() == "text"
        os.write(writing, b"x" * 10)
        assert len(bytearray(50_000_000)) == 50_000_000
        ctypes.CDLL(None).getpid()

    assert in_sandbox(action) == 0
    assert os.read(reading, 20) == b"x" * 10
    os.close(reading)
    os.close(writing)


def test_without_a_filter_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            monkeypatch.setattr(sandbox.platform, "machine", lambda: "pdp11")
            said = sandbox.enter()
            kept = []
            try:
                for _ in range(10):
                    kept.append(socket.socket())
            except OSError as error:
                code = 0 if "pdp11" in said and error.errno == errno.EMFILE else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_the_end_of_the_parent_is_the_end() -> None:
    script = (
        "import os, sys, time; from kggraph.store.sandbox import end_with_parent\n"
        "parent = os.getpid(); pid = os.fork()\n"
        "if pid == 0:\n    end_with_parent(parent); print(os.getpid(), flush=True); time.sleep(60)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()
        assert process.stdout.read() == "", "its end of the pipe is closed"
    assert not Path(f"/proc/{child}/exe").exists()
