"""Skeletons of new things, and the examples that shapes give: they are true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.cli import run
from kggraph.config import Settings, load
from kggraph.editing.guide import Guides, phrases
from kggraph.editing.skeleton import skeleton
from kggraph.errors import ConfigError
from kggraph.model import Model, load_model
from kggraph.rdf.turtle import check_files
from kggraph.terms import KG, RDF, SH, SKOS
from kggraph.validation.engines import validate
from tests.unit.test_shape_cases import BASE, SHAPE, real_data, shape_graph, shapes


@pytest.fixture(scope="module")
def main(root: Path) -> Settings:
    return load(root, {})


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(shapes(), b"")


@pytest.fixture
def kb(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(root / "tests" / "kb_bridges", tmp_path / "kb")
    monkeypatch.chdir(tmp_path / "kb")
    return tmp_path / "kb"


def test_every_field_has_an_example_that_conforms(model: Model) -> None:
    graph = shape_graph()
    triples, of = [], {}
    fields = {field.iri: (found, field) for found in model.classes for field in found.fields if not field.inverse}
    for number, (iri, (found, field)) in enumerate(fields.items()):
        assert graph[iri][f"{SKOS}example"], f"{iri} has no skos:example"
        thing = f"<{BASE}id/{found.kind or 'item'}/example-{number}>"
        of[thing] = iri
        triples.append(f"{thing} <{RDF}type> <{found.iri}> .\n")
        triples += [f"{thing} <{field.path}> {example} .\n" for example in graph[iri][f"{SKOS}example"]]
    made = "".join(triples).encode() + (f"<{BASE}id/link-host/example-org#a1> <{RDF}type> <{KG}LinkCheck> .\n".encode())
    rules = {
        iri: {iri, *(rule for rule, said in graph.items() if f"<{iri}>" in said.get(f"{KG}ruleOf", ()))}
        for iri in fields
    }
    wrong = [
        (result.shape.removeprefix(SHAPE), result.component.removeprefix(SH), result.value)
        for result in validate(real_data() + made, shapes()).results
        # That other values are missing is right: there is only one.
        if result.focus in of and result.shape in rules[of[result.focus]] and "MinCount" not in result.component
    ]
    # What a mapping says stands with its concept; this one is of an example.
    assert [one for one in wrong if one[0] != "Mapping-predicate-stated"] == []


def test_every_phrase_is_in_both_languages() -> None:
    for name, texts in phrases().items():
        assert set(texts) == {"nl", "en"}, name
        assert re.findall(r"\{\w+\}", texts["nl"]).sort() == re.findall(r"\{\w+\}", texts["en"]).sort(), name


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_skeleton_is_canonical_and_tells_every_field(main: Settings, model: Model, lang: str, tmp_path: Path) -> None:
    kinds = [found.kind for found in model.classes if found.kind] + ["topic"]
    for kind in kinds:
        made = skeleton(main, kind, "not-there-yet", lang)
        file = tmp_path / f"{kind}.ttl"
        file.write_text(made.text, "utf-8")
        assert check_files([file], main.all_prefixes) == [], kind
        found = model.by_kind(kind)
        assert found is not None
        for field in found.fields:
            assert f"# {field.label[lang]} (" in made.text or field.inverse
    assert made.path is None
    assert made.scheme_file == "data/schemes/topics.ttl"


def test_every_line_of_a_skeleton_is_right_when_its_mark_is_taken_away(main: Settings, model: Model) -> None:
    for found in model.classes:
        if not found.kind:
            continue
        text = skeleton(main, found.kind, "not-there-yet", "nl").text
        lines = {guide.term for guide in Guides(shapes(), model, main.all_prefixes).of(found)}
        filled = re.sub(r"^# (?=\S+ .* ;$)", "    ", text, flags=re.MULTILINE)
        values = "".join(
            line + "\n" for line in filled.splitlines() if line.startswith("    ") and line.strip()[:2] != "a "
        )
        prefixes = "".join(line + "\n" for line in filled.splitlines() if line.startswith("PREFIX"))
        quads = list(ox.parse(f"{prefixes}<a:thing>\n{values} .", format=ox.RdfFormat.TURTLE))
        assert len({quad.predicate for quad in quads}) == len(lines)


def test_the_command_writes_a_file_once(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kb / "data" / "bridges" / "new-one.ttl"
    assert run(["new", "bridge", "new-one"]) == 0
    text = file.read_text("utf-8")
    assert "# Choose from: " in text
    assert "# rdfs:label " in text
    assert run(["fmt", "--check", str(file)]) == 0
    capsys.readouterr()
    assert run(["validate", str(file)]) == 1
    assert "There are too few values" in capsys.readouterr().out
    file.write_text(f"# mine\n{text}", "utf-8")
    assert run(["new", "bridge", "new-one"]) == 2
    assert file.read_text("utf-8") == f"# mine\n{text}"


def test_what_cannot_be_made_is_said(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, sentence in (
        (("brigde", "x"), "There is no kind 'brigde'. Did you mean \"bridge\"?"),
        (("bridge", "Pont Neuf"), "'Pont Neuf' may only have a-z, 0-9 and single hyphens. Did you mean \"pont-neuf\"?"),
        (("bridge", "../x"), "'../x' may only have a-z, 0-9 and single hyphens. Did you mean \"x\"?"),
        (("bridge", "millau"), "There is a thing with that address already, in data/bridges/millau.ttl;"),
    ):
        assert run(["new", *arguments]) == 2
        assert capsys.readouterr().err.startswith(sentence)
    assert run(["new", "form", "new-form"]) == 0
    out, err = capsys.readouterr()
    assert "skos:inScheme <https://example.org/bridges/id/scheme/forms> ;" in out
    assert err == "A concept stands in the file of its scheme: put this into data/schemes/forms.ttl.\n"
    assert run(["new", "bridge"]) == 0
    assert "\nbridge:new\n" in capsys.readouterr().out


def test_broken_shapes_are_told_as_always(kb: Path) -> None:
    (kb / "shapes" / "x.ttl").write_text("nonsense", "utf-8")
    with pytest.raises(Exception, match=r"shapes/x\.ttl:1:1"):
        skeleton(load(kb, {}), "bridge", "x", "en")
    with pytest.raises(ConfigError):
        skeleton(load(kb / "data", {}, {"shapes_dir": "../none"}), "bridge", "x", "en")
