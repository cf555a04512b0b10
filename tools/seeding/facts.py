"""The collected facts and the curated tables beside them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TABLES: Final = Path(__file__).parent.parent / "facts"
"""Folder of the tables that this project adds: what the source leaves to be decided."""

Record = dict[str, Any]


def table(name: str) -> Record:
    """A table of this project, such as `countries`."""
    with (TABLES / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@dataclass(frozen=True)
class Facts:
    """What was collected, as it was collected."""

    taxonomy: Record
    organisations: Record
    items: tuple[Record, ...]

    @classmethod
    def read(cls, folder: Path) -> Facts:
        """The three files of the source folder."""
        with (folder / "items.jsonl").open(encoding="utf-8") as lines:
            items = tuple(json.loads(line) for line in lines if line.strip())
        return cls(
            taxonomy=json.loads((folder / "taxonomy.json").read_text(encoding="utf-8")),
            organisations=json.loads((folder / "organisations.json").read_text(encoding="utf-8")),
            items=items,
        )

    def schemes(self) -> dict[str, Record]:
        """Concept schemes by id."""
        return {scheme["id"]: scheme for scheme in self.taxonomy["schemes"]}
