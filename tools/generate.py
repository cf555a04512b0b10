"""A knowledge base of any size, made from a real one: `python tools/generate.py 100000 --seed 1 --out DIR`.

Ontology, shapes, schemes and settings are copied. Items are made from the real items, in the frequencies that these
have: each is one real item with a title of its own, some of its properties replaced by those of other items, and its
people and organisations replaced by made-up ones, whose number grows with the square root of the number of items. What
points at items (initiatives) is made likewise. Everything follows from the seed, byte for byte, and conforms.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kggraph import config
from kggraph.config import Settings
from kggraph.model import Field, Model, load_model
from kggraph.publish.inputs import read_graph
from kggraph.publish.pool import Pool
from kggraph.publish.things import Thing, thing_reader
from kggraph.rdf import ntriples
from kggraph.rdf.source import read_folder
from kggraph.terms import SKOS
from tests.shape_cases import CONTEXT, seed

FILES_A_FOLDER = 5000
BATCH = 500
"""Files that a process writes at a time."""
SHARE_REPLACED = 0.4


@dataclass
class Family:
    """The real things of one class, and where their files are."""

    kind: str
    folder: Path
    things: list[Thing] = field(default_factory=list)
    points: bool = False
    """Whether they point at items: then the real ones are not copied, since their items are not there."""


def main() -> int:
    """Read the command line and write the knowledge base."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("items", type=int, help="how many items to make")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other things")
    parser.add_argument("--root", type=Path, default=Path(__file__).parent.parent, help="the real knowledge base")
    parser.add_argument(
        "--violations", type=int, default=0, metavar="N", help="seed N wrong things (then see tools/violations.py)"
    )
    parser.add_argument("--out", type=Path, required=True, help="new folder to write to")
    options = parser.parse_args()
    if options.out.exists():
        parser.error(f"{options.out} exists already")
    settings = config.load(options.root.absolute(), {})
    files = Generator(settings, options.seed).write(options.out.absolute(), options.items)
    if options.violations:
        cases = settings.root / "tests" / "cases" / "shapes"
        if not (cases / CONTEXT).is_file():
            parser.error(f"there are no wrong examples in {cases}")
        shapes = read_graph(settings.shapes_path, settings)[0]
        seed(options.out, settings, cases, shapes, options.violations, random.Random(options.seed))
    print(f"{files} files in {options.out}")
    return 0


