"""The examples of the shapes in tests/cases/shapes: read, seeded among the data of a knowledge base, and found there.

An example says in comments what it is wrong in, `# expect: <shape> <constraint component>`, one for each result; right
ones say nothing. `context.ttl` has things that are right, for examples to point at.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kggraph import config
from kggraph.build import survey
from kggraph.config import Settings
from kggraph.model.graph import ModelGraph, Term
from kggraph.rdf.iris import local_name, thing_iri
from kggraph.terms import SH, SKOS

SEEDED = "seeded.json"
CONTEXT = "context.ttl"
_NAMES = {f"{SKOS}prefLabel", f"{SKOS}altLabel"}
_MAPPED = {f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")}
_EXPECT = re.compile(r"^# expect: (\S+) (\S+)$", re.MULTILINE)
_ONCE = "# once:"
"""Begins the comment of an example that would be wrong in more ways if there were two of it."""
_COMPONENT = re.compile(r"(\w+)ConstraintComponent")
_WORDS = """minCount maxCount datatype nodeKind class node pattern minLength maxLength in hasValue uniqueLang languageIn
    qualifiedMinCount qualifiedMaxCount or and xone not disjoint equals lessThan lessThanOrEquals minInclusive
    maxInclusive minExclusive maxExclusive closed"""
_PARAMETERS = {**{word: word[0].upper() + word[1:] for word in _WORDS.split()}, "sparql": "SPARQL"}
"""Parameter of a shape to the name of its constraint component."""

Fault = tuple[str, str]
"""Local name of a shape, and of a constraint component without that word."""


@dataclass(frozen=True)
class Case:
    """One example, with things that no other copy has."""

    name: str
    triples: tuple[ox.Triple, ...]
    expected: Counter[Fault]

    @property
    def ntriples(self) -> bytes:
        """Its triples."""
        return ox.serialize(self.triples, format=ox.RdfFormat.N_TRIPLES) or b""

    @property
    def subjects(self) -> frozenset[str]:
        """What it describes, in N-Triples form."""
        return frozenset(str(triple.subject) for triple in self.triples)


def read_triples(path: Path) -> list[ox.Triple]:
    """The triples of a Turtle file."""
    return [quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]


def read_case(path: Path, number: int, also: Callable[[ox.NamedNode], ox.NamedNode] = lambda iri: iri) -> Case:
    """An example with everything it describes renamed, and what must be unique made so.

    :param number: another one for each copy.
    :param also: renames things that it only points at.
    """
    triples = read_triples(path)
    described = {triple.subject for triple in triples}

    def renamed(term: Term) -> Term:
        if not isinstance(term, ox.NamedNode):
            return term
        if term not in described:
            return also(term)
        start, hash_mark, fragment = term.value.partition("#")
        return ox.NamedNode(f"{start}-{number}{hash_mark}{fragment}")

    def own(triple: ox.Triple) -> Term:
        term = triple.object
        if triple.predicate.value in _NAMES and isinstance(term, ox.Literal) and term.value:
            text = f"{term.value} {number}"
            return (
                ox.Literal(text, language=term.language) if term.language else ox.Literal(text, datatype=term.datatype)
            )
        is_elsewhere = isinstance(term, ox.NamedNode) and term.value.startswith("https://example.org/")
        if triple.predicate.value in _MAPPED and is_elsewhere:
            return ox.NamedNode(f"{term.value}-{number}")
        return renamed(term)

    made = tuple(ox.Triple(renamed(t.subject), t.predicate, own(t)) for t in triples)
    return Case("/".join(path.with_suffix("").parts[-3:]), made, Counter(_EXPECT.findall(path.read_text("utf-8"))))


def faults_of(shapes: bytes) -> set[Fault]:
    """Every constraint that data without blank nodes can break: of each shape with a target, and of its fields.

    :param shapes: the shapes graph as N-Triples.
    """
    graph = ModelGraph(shapes)
    targets = [f"{SH}target{kind}" for kind in ("Class", "Node", "SubjectsOf", "ObjectsOf")]
    todo: list[Term] = [node for node in graph.subjects() if any(graph.values(node, target) for target in targets)]
    found: set[Fault] = set()
    seen: set[Term] = set()
    while todo:
        shape = todo.pop()
        if shape in seen or not isinstance(shape, ox.NamedNode):
            continue
        seen.add(shape)
        todo += graph.values(shape, f"{SH}property")
        for parameter, component in _PARAMETERS.items():
            values = graph.values(shape, f"{SH}{parameter}")
            is_off = parameter in ("closed", "uniqueLang") and not graph.flag(shape, f"{SH}{parameter}")
            if values and not is_off and not (parameter == "nodeKind" and _is_about_subjects(graph, shape)):
                found.add((local_name(shape.value), component))
    return found


def _is_about_subjects(graph: ModelGraph, shape: Term) -> bool:
    """Whether the values of a shape are subjects of triples, which without blank nodes are always IRIs."""
    paths = graph.values(shape, f"{SH}path")
    return not paths or bool(graph.values(paths[0], f"{SH}inversePath"))


# ------------------------------------------------------------------ seeding
def seed(out: Path, settings: Settings, cases: Path, shapes: bytes, count: int, chance: random.Random) -> None:
    """Write copies of wrong examples among the data of a knowledge base, and say which.

    :param out: folder of the knowledge base.
    :param settings: its settings.
    :param cases: folder of the examples.
    :param shapes: its shapes graph as N-Triples; what these name is left as it is.
    :param count: how many copies; with as many as there are examples, each is there.
    """
    context = _Context(read_triples(cases / CONTEXT), shapes)
    _write(out, settings, context.copy(context.things, "seeded"))
    paths = sorted(cases.glob("*/invalid/*.ttl"))
    taken = list(paths)
    while len(taken) < count:
        taken += [path for path in chance.sample(paths, len(paths)) if _ONCE not in path.read_text("utf-8")]
    seeded = []
    for number, path in enumerate(taken[:count], 1):
        # What is mapped exactly is shared by no two concepts of a scheme, so each copy has one of its own.
        shared = {t.object for t in read_triples(path) if t.predicate.value == f"{SKOS}exactMatch"} & context.things
        _write(out, settings, context.copy(shared, f"seeded-{number}"))
        case = read_case(path, number, context.renaming("seeded", shared, f"seeded-{number}"))
        _write(out, settings, case.triples)
        expected = [[*fault, times] for fault, times in sorted(case.expected.items())]
        seeded.append({"case": case.name, "subjects": sorted(case.subjects), "expected": expected})
    (out / SEEDED).write_text(json.dumps(seeded, indent=1), "utf-8")


class _Context:
    """What examples point at, without what the shapes themselves name, such as schemes."""

    def __init__(self, triples: Iterable[ox.Triple], shapes: bytes) -> None:
        self._own: dict[Term, list[ox.Triple]] = defaultdict(list)
        named = {
            term for triple in ox.parse(shapes, ox.RdfFormat.N_TRIPLES) for term in (triple.subject, triple.object)
        }
        for triple in triples:
            if triple.subject not in named:
                self._own[triple.subject].append(triple)
        scheme = ox.NamedNode(f"{SKOS}ConceptScheme")
        self.things = {term for term, own in self._own.items() if all(triple.object != scheme for triple in own)}

    def renaming(
        self, suffix: str, others: Set[Term] = frozenset(), suffix_of_others: str = ""
    ) -> Callable[[ox.NamedNode], ox.NamedNode]:
        """The copy of a thing, for what points at it."""

        def renamed(iri: ox.NamedNode) -> ox.NamedNode:
            if iri not in self.things:
                return iri
            return ox.NamedNode(f"{iri.value}-{suffix_of_others if iri in others else suffix}")

        return renamed

    def copy(self, things: Set[Term], suffix: str) -> list[ox.Triple]:
        """Some of the things with IRIs and names of their own."""
        renamed, own = self.renaming("seeded"), self.renaming(suffix)
        copied = []
        for thing in sorted(things, key=str):
            for triple in self._own[thing]:
                term = renamed(triple.object) if isinstance(triple.object, ox.NamedNode) else triple.object
                if triple.predicate.value in _NAMES:
                    term = ox.Literal(f"{term.value} {suffix}", language=term.language or None)
                copied.append(ox.Triple(own(thing), triple.predicate, term))
        return copied


def _write(out: Path, settings: Settings, triples: Iterable[ox.Triple]) -> None:
    """A file for each thing."""
    by_thing: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        by_thing[thing_iri(triple.subject.value)].append(triple)
    for thing, own in by_thing.items():
        kind, slug = thing.rsplit("/", 2)[-2:]
        path = out / settings.data_dir / "seeded" / kind / f"{slug}.ttl"
        path.parent.mkdir(parents=True, exist_ok=True)
        prefixes = settings.all_prefixes
        path.write_bytes(ox.serialize(own, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"")


# ------------------------------------------------------------------ finding
@dataclass(frozen=True)
class Comparison:
    """What was seeded beside what was found."""

    seeded: Counter[Fault]
    found: Counter[Fault]
    differences: tuple[str, ...]
    """A line for each example of which something else was found, and for each thing that was found wrong besides."""


def compare(root: Path, engine: str = "shifty") -> Comparison:
    """Validate a knowledge base with seeded violations, as the build does, chunk by chunk."""
    settings = config.load(root, {})
    found: dict[str, Counter[Fault]] = defaultdict(Counter)
    for result in survey(settings, engine=engine).outcome.report().results:
        component = _COMPONENT.fullmatch(local_name(result.component))
        found[result.focus][local_name(result.shape), component[1] if component else result.component] += 1
    whole = sum(found.values(), Counter())
    seeded: Counter[Fault] = Counter()
    differences = []
    for case in json.loads((root / SEEDED).read_text("utf-8")):
        expected = Counter({(shape, component): times for shape, component, times in case["expected"]})
        of_case = sum((found.pop(subject, Counter()) for subject in case["subjects"]), Counter())
        seeded += expected
        if of_case != expected:
            lacks, more = dict(expected - of_case), dict(of_case - expected)
            differences.append(f"{case['case']} ({case['subjects'][0]}): not found {lacks}, found as well {more}")
    differences += [f"{focus}: found {dict(faults)}, and nothing was seeded" for focus, faults in found.items()]
    return Comparison(seeded, whole, tuple(differences))
