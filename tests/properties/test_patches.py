"""Generations after any row of edits, each a patch of the one before, answer as whole builds of the same sources."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kggraph.build import build
from kggraph.config import load
from kggraph.publish import writer
from tests.doors import doors

ROOT = Path(__file__).parents[2]
BASE = "https://example.org/bridges/id/"
SLUGS = ["a-first", "erasmusbrug", "millau", "new-one", "zwaan"]
WORDS = ["brug", "bruggen", "water", "Nieuwe Maas", "'s Avonds", "Ålesund", "bridge", "over", "de", "spoor"]
FORMS = ["arch", "cable-stayed", "movable", "suspension"]
DESIGNERS = ["ben-van-berkel", "norman-foster", "joseph-strauss"]


@dataclass(frozen=True)
class Bridge:
    """What a file says of a bridge."""

    names: Mapping[str, str]
    texts: Mapping[str, str]
    opened: str
    length: int
    forms: frozenset[str]
    designers: frozenset[str]
    related: frozenset[str]
    page: str
    is_over: bool
    becomes: str

    def turtle(self, slug: str) -> str:
        said = ["a <https://example.org/bridges/def#Bridge>"]
        said += [f'rdfs:label "{text}"@{lang}' for lang, text in self.names.items()]
        said += [f'dcterms:description "{text}"@{lang}' for lang, text in self.texts.items()]
        said += [f'br:opened "{self.opened}"^^xsd:gYear'] if self.opened else []
        said += [f"br:lengthM {self.length}"] if self.length else []
        said += [f"br:form <{BASE}form/{form}>" for form in sorted(self.forms)]
        said += [f"br:designedBy <{BASE}designer/{one}>" for one in sorted(self.designers)]
        said += [f"dcterms:relation <{BASE}bridge/{one}>" for one in sorted(self.related)]
        said += [f"foaf:page <{self.page}>"] if self.page else []
        said += ["owl:deprecated true"] if self.is_over else []
        said += [f"dcterms:isReplacedBy <{BASE}bridge/{self.becomes}>"] if self.becomes else []
        return PREFIXES + f"<{BASE}bridge/{slug}> {' ; '.join(said)} .\n"


PREFIXES = "".join(
    f"PREFIX {prefix}: <{namespace}>\n"
    for prefix, namespace in {
        "br": "https://example.org/bridges/def#",
        "dcterms": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "owl": "http://www.w3.org/2002/07/owl#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }.items()
)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
bridges = st.builds(
    Bridge,
    st.dictionaries(st.sampled_from(["nl", "en", "de"]), texts, min_size=1),
    st.dictionaries(st.sampled_from(["nl", "en"]), texts),
    st.sampled_from(["", "1890", "1996", "2004"]),
    st.sampled_from([0, 0, 12, 802]),
    st.frozensets(st.sampled_from(FORMS), min_size=1, max_size=2),
    st.frozensets(st.sampled_from(DESIGNERS), max_size=2),
    st.frozensets(st.sampled_from([*SLUGS, "golden-gate"]), max_size=2),
    st.sampled_from(["", "https://www.wikidata.org/wiki/Q1"]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from(["", "", "", "golden-gate"]),
)
edits = st.dictionaries(st.sampled_from(SLUGS), st.none() | bridges, min_size=1, max_size=2)
"""Slug to what is said of it from now on; nothing: its file is removed."""


@given(st.lists(edits, min_size=1, max_size=3))
@settings(max_examples=int(os.environ.get("PATCHES", "3")), deadline=None, phases=[Phase.generate])
def test_patched_and_whole_generations_answer_alike(rows: list[dict[str, Bridge | None]]) -> None:
    # Steps so short that every list has several.
    with tempfile.TemporaryDirectory() as name, patch.object(writer, "_STEP", 2):
        root = Path(name) / "kb"
        shutil.copytree(ROOT / "tests" / "kb_bridges", root, ignore=shutil.ignore_patterns("build"))
        shutil.copytree(ROOT / "tests" / "kb_bridges" / "data", root / "data", dirs_exist_ok=True)
        found = load(root, {})
        patching, whole = replace(found, build_dir="patched"), replace(found, build_dir="whole")
        for one in (patching, whole):
            build(one)
        for row in rows:
            for slug, bridge in row.items():
                path = root / "data" / "bridges" / f"{slug}.ttl"
                if bridge:
                    path.write_text(bridge.turtle(slug), "utf-8")
                else:
                    path.unlink(missing_ok=True)
            new = build(patching)
            new.verify()
            expected = dict(doors(build(whole, patch=False)))
            got = dict(doors(new))
            assert got.keys() == expected.keys()
            for door, told in expected.items():
                assert got[door] == told, door