class Generator:
    """Makes things in the likeness of those of a knowledge base."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.settings, self.random = settings, random.Random(seed)
        self.model = _model(settings)
        self.families = _families(settings, self.model)
        self.main_kind = self.model.main.kind or ""
        self.fields: dict[bytes, Field | None] = {}
        self.base = f"<{settings.base_uri}".encode()
        self.titles = {f"<{path}>".encode() for path in self.model.main.label_paths}

    def write(self, out: Path, items: int) -> int:
        """Write the whole folder; gives the number of files made."""
        settings = self.settings
        out.mkdir(parents=True)
        shutil.copy(settings.root / config.FILE_NAME, out)
        left_out = [f.folder for f in self.families.values() if f.kind == self.main_kind or f.points]
        for name in (settings.ontology_dir, settings.shapes_dir, settings.queries_dir, settings.data_dir):
            if (settings.root / name).is_dir():
                ignore = _without(left_out)
                shutil.copytree(settings.root / name, out / name, ignore=ignore)
        real = self.families[self.main_kind]
        names = {self.main_kind: [f"g{number:07}" for number in range(items)]}
        for kind, family in self.families.items():
            if kind != self.main_kind:
                wanted = max(1, round(len(family.things) * math.sqrt(items / len(real.things))))
                names[kind] = [f"g{number:06}" for number in range(wanted)]
        prefixes = settings.all_prefixes
        things = self._things(out, names)
        batches = iter(lambda: list(itertools.islice(things, BATCH)), [])
        with Pool(many=True) as pool:
            return sum(pool.map(write_things, ((batch, prefixes) for batch in batches)))

    def _things(self, out: Path, names: dict[str, list[str]]) -> Iterator[tuple[Path, bytes]]:
        """Every file to write, with its triples as N-Triples."""
        for kind, slugs in sorted(names.items()):
            family = self.families[kind]
            folder = out / family.folder.relative_to(self.settings.root)
            for number, slug in enumerate(slugs):
                part = folder / f"{number // FILES_A_FOLDER:03}" if len(slugs) > FILES_A_FOLDER else folder
                if number % FILES_A_FOLDER == 0:
                    part.mkdir(parents=True, exist_ok=True)
                rows = self._item(slug, number) if kind == self.main_kind else self._other(family, slug, number)
                lines = [b"%b %b %b .\n" % row for row in self._renamed(rows, names)]
                yield part / f"{slug}.ttl", b"".join(dict.fromkeys(lines))

    # ------------------------------------------------------------------ one thing
    def _item(self, slug: str, number: int) -> list[ntriples.Row]:
        real = self.families[self.main_kind].things
        thing = self.random.choice(real)
        rows = list(thing.rows)
        for predicate in sorted({row[1] for row in rows if self._is_classification(row)}):
            if self.random.random() < SHARE_REPLACED:
                donor = self.random.choice(real)
                others = [row for row in donor.rows if row[1] == predicate and row[0] == donor.subject]
                if others:
                    rows = [row for row in rows if row[1] != predicate or row[0] != thing.subject] + others
        return self._as(slug, number, rows, mix_texts=True)

    def _other(self, family: Family, slug: str, number: int) -> list[ntriples.Row]:
        return self._as(slug, number, self.random.choice(family.things).rows, mix_texts=False)

    def _as(self, slug: str, number: int, rows: Iterable[ntriples.Row], *, mix_texts: bool) -> list[ntriples.Row]:
        """The rows with another subject, names and addresses of its own."""
        made, latest = [], b""
        for subject, predicate, term in rows:
            if subject != latest:
                start, _, fragment = subject[1:-1].partition(b"#")
                whole = start.rpartition(b"/")[0] + b"/" + slug.encode()
                new_subject = b"<" + whole + (b"#" + fragment if fragment else b"") + b">"
                part, latest = b"<" + start + b"#", subject
            if term.startswith(part):
                term = b"<" + whole + term[1 + len(start) :]
            elif not fragment and term.startswith(b'"') and self._is_name(predicate):
                term = self._text(term, predicate, number, mix_texts)
            elif not fragment and self._is_own_address(predicate, term):
                term = term[:-1] + (b"&" if b"?" in term else b"?") + b"g=%d>" % number
            made.append((new_subject, predicate, term))
        return made

    def _text(self, term: bytes, predicate: bytes, number: int, mix: bool) -> bytes:
        text, lang, _ = ntriples.literal(term)
        if mix:
            other = self._other_title(predicate, lang)
            words, others = text.split(), other.split()
            text = " ".join([*words[: (len(words) + 1) // 2], *others[len(others) // 2 :]])
        return str(ox.Literal(f"{text} {number}", language=lang or None)).encode()

    def _other_title(self, predicate: bytes, lang: str) -> str:
        for _ in range(20):
            thing = self.random.choice(self.families[self.main_kind].things)
            for subject, said, term in thing.rows:
                if said == predicate and subject == thing.subject and ntriples.literal(term).lang == lang:
                    return ntriples.literal(term).text
        return ""

    def _renamed(self, rows: Sequence[ntriples.Row], names: dict[str, list[str]]) -> list[ntriples.Row]:
        """The rows with made-up people, organisations and items in place of the real ones, the same one throughout."""
        base = f"<{self.settings.base_uri}id/".encode()
        chosen: dict[bytes, bytes] = {}
        renamed = []
        for subject, predicate, term in rows:
            if term.startswith(base) and b"#" not in term:
                kind = term[len(base) :].split(b"/")[0].decode()
                if kind in names:
                    if term not in chosen:
                        chosen[term] = base + f"{kind}/{self.random.choice(names[kind])}>".encode()
                    term = chosen[term]
            renamed.append((subject, predicate, term))
        return renamed

    # ------------------------------------------------------------------ which predicate is what
    def _is_name(self, predicate: bytes) -> bool:
        names = (f"<{SKOS}prefLabel>".encode(), b"<http://xmlns.com/foaf/0.1/name>")
        return predicate in self.titles or predicate in names

    def _field(self, predicate: bytes) -> Field | None:
        if predicate not in self.fields:
            self.fields[predicate] = self.model.main.by_path(ntriples.iri(predicate))
        return self.fields[predicate]

    def _is_classification(self, row: ntriples.Row) -> bool:
        field_ = self._field(row[1])
        return bool(field_ and field_.scheme)

    def _is_own_address(self, predicate: bytes, term: bytes) -> bool:
        field_ = self._field(predicate)
        outside = term.startswith(b"<http") and not term.startswith(self.base)
        return bool(outside and field_ and field_.max_count == 1 and b"#" not in term and not field_.datatypes)


def write_things(things: Iterable[tuple[Path, bytes]], prefixes: Mapping[str, str]) -> int:
    """Write things as Turtle; gives their number.

    :param things: file and N-Triples of each.
    """
    number = 0
    for path, text in things:
        used = {name: iri for name, iri in prefixes.items() if iri.encode() in text}
        path.write_bytes(
            ox.serialize(ox.parse(text, ox.RdfFormat.N_TRIPLES), format=ox.RdfFormat.TURTLE, prefixes=used)
        )
        number += 1
    return number


def _model(settings: Settings) -> Model:
    graphs = [
        b"".join(file.ntriples for file in read_folder(folder, root=settings.root, blank_nodes=True))
        for folder in (settings.shapes_path, settings.ontology_path)
    ]
    return load_model(*graphs)


def _families(settings: Settings, model: Model) -> dict[str, Family]:
    """Classes to make things of: items, what they point at with a file of its own, and what points at them."""
    read = thing_reader(model, settings.base_uri)
    found: dict[str, Family] = {}
    for file in read_folder(settings.data_path, root=settings.root):
        things = read(file.ntriples, file.relative)
        if len(things) == 1 and things[0].kind:
            family = found.setdefault(things[0].kind, Family(things[0].kind, file.path.parent))
            family.things.append(things[0])
    items = found.get(model.main.kind or "")
    if items is None:
        sys.exit("There are no items to make others from; import some first.")
    base = f"<{settings.base_uri}id/"
    linked = {term for item in items.things for _, _, term in item.rows}
    mark = f"{base}{items.kind}/".encode()
    families = {}
    for kind, family in sorted(found.items()):
        rows = [row for thing in family.things for row in thing.rows]
        family.points = family is not items and any(term.startswith(mark) for _, _, term in rows)
        is_linked = any(thing.subject in linked for thing in family.things)
        if len(family.things) > 1 and (family is items or family.points or is_linked):
            families[kind] = family
    return families


def _without(folders: Iterable[Path]) -> Callable[[str, list[str]], set[str]]:
    names = {str(folder) for folder in folders}

    def ignore(directory: str, entries: list[str]) -> set[str]:
        return {entry for entry in entries if f"{directory}/{entry}" in names}

    return ignore


if __name__ == "__main__":
    sys.exit(main())
