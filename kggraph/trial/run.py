"""Validates a stranger's data in a process that is killed when it takes too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kggraph.config import Settings
from kggraph.errors import KgError, TooBusy, UnreadableData, ValidationTimeout
from kggraph.publish.generation import Generation
from kggraph.trial.checking import MOST_RESULTS, Asked

_WAIT_S: Final = 1.0
_RETRY_AFTER_S: Final = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """A report on given data."""

    body: bytes
    things: int
    """How many of the given things a shape looked at; with none, nothing was checked."""
    results: int

    @property
    def is_cut(self) -> bool:
        """Whether the report has fewer results than there are."""
        return self.results > MOST_RESULTS


class Trials:
    """Bounded room for validations; one object serves all threads of a process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._room = threading.BoundedSemaphore(max(1, settings.validate_workers))

    def run(self, generation: Generation, data: bytes, input: str, *, lang: str, form: str) -> Trial:
        """Validate data against the shapes of a generation.

        :param input: format of the data, one of `checking.INPUTS`.
        :param form: format of the report, of `report_formats.FORMATS`.
        :raises UnreadableData: the data cannot be read.
        :raises ValidationTimeout: it took longer, or more memory, than allowed.
        :raises TooBusy: as many others are validating as there is room for.
        """
        if not self._room.acquire(timeout=_WAIT_S):
            raise TooBusy("Others are validating just now; try again in a few seconds.", retry_after_s=_RETRY_AFTER_S)
        try:
            with tempfile.TemporaryDirectory(prefix="kggraph-trial-") as folder:
                path = Path(folder) / f"data.{input}"
                path.write_bytes(data)
                return self._run(generation, path, input, lang, form)
        finally:
            self._room.release()

    def _run(self, generation: Generation, path: Path, input: str, lang: str, form: str) -> Trial:
        settings = self._settings
        asked = Asked(
            generation=str(generation.path.absolute()),
            file=str(path),
            input=input,
            lang=lang,
            form=form,
            base_from=settings.source_base_uri,
            prefixes=settings.all_prefixes,
            memory_mb=settings.validate_memory_mb,
        )
        try:
            done = subprocess.run(
                [sys.executable, "-m", "kggraph.trial"],
                input=json.dumps(asdict(asked)).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=settings.validate_timeout_s,
                # Nothing else of the environment, which may hold what a server was told in confidence.
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._stopped() from None
        head, mark, body = done.stdout.partition(b"\n")
        if done.returncode or not mark:
            # Memory that ends in the engine, or a call that the system refuses, ends the process without a word.
            raise self._stopped()
        return self._trial(json.loads(head), body)

    def _trial(self, told: dict[str, Any], body: bytes) -> Trial:
        if "unreadable" in told:
            problems = tuple(told.get("problems", ()))
            line, column = told.get("line"), told.get("column")
            raise UnreadableData(told["unreadable"], line=line, column=column, problems=problems)
        if "stopped" in told:
            raise self._stopped()
        if "failed" in told:
            raise KgError(told["failed"])
        return Trial(body, told["things"], told["results"])

    def _stopped(self) -> ValidationTimeout:
        allowed = self._settings.validate_timeout_s
        return ValidationTimeout(
            f"The validation took more than {allowed:g} s or {self._settings.validate_memory_mb} MB and was stopped; "
            "give fewer things at a time.",
            allowed=allowed,
        )
