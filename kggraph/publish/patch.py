"""An edit of few items as a patch of the generation before, instead of a build from all sources.

File by file it makes what a whole build would make of the sources as they are now; what an edit does not touch is
linked. Only what is told of the whole corpus stays as it was: weights of words, and dumps, which say their version.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from kggraph.config import Settings
from kggraph.model import LangText, Model
from kggraph.page_log import LOG_SUFFIX
from kggraph.publish import void
from kggraph.publish.completion import recounted
from kggraph.publish.counts import EXAMPLES, Counts, read_counts
from kggraph.publish.described_graph import DescribedGraph
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.gate import MOST_KEPT, refused
from kggraph.publish.generation import FileEntry, Generation, file_entry, write_manifest
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.lifecycle import ending
from kggraph.publish.named_things import NameReader
from kggraph.publish.ownership import check_file
from kggraph.publish.patched_descriptions import Edit, described, patch_descriptions
from kggraph.publish.patched_names import patch_names
from kggraph.publish.patched_quality import patch_quality
from kggraph.publish.pool import Pool
from kggraph.publish.program import made_with
from kggraph.publish.things import Thing, thing_reader
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.rdf.source import read_file
from kggraph.search.facet_patch import patch_facets
from kggraph.search.item_edits import ItemEdit, ItemState
from kggraph.search.patched_items import UnpatchableError
from kggraph.search.text_patch import patch_text_index
from kggraph.store.files import is_on_disk
from kggraph.store.overlay import patch_on_disk, write_patched
from kggraph.store.remote import remote_of
from kggraph.terms import DCAT, RDF, SH
from kggraph.validation.engines import data_graph
from kggraph.validation.explain import Explainer
from kggraph.validation.incremental import IncrementalValidator
from kggraph.validation.report import VIOLATION, Report, Result
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import read_targets

NO_LINKS: Final = frozenset((errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS))
"""Errors of a disk that makes no hard links."""
MOST_FILES: Final = 50
MOST_PATCHES: Final = 100
MOST_LOG_BYTES: Final = 32 << 20
"""Of all logs of pages that a patch copies from the generation before, and that each reader goes through."""
_COPIED_BYTES: Final = 64 << 20
"""Size up to which a generation shares no file with the one before, so that a damaged disk does not damage both."""
_TYPE: Final = f"<{RDF}type>".encode()
_LINKED: Final = ("ontology.nt", "shapes.nt", "dumps/")
"""What an edit never touches."""


def patch_generation(
    folder: Path,
    base: Generation,
    version: str,
    changed: Mapping[str, tuple[str, str]],
    settings: Settings,
    *,
    lang: str,
    engine: str,
) -> Sequence[Edit]:
    """Make a generation in an empty folder from the one before; gives what differs.

    :param version: of the sources as they are now.
    :param changed: the files that differ from those of the base, with their SHA-256 then and now (empty: not there).
    :param lang: language of the report when the data do not conform.
    :param engine: SHACL engine that validates.
    :raises UnpatchableError: everything has to be built.
    :raises SourceError: a file cannot be read, or describes what is not its own.
    :raises NonconformingData: as a build does.
    """
    _check(base, changed, settings)
    with _opened(base.path) as before:
        patch = _Patch(folder, base, version, before, settings)
        patch.read(changed)
        patch.validate(engine, lang)
        with Pool(many=False) as pool:
            patch.write(pool)
    patch.close()
    return patch.edits


def _check(base: Generation, changed: Mapping[str, tuple[str, str]], settings: Settings) -> None:
    data = f"{settings.data_path.relative_to(settings.root).as_posix()}/"
    if base.manifest.made_with != made_with(settings):
        raise UnpatchableError("The program or the settings are others.")
    if base.manifest.patches >= MOST_PATCHES:
        raise UnpatchableError(f"There were {MOST_PATCHES} patches since the last whole build.")
    if sum(entry.size for name, entry in base.manifest.files.items() if name.endswith(LOG_SUFFIX)) > MOST_LOG_BYTES:
        raise UnpatchableError(f"What was edited since the last whole build takes more than {MOST_LOG_BYTES >> 20} MB.")
    if len(changed) > MOST_FILES:
        raise UnpatchableError(f"More than {MOST_FILES} files changed.")
    if other := next((path for path in changed if not path.startswith(data)), None):
        raise UnpatchableError(f"{other} decides over everything.")
    if remote_of(settings) is not None:
        raise UnpatchableError("The data are in an engine elsewhere.")


@contextmanager
def _opened(folder: Path) -> Iterator[Descriptions]:
    descriptions = Descriptions(folder / "descriptions.sqlite")
    try:
        yield descriptions
    finally:
        descriptions.close()


class _Patch:
    def __init__(self, folder: Path, base: Generation, version: str, before: Descriptions, settings: Settings) -> None:
        self.folder, self.base, self.version, self.before, self.settings = folder, base, version, before, settings
        self.shapes, self.ontology = base.shapes_path.read_bytes(), base.ontology_path.read_bytes()
        self.model: Model = base.model()
        self.edits: list[Edit] = []
        self.counts = Counts()
        self.report = Report(())
        self.texts: ShapeTexts | None = None
        self.description = b""
        """VoID, of the new generation."""
        self.touched: set[str] = set()
        """Things that something else is reported of than before."""

    # ------------------------------------------------------------------ reading
    def read(self, changed: Mapping[str, tuple[str, str]]) -> None:
        """Read the files that changed, and what was in them."""
        read = thing_reader(self.model, self.settings.base_uri)
        old: dict[str, Thing] = {}
        new: dict[str, Thing] = {}
        for path, (_, sha256) in changed.items():
            for iri in self.before.in_file(path):
                (old[iri],) = read(self.before.triples(iri), path)
            if not sha256:
                continue
            source = read_file(
                self.settings.root / path,
                root=self.settings.root,
                base_from=self.settings.source_base_uri,
                base_to=self.settings.base_uri,
                prefixes=self.settings.all_prefixes,
            )
            if source.sha256 != sha256:
                raise UnpatchableError(f"{path} changes while it is read.")
            found = read(source.ntriples, path)
            check_file(
                source, tuple(thing.iri for thing in found), self.settings.base_uri, self.settings.source_base_uri
            )
            for thing in found:
                if new.setdefault(thing.iri, thing) is not thing:
                    raise UnpatchableError(f"<{thing.iri}> is described twice.")
        for iri in sorted({*old, *new}):
            edit = Edit(old.get(iri), new.get(iri))
            self._check(edit)
            if edit.before != edit.after:
                self.edits.append(edit)

    def _check(self, edit: Edit) -> None:
        iri, kind = edit.thing.iri, self.model.main.kind
        for thing in filter(None, (edit.before, edit.after)):
            if not thing.is_item or thing.kind != kind:
                raise UnpatchableError(f"<{iri}> is none of the kind {kind}.")
            if f"{DCAT}Dataset" in thing.types:
                raise UnpatchableError(f"<{iri}> describes the knowledge base.")
        if edit.before is None and self.before.number(iri):
            raise UnpatchableError(f"<{iri}> is described in another file as well.")
        if edit.before is None and f"<{iri}> ".encode() in self.ontology:
            raise UnpatchableError(f"<{iri}> is in the ontology as well.")

    # ------------------------------------------------------------------ validating
    def validate(self, engine: str, lang: str) -> None:
        """Tell what is reported, and that each shape still checks something."""
        before = [row for edit in self.edits if edit.before for row in edit.before.rows]
        after = [row for edit in self.edits if edit.after for row in edit.after.rows]
        self._count(before, after)
        was = self.base.report()
        self._check_kept(was, self.base.manifest.results)
        self.report = was
        if not self.edits:
            return
        validator = IncrementalValidator(self.shapes, data_graph(b"", self.ontology), engine)
        self.texts = validator.texts
        renewed = validator.edit(DescribedGraph(self.before), _lines(before), _lines(after))
        if renewed is None:
            raise UnpatchableError("The shapes do not tell what an edit touches.")
        if violations := [result for result in renewed.results if result.severity == VIOLATION]:
            sources = {edit.thing.iri: edit.thing.source for edit in self.edits}
            settings = self.settings

            def source_of(iri: str) -> str | None:
                found = self.before.get(iri)
                return sources.get(iri) or (found.source if found else None)

            bases = {"base_from": settings.source_base_uri, "base_to": settings.base_uri}
            explainer = Explainer(validator.texts, settings.root, source_of, lang=lang, **bases)
            raise refused(len(violations), Report.of(violations), explainer)
        self.report = renewed.into(was)
        self.touched = {_thing_of(result) for result in {*was.results} ^ {*self.report.results}}

    def _check_kept(self, report: Report, totals: Mapping[str, int]) -> None:
        if len(report.results) != sum(totals.values()) or len(report.results) > MOST_KEPT - 1_000:
            raise UnpatchableError("There are more results of validation than are kept.")

    def _count(self, before: Sequence[ntriples.Row], after: Sequence[ntriples.Row]) -> None:
        self.counts = counts = read_counts(self.base.path)
        terms = recounted(counts.terms, _lines(before), _lines(after), self.ontology, self.settings.languages)
        if terms is None:
            raise UnpatchableError("An item is a class, a property or a concept as well.")
        links = void.link_counter(self.settings.base_uri, self.settings.served_prefixes)
        links.add(before)
        gone, links.counts = links.counts, Counter()
        links.add(after)
        counts.links.update(links.counts)
        counts.links.subtract(gone)
        for edit in self.edits:
            if edit.before:
                counts.subtract(edit.before, over=_is_over(edit.before))
            if edit.after:
                counts.add(edit.after, over=_is_over(edit.after))
        counts.terms = terms
        counts.classes = +counts.classes  # without those that nothing is of any more
        counts.predicates = +counts.predicates
        if counts.kinds[self.model.main.kind or ""] < 1:
            raise UnpatchableError("There are no items left.")
        self._check_focus(before)

    def _check_focus(self, before: Iterable[ntriples.Row]) -> None:
        """A shape that checks nothing is an error, which a whole build tells."""
        used = {term["iri"] for term in self.counts.terms["classes"] if term["count"]}
        lost = {row[1] for row in before if row[1] not in self.counts.predicates}
        for _, predicate, term in before:
            if predicate == _TYPE and ntriples.is_iri(term) and (iri := ntriples.iri(term)) not in used:
                lost.update(f"<{one}>".encode() for one in (iri, *self.model.superclasses.get(iri, ())))
        gone = {f"<{edit.thing.iri}>".encode() for edit in self.edits if edit.after is None}
        if any(target.term.partition(b"#")[0] in gone or target.term in lost for target in read_targets(self.shapes)):
            raise UnpatchableError("A shape may check nothing any more.")

    # ------------------------------------------------------------------ writing
    def write(self, pool: Pool) -> None:
        """Write or link every file but the manifest."""
        base, new, settings = self.base.path, self.folder, self.settings
        for name in self.base.manifest.files:
            if name.startswith(_LINKED):
                (new / name).parent.mkdir(exist_ok=True)
                os.link(base / name, new / name)
        file = "descriptions.sqlite"
        patch_descriptions(base / file, new / file, self.edits, settings.languages, settings.base_uri)
        with _opened(new) as after:
            self._tell(after)
            self._patch_store()
            # In a process of its own, since the database has threads.
            wait = pool.start(patch_on_disk, base / "store", new / "store") if is_on_disk(base / "store") else None
            (new / "search").mkdir()
            self._patch_search(after)
            if self.texts is None:
                self.texts = ShapeTexts(self.shapes)
            patch_quality(
                base / "quality.sqlite",
                new / "quality.sqlite",
                self.edits,
                after,
                self.model,
                self.texts,
                settings.languages,
                self.report,
                self.touched,
            )
        if wait:
            wait()

    def close(self) -> None:
        """Write the manifest; what is linked has the checksum that it had. A small generation gets files of its own."""
        manifest = self.base.manifest
        entries: dict[str, FileEntry] = {}
        is_small = sum(entry.size for entry in manifest.files.values()) <= _COPIED_BYTES
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            name = path.relative_to(self.folder).as_posix()
            known = manifest.files.get(name)
            is_linked = known is not None and path.samefile(self.base.path / name)
            entries[name] = known if known is not None and is_linked else file_entry(path)
            if is_linked and is_small:
                own = path.with_name(f".{path.name}")
                shutil.copyfile(path, own)
                own.replace(path)
        counts = self.counts
        totals = Counter(result.severity.removeprefix(SH) for result in self.report.results)
        new = replace(
            manifest,
            hash=self.version,
            created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            triples=counts.triples,
            kinds={kind: counts.kinds[kind] for kind in manifest.kinds},
            classes=dict(sorted(counts.classes.items())),
            results=dict(sorted(totals.items())),
            files=entries,
            base=manifest.base or manifest.hash,
            base_created=manifest.base_created or manifest.created,
            patches=manifest.patches + 1,
        )
        write_manifest(self.folder, new)

    def _tell(self, after: Descriptions) -> None:
        """Counts, the description of the dataset, and the report."""
        living = (
            one.iri
            for one in after.each(self.model.main.kind or "")
            if not ending(one.ntriples, one.iri).is_over and (model := self.model.of_types(one.types)) and model.is_main
        )
        self.counts.examples = list(islice(living, EXAMPLES))
        self.counts.write(self.folder)
        manifest = self.base.manifest
        self.description = self.counts.describe(self.settings.base_uri, self.version, manifest.base or manifest.hash)
        (self.folder / "void.nt").write_bytes(self.description)
        results = [asdict(result) for result in self.report.results]
        (self.folder / "report.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")

    def _patch_store(self) -> None:
        replaced = {edit.thing.iri: (_own(edit.before), _own(edit.after)) for edit in self.edits}
        graph = f"{self.settings.base_uri}graph/void"
        write_patched(self.base.path / "store", self.folder / "store", replaced, {graph: self.description})

    def _patch_search(self, after: Descriptions) -> None:
        edits = [ItemEdit(edit.thing.iri, self._state(edit.before), self._state(edit.after)) for edit in self.edits]

        def look(iri: str) -> ItemState:
            found = self.before.get(iri)
            if found is None:
                raise UnpatchableError(f"<{iri}> is in the facets and in no file.")
            return ItemState(found.ntriples, self._titles(found.labels, iri))

        def pointing(property_: str, iri: str) -> set[str]:
            links = after.inbound(iri, predicate=property_, limit=-1, living=True)
            return {link.thing for link in links if link.subject == link.thing}

        base, new = self.base.path / "search", self.folder / "search"
        patch_facets(base / "facets", new / "facets", self.model, edits, look, pointing)
        patch_text_index(base / "text", new / "text", new / "facets", self.model, edits)
        self._patch_names(base, new, after)

    def _patch_names(self, base: Path, new: Path, after: Descriptions) -> None:
        named = {thing_iri(iri) for edit in self.edits for iri in _named(edit)}
        links = after.links_to({*named, *(edit.thing.iri for edit in self.edits)})
        reader = NameReader(self.model)
        edits = [
            (
                reader.read(described(edit.before), 0) if edit.before else None,
                reader.read(described(edit.after), links[edit.after.iri]) if edit.after else None,
            )
            for edit in self.edits
        ]
        patch_names(base / "names.sqlite", new / "names.sqlite", edits, links)

    def _state(self, thing: Thing | None) -> ItemState | None:
        if thing is None or _is_over(thing):
            return None
        return ItemState(thing.ntriples, self._titles(thing.labels, thing.iri))

    def _titles(self, labels: LangText, iri: str) -> tuple[str, ...]:
        return tuple(sort_key(pick(labels, lang, iri).text) for lang in self.settings.languages)


def _is_over(thing: Thing) -> bool:
    return ending(thing.ntriples, thing.iri).is_over


def _named(edit: Edit) -> Iterator[str]:
    """The IRIs that a thing names, or named."""
    for thing in filter(None, (edit.before, edit.after)):
        yield from (ntriples.iri(term) for _, _, term in thing.rows if ntriples.is_iri(term))


def _own(thing: Thing | None) -> bytes:
    return thing.ntriples if thing else b""


def _lines(rows: Iterable[ntriples.Row]) -> bytes:
    return b"".join([b"%b %b %b .\n" % row for row in rows])


def _thing_of(result: Result) -> str:
    return thing_iri(result.focus.strip("<>"))
