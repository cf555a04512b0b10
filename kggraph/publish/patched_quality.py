"""`quality.sqlite` patched: what is found about the things that an edit touches, and the counts that follow."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from kggraph import page_log
from kggraph.model import Model
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.patched_descriptions import Edit, described
from kggraph.publish.quality import ClassCounter, MadeList, Measuring
from kggraph.rdf.iris import thing_iri
from kggraph.search.patched_items import UnpatchableError
from kggraph.validation.report import Report
from kggraph.validation.shape_texts import ShapeTexts

_NUMBER: Final = re.compile(r"-\d+\Z")


def patch_quality(
    base: Path,
    new: Path,
    edits: Sequence[Edit],
    descriptions: Descriptions,
    model: Model,
    texts: ShapeTexts,
    languages: Sequence[str],
    report: Report,
    touched: Iterable[str],
) -> None:
    """Make the file of a generation from that of the one before.

    :param descriptions: those of the new generation.
    :param report: the whole report of the new generation.
    :param touched: things that results of the report may have come or gone for.
    :raises UnpatchableError: it has to be measured as a whole.
    """
    with page_log.patched(base, new) as database:
        made = _Remeasuring(database, descriptions, model, languages)
        edited = {edit.thing.iri for edit in edits}
        affected = {*edited, *touched}
        made.forget(affected, edited)
        made.report([one for one in report.results if thing_iri(one.focus.strip("<>")) in affected], texts)
        for edit in edits:
            if edit.before:
                made.counted(described(edit.before), -1)
        for edit in edits:
            if edit.after:
                made.thing(described(edit.after))
        made.put_back(affected)


class _Remeasuring(Measuring):
    """Goes on where the measuring of the generation before ended."""

    def __init__(
        self, database: sqlite3.Connection, descriptions: Descriptions, model: Model, languages: Sequence[str]
    ) -> None:
        super().__init__(database, descriptions, model, languages)
        rows = (
            "SELECT key, id, name, kind, shape, anchor, lang, severity, label, things, findings FROM list ORDER BY id"
        )
        for key, *plain, label, things, findings in database.execute(rows):
            kind, about, of = json.loads(key)
            self.lists[kind, about, of] = MadeList(*[*plain, json.loads(label), json.loads(things), findings])
        self.before = {one.name for one in self.lists.values()}
        self.dead = {f"<{address}>".encode(): date for address, date in database.execute("SELECT * FROM dead")}
        (self.total,) = database.execute("SELECT number FROM total WHERE name = 'things'").fetchone()
        self.total = int(self.total)
        self._counters()

    def forget(self, affected: Iterable[str], edited: set[str]) -> None:
        """Take out what was found: what a report says of all that are affected, all else of what was edited."""
        by_id = {one.id: one for one in self.lists.values()}
        for thing in affected:
            found = self.database.execute("SELECT list, number FROM finding WHERE thing = ?", (thing,)).fetchall()
            for number, place in found:
                if by_id[number].kind == "report" or thing in edited:
                    sql = "DELETE FROM finding WHERE list = ? AND number = ? AND thing = ?"
                    self.database.execute(sql, (number, place, thing))
                    by_id[number].findings -= 1

    def put_back(self, affected: Iterable[str]) -> None:
        """Write lists and counts anew: they are few."""
        self._check_names()
        self.lists = {key: one for key, one in self.lists.items() if one.findings}
        self.counters = {iri: counter for iri, counter in self.counters.items() if counter.total}
        for table in ("list", "filled", "translated", "total"):
            self.database.execute(f"DELETE FROM {table}")
        self.finish()
        for thing in affected:
            self.database.execute("DELETE FROM busiest WHERE thing = ?", (thing,))
            sql = "INSERT INTO busiest SELECT thing, count(*) FROM finding WHERE thing = ? GROUP BY thing"
            self.database.execute(sql, (thing,))

    def _check_names(self) -> None:
        """Names that lists share are numbered in the order in which a whole build comes upon them.

        :raises UnpatchableError: such a list came or went.
        """
        stems = Counter(_NUMBER.sub("", one.name) for one in self.lists.values())
        for one in self.lists.values():
            is_other = not one.findings or one.name not in self.before
            if is_other and stems[_NUMBER.sub("", one.name)] > 1:
                raise UnpatchableError("The lists of what is found get other names.")

    def _counters(self) -> None:
        every = {model.iri: model for model in self.model.classes}
        tables: dict[str, list[Any]] = {}
        for row in self.database.execute("SELECT class, shape, filled, total FROM filled ORDER BY rowid"):
            tables.setdefault(row[0], []).append(row[1:])
        for iri, rows in tables.items():
            counter = self.counters[iri] = ClassCounter(every[iri], self.languages)
            counter.filled = [filled for _, filled, _ in rows]
            counter.total = rows[0][2]
        for iri, shape, lang, filled, total in self.database.execute(
            "SELECT class, shape, lang, filled, total FROM translated"
        ):
            self.counters[iri].with_text[shape] = total
            self.counters[iri].tagged[shape, lang] = filled
