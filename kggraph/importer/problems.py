"""What is wrong with the records of a file, collected over all its lines before anything is refused."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from kggraph.errors import ImportRefused


@dataclass
class Problems:
    """The problems found so far in one file."""

    source: str
    """Name of the file, as messages show it."""
    found: set[tuple[int, str, str]] = field(default_factory=set)
    """Line, key (may be empty) and sentence."""
    about: set[tuple[int, str]] = field(default_factory=set)

    def add(self, line: int, key: str, message: str) -> None:
        """Keep one problem: what was found and what would be right."""
        self.found.add((line, key, message))
        self.about.add((line, key))

    def relate(self, line: int, key: str) -> None:
        """Let a key count as having a problem that is told of another one."""
        self.about.add((line, key))

    def concerns(self, line: int, key: str) -> bool:
        """Whether that key of that line has a problem already, so that another one would only repeat it."""
        return (line, key) in self.about

    def refuse(self) -> None:
        """Do nothing when all is well.

        :raises ImportRefused: with every problem, in the order of the lines.
        """
        if not self.found:
            return
        sentences = tuple(
            f"{self.source}:{line}: {key}{': ' if key else ''}{message}" for line, key, message in sorted(self.found)
        )
        lines = len({line for line, _, _ in self.found})
        counted = f"{_count(len(sentences), 'problem')} on {_count(lines, 'line')}"
        raise ImportRefused(f"Nothing was imported: {counted}.", problems=sentences)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def shown(value: object, limit: int = 60) -> str:
    """A value of a record as it is written in JSON, shortened.

    >>> shown("naïef"), shown(["a"]), shown(None)
    ('"naïef"', '["a"]', 'null')
    """
    text = json.dumps(value, ensure_ascii=False)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def nearest(value: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known words most like a value, the best first.

    >>> nearest("studiesucces", ["studie-succes", "slaap"])
    ['studie-succes']
    """
    return difflib.get_close_matches(value.lower(), sorted(known), limit, 0.6)


def suggestion(candidates: Iterable[str], otherwise: str = "") -> str:
    """A question that names the candidates, or another sentence when there are none.

    >>> suggestion(["a", "b"]), suggestion([], "Give a slug.")
    ('Did you mean "a" or "b"?', 'Give a slug.')
    """
    quoted = [f'"{candidate}"' for candidate in candidates]
    if not quoted:
        return otherwise
    listed = " or ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
    return f"Did you mean {listed}?"
