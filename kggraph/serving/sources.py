"""Whether what is served is what the sources say: found out before the first page, unless that takes long.

A start after a crash or an update should not wait for the sources: a machine that has forgotten a million files needs
many seconds to look at them. So a process of its own looks. What it finds at once decides as ever: what changed is
built before the first page. When it needs longer than that, the generation that was served last is served again, the
process goes on, and builds what changed; servers change over as after every build.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from kggraph.config import Settings
from kggraph.errors import EngineUnavailable, GenerationError, KgError
from kggraph.publish.generation import current_hash, open_current
from kggraph.publish.inputs import hash_of_files
from kggraph.publish.program import made_with
from kggraph.serving.port import Port
from kggraph.serving.processes import Say
from kggraph.store.remote import remote_of
from kggraph.store.sandbox import end_with_parent

_SAME: Final = b"s"
_OTHER: Final = b"o"
_LOW: Final = 10
"""Niceness of a look beside pages."""


def bring_up_to_date(settings: Settings, port: Port, build: Callable[[], object], say: Say) -> None:
    """Build when the sources are others than those of the current generation; later, when that is not known in time.

    :param port: closed in the process that looks.
    :param build: builds the current generation from the sources.
    :raises KgError: of the build, when it is made now.
    """
    if remote_of(settings) is not None:
        _publish(settings, build, say)
        return
    served = _servable(settings)
    if served is None:
        build()
        return
    look = _Look(settings, served, port, build, say)
    is_same = look.answer(settings.start_patience_s)
    if is_same is None:
        look.go_on()
        say("Pages are served while the sources are looked at; what changed is built then.")
        return
    look.end()
    if not is_same:
        build()


def _servable(settings: Settings) -> str | None:
    """The current generation, if this program with these settings made it."""
    with suppress(GenerationError):
        current = open_current(settings)
        if current.manifest.made_with == made_with(settings):
            return current.hash
    return None


def _publish(settings: Settings, build: Callable[[], object], say: Say) -> None:
    """Bring an engine elsewhere up to date, also when nothing changed here: it may have lost its data."""
    is_same = current_hash(settings) == hash_of_files(settings)
    try:
        build()
    except EngineUnavailable as error:
        if not is_same:
            raise
        say(f"{error} Pages are served; queries wait for it.")


class _Look:
    """A process that looks at the sources, and builds when it is told to go on."""

    def __init__(self, settings: Settings, served: str, port: Port, build: Callable[[], object], say: Say) -> None:
        parent = os.getpid()
        self._answers, answers = os.pipe()
        orders, self._orders = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            for theirs in (self._answers, self._orders):
                os.close(theirs)
            port.close()  # or connections would be given to a process that takes none
            _look(settings, served, parent, answers, orders, build, say)
        with suppress(ProcessLookupError):
            os.setpgid(self._pid, self._pid)  # it does so itself, but perhaps later than it is told to go on
        os.close(answers)
        os.close(orders)

    def answer(self, patience_s: float) -> bool | None:
        """Whether the sources are what is served; nothing when that is not known in time."""
        ready, _, _ = select.select([self._answers], [], [], patience_s)
        return os.read(self._answers, 1) == _SAME if ready else None

    def go_on(self) -> None:
        """Let it build what changed, and end; it ends with this process at the latest.

        From now on it and its own processes get the time that nobody else wants: pages are served meanwhile.
        """
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PGRP, self._pid, max(_LOW, os.getpriority(os.PRIO_PROCESS, 0)))
        os.write(self._orders, b"!")
        os.close(self._orders)
        os.close(self._answers)

    def end(self) -> None:
        """Nothing more is wanted of it."""
        os.close(self._orders)
        os.close(self._answers)
        os.waitpid(self._pid, 0)


def _look(
    settings: Settings, served: str, parent: int, answers: int, orders: int, build: Callable[[], object], say: Say
) -> NoReturn:
    code = 1
    try:
        end_with_parent(parent)
        os.setpgid(0, 0)  # Ctrl-C is for the server, which ends this one
        try:
            is_same = hash_of_files(settings) == served
        except KgError:
            is_same = False  # the build says what is wrong
        with suppress(BrokenPipeError):
            os.write(answers, _SAME if is_same else _OTHER)
        if os.read(orders, 1) and not is_same:
            try:
                build()
                say("What had changed in the sources is built.")
            except KgError as error:
                say(f"{error} What was served before is served on.")
            except Exception as error:  # noqa: BLE001 (nobody else can tell it)
                say(f"What had changed could not be built: {error!r}. What was served before is served on.")
        code = 0
    finally:
        os._exit(code)
