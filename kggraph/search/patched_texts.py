"""What patches changed of a text index since the full build: `patch.json` beside the files of that build."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from kggraph.search.patched_items import PATCH_FILE, Changed, NewestOrder

Table: TypeAlias = Literal["terms", "title_words"]


class TitledItem(NamedTuple):
    """An item with its titles."""

    number: int
    iri: str
    titles: str
    """Language tag -> title, as JSON."""


@dataclass(slots=True)
class PatchedTexts:
    """All that patches changed; nothing after a full build."""

    places: Sequence[tuple[int, int]] = ()
    """Numbers of the patched items with their places among the newest, in this order."""
    items: dict[int, TitledItem] = field(default_factory=dict)
    """The patched items that there are, by number."""
    terms: dict[str, Changed] = field(default_factory=dict)
    """Terms that items got or lost."""
    title_words: dict[str, Changed] = field(default_factory=dict)
    """Words that titles got or lost."""

    def newest(self) -> NewestOrder:
        """The order of all items by date."""
        return NewestOrder(self.places)

    def of(self, table: Table) -> dict[str, Changed]:
        """What changed in a table."""
        return self.terms if table == "terms" else self.title_words

    def change(self, table: Table, key: str, number: int, *, has: bool) -> None:
        """An item got a term or word that it had not, or lost one that it had."""
        changes = self.of(table)
        gone, new = changes.setdefault(key, Changed([], []))
        undone, done = (gone, new) if has else (new, gone)
        if number in undone:
            undone.remove(number)
        else:
            done.append(number)
        if not gone and not new:
            del changes[key]

    def write(self, folder: Path) -> None:
        """Write what `read_patched_texts` reads."""
        told = [self.places, list(self.items.values()), self.terms, self.title_words]
        (folder / PATCH_FILE).write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), "utf-8")


def read_patched_texts(folder: Path) -> PatchedTexts:
    """What patches changed of the index in a folder.

    :raises OSError: the file cannot be read.
    :raises ValueError: it is damaged.
    """
    try:
        places, items, *tables = json.loads((folder / PATCH_FILE).read_bytes())
    except FileNotFoundError:
        return PatchedTexts()
    titled = (TitledItem(*item) for item in items)
    terms, title_words = ({key: Changed(*changed) for key, changed in table.items()} for table in tables)
    return PatchedTexts([(n, place) for n, place in places], {item.number: item for item in titled}, terms, title_words)
