"""What a query worker may not do, whatever the engine does with a query: no network, no programs, no writing of files.

The kernel holds these for us: seccomp for the calls, resource limits for memory, and the death of the parent for
orphans. Linux only; elsewhere `enter` says what is missing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | 1  # EPERM
_KILL: Final = 0x80000000
"""The process ends with SIGSYS: what no query does by accident."""

# Instructions of classic BPF and the fields of seccomp_data they read
_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16
_X32: Final = 0x40000000

_OPEN_TO_WRITE: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EXECUTABLE: Final = 4

# name: (x86_64, aarch64); None where an architecture has no such call.
_CALLS: Final[dict[str, tuple[int | None, int | None]]] = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "fcntl": (72, 25),
    "poll": (7, None),
    "ppoll": (271, 73),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "brk": (12, 214),
    "madvise": (28, 233),
    "futex": (202, 98),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrusage": (98, 165),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_CHECKED: Final[dict[str, tuple[int | None, int | None]]] = {
    "open": (2, None),
    "openat": (257, 56),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "prlimit64": (302, 261),
    "tgkill": (234, 131),
}
# What a client of HTTP needs beyond these; `bind` is of the look-up of names.
_OUTWARD: Final[dict[str, tuple[int | None, int | None]]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "setsockopt": (54, 208),
    "getsockopt": (55, 209),
    "ioctl": (16, 29),
    "sendmmsg": (307, 269),
    "uname": (63, 160),
}
_DEADLY: Final[dict[str, tuple[int | None, int | None]]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "io_uring_setup": (425, 425),
}
_MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent ends; ends it now if the parent has ended already."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def enter(*, network: bool = False) -> str:
    """Give up, for good, what a query worker does not need; a sentence on what could not be given up, or nothing.

    :param network: keep sockets that go out, for a worker whose engine is elsewhere.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # When the machine itself is short of memory, a query goes before anything else does.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    machine = platform.machine()
    if machine not in _MACHINES:
        return _without_seccomp(f"there is no system call filter for {machine}", network)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        program = _program(*_MACHINES[machine], network=network)
        code = ctypes.create_string_buffer(program, len(program))
        # struct sock_fprog: number of instructions, padding, address
        filter_ = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
        for call in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filter_, 0, 0)):
            if libc.prctl(*call) != 0:
                return _without_seccomp(
                    f"the kernel refuses a system call filter ({os.strerror(ctypes.get_errno())})", network
                )
    except (AttributeError, OSError) as error:
        return _without_seccomp(f"this system has no system call filter ({error})", network)
    return ""


def _without_seccomp(reason: str, network: bool) -> str:
    """The next best: two free file descriptors, for a client and a file, so that hardly a socket can be opened."""
    if network:
        return f"Query workers may do more than ask the engine: {reason}. Do not serve this endpoint to the public."
    folder = Path("/proc/self/fd")
    last = max(int(file.name) for file in folder.iterdir()) if folder.is_dir() else 16
    while os.open(os.devnull, os.O_RDONLY) <= last:
        pass
    os.close(last + 1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (last + 3, last + 3))
    return f"Query workers are not shut off from the network: {reason}. Do not serve this endpoint to the public."


def _program(column: int, architecture: int, *, network: bool) -> bytes:
    """The filter as classic BPF: 64-bit calls of this architecture by their numbers, some by an argument as well."""
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]

    def when(names: Iterable[str], table: dict[str, tuple[int | None, int | None]], action: int) -> None:
        for name in names:
            number = table[name][column]
            if number is not None:
                code.extend([(_EQUAL, 0, 1, number), (_RETURN, 0, 0, action)])

    def checked(name: str, argument: int, test: int, value: int, action: int, otherwise: int) -> None:
        number = _CHECKED[name][column]
        if number is not None:
            place = _ARGUMENTS + 8 * argument
            code.extend([(_EQUAL, 0, 4, number), (_LOAD, 0, 0, place), (test, 0, 1, value)])
            code.extend([(_RETURN, 0, 0, action), (_RETURN, 0, 0, otherwise)])

    when(_CALLS, _CALLS, _ALLOW)
    if network:
        when(_OUTWARD, _OUTWARD, _ALLOW)
    when(_DEADLY, _DEADLY, _KILL)
    checked("open", 1, _ANY_BIT, _OPEN_TO_WRITE, _REFUSE, _ALLOW)
    checked("openat", 2, _ANY_BIT, _OPEN_TO_WRITE, _REFUSE, _ALLOW)
    checked("mmap", 2, _ANY_BIT, _EXECUTABLE, _REFUSE, _ALLOW)
    checked("mprotect", 2, _ANY_BIT, _EXECUTABLE, _REFUSE, _ALLOW)
    checked("prlimit64", 0, _EQUAL, 0, _ALLOW, _REFUSE)
    checked("tgkill", 0, _EQUAL, os.getpid(), _ALLOW, _REFUSE)
    code.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)
