"""Importing records, on a knowledge base of bridges: all or nothing, patches that keep what they do not know."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kggraph import importer
from kggraph.config import Settings, load
from kggraph.errors import ConfigError, ImportRefused, ShapesError
from kggraph.importer import journal
from kggraph.rdf.source import read_file

CASES = Path(__file__).parent.parent / "cases" / "import"
BRIDGES = Path(__file__).parent.parent / "kb_bridges"

Import = Callable[..., importer.Plan]


@pytest.fixture
def kb(tmp_path: Path) -> Settings:
    """A copy of the knowledge base of bridges, with no bridge in it yet."""
    root = tmp_path / "kb"
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build", "bridges", "designers"))
    (root / "shapes").mkdir(exist_ok=True)
    shutil.copy(BRIDGES / "shapes" / "bridges.ttl", root / "shapes")
    return load(root, {})


def records(kb: Settings, *given: dict[str, Any]) -> Path:
    """A file with these records."""
    path = kb.root / "new.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in given), "utf-8")
    return path


def run(kb: Settings, path: Path) -> importer.Plan:
    """Plan an import and write it."""
    plan = importer.plan(kb, path)
    importer.apply(kb, plan.texts, plan.read)
    return plan


def said(kb: Settings, file: str) -> set[str]:
    """The triples of a data file, with the namespaces cut short."""
    source = read_file(kb.data_path / file, root=kb.root)
    return {line.replace("https://example.org/bridges/", "") for line in source.ntriples.decode().splitlines()}


def contents(kb: Settings) -> dict[str, bytes]:
    """Every file below the data folder."""
    return {str(path): path.read_bytes() for path in kb.data_path.rglob("*") if path.is_file()}


FINE = {"slug": "fine", "name": {"en": "Fine"}, "forms": ["arch"]}


def test_the_bridges_are_as_the_importer_makes_them(kb: Settings) -> None:
    """The committed files of the second knowledge base come from `bridges.jsonl` and nothing else."""
    plan = run(kb, BRIDGES / "bridges.jsonl")
    assert (plan.records, plan.unchanged) == (8, 0)
    made = {path.relative_to(kb.data_path): path.read_text() for path in kb.data_path.rglob("*.ttl")}
    committed = {path.relative_to(BRIDGES / "data"): path.read_text() for path in (BRIDGES / "data").rglob("*.ttl")}
    assert made == committed


def test_a_record_becomes_a_thing(kb: Settings) -> None:
    run(
        kb,
        records(
            kb,
            {
                "slug": "akashi",
                "name": {"en": "Akashi Kaikyō Bridge", "ja": "明石海峡大橋"},
                "forms": ["suspension"],
                "opened": "1998",
                "length": 3911,
                "designers": ["Satoshi Kashima"],
                "page": "https://example.org/akashi",
                "description": None,
            },
        ),
    )
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert said(kb, "bridges/akashi.ttl") == {
        "<id/bridge/akashi> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <def#Bridge> .",
        '<id/bridge/akashi> <http://www.w3.org/2000/01/rdf-schema#label> "Akashi Kaikyō Bridge"@en .',
        '<id/bridge/akashi> <http://www.w3.org/2000/01/rdf-schema#label> "明石海峡大橋"@ja .',
        "<id/bridge/akashi> <def#form> <id/form/suspension> .",
        f'<id/bridge/akashi> <def#opened> "1998"^^<{xsd}gYear> .',
        f'<id/bridge/akashi> <def#lengthM> "3911"^^<{xsd}integer> .',
        "<id/bridge/akashi> <def#designedBy> <id/designer/satoshi-kashima> .",
        "<id/bridge/akashi> <http://xmlns.com/foaf/0.1/page> <https://example.org/akashi> .",
    }
    assert said(kb, "designers/satoshi-kashima.ttl") == {
        "<id/designer/satoshi-kashima> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <def#Designer> .",
        '<id/designer/satoshi-kashima> <http://xmlns.com/foaf/0.1/name> "Satoshi Kashima" .',
    }


def test_importing_again_changes_nothing(kb: Settings) -> None:
    run(kb, BRIDGES / "bridges.jsonl")
    before = {path: path.stat().st_mtime_ns for path in kb.data_path.rglob("*.ttl")}
    plan = run(kb, BRIDGES / "bridges.jsonl")
    assert (plan.changes, plan.texts, plan.unchanged) == ((), {}, 8)
    assert {path: path.stat().st_mtime_ns for path in kb.data_path.rglob("*.ttl")} == before


def test_a_patch_replaces_what_the_record_gives_and_keeps_the_rest(kb: Settings) -> None:
    run(kb, records(kb, {**FINE, "opened": "1900", "page": "https://example.org/a", "length": 7}))
    file = kb.data_path / "bridges" / "fine.ttl"
    own = '<https://example.org/bridges/id/bridge/fine> <https://example.org/seen> "by hand" .\n'
    file.write_text(file.read_text() + own)
    plan = run(kb, records(kb, {"slug": "fine", "opened": "1901", "page": None}))
    assert [change.fields for change in plan.changes] == [
        (
            importer.FieldChange("opened", ("1900",), ("1901",)),
            importer.FieldChange("page", ("a",), ()),
        )
    ]
    lines = said(kb, "bridges/fine.ttl")
    assert '<id/bridge/fine> <https://example.org/seen> "by hand" .' in lines
    assert any('"1901"' in line for line in lines) and not any('"1900"' in line for line in lines)
    assert any('"7"' in line for line in lines) and not any("page" in line for line in lines)


def test_names_find_things_however_they_are_written(kb: Settings) -> None:
    run(
        kb,
        records(kb, {**FINE, "designers": ["Ben van Berkel"]}, {**FINE, "slug": "b", "designers": ["ben VAN-Berkel"]}),
    )
    run(kb, records(kb, {**FINE, "slug": "c", "designers": [" Ben  van Berkel"]}))
    assert [path.name for path in (kb.data_path / "designers").iterdir()] == ["ben-van-berkel.ttl"]


def test_a_name_in_exactly_that_form_wins(kb: Settings) -> None:
    folder = kb.data_path / "designers"
    folder.mkdir()
    for slug, name in (("a", "MIND"), ("b", "Mind")):
        thing = f"https://example.org/bridges/id/designer/{slug}"
        (folder / f"{slug}.ttl").write_text(
            f'<{thing}> a <https://example.org/bridges/def#Designer> ; <http://xmlns.com/foaf/0.1/name> "{name}" .\n'
        )
    run(kb, records(kb, {**FINE, "designers": ["Mind"]}))
    assert "<id/bridge/fine> <def#designedBy> <id/designer/b> ." in said(kb, "bridges/fine.ttl")
    with pytest.raises(ImportRefused, match="names 2 things"):
        importer.plan(kb, records(kb, {**FINE, "designers": ["mind"]}))


def test_names_without_latin_letters_get_an_address_too(kb: Settings) -> None:
    run(kb, records(kb, {**FINE, "designers": ["橋", "桥", "橋"]}))
    assert len(list((kb.data_path / "designers").iterdir())) == 2


def test_two_things_with_one_name_are_asked_about(kb: Settings) -> None:
    folder = kb.data_path / "designers"
    folder.mkdir()
    for slug in ("a", "b"):
        thing = f"https://example.org/bridges/id/designer/{slug}"
        (folder / f"{slug}.ttl").write_text(
            f'<{thing}> a <https://example.org/bridges/def#Designer> ; <http://xmlns.com/foaf/0.1/name> "Same" .\n'
        )
    with pytest.raises(ImportRefused, match=r'"Same" names 2 things\. Did you mean "a" or "b"\?'):
        importer.plan(kb, records(kb, {**FINE, "designers": ["Same"]}))
    run(kb, records(kb, {**FINE, "designers": ["b"]}))
    assert "<id/bridge/fine> <def#designedBy> <id/designer/b> ." in said(kb, "bridges/fine.ttl")


@pytest.mark.parametrize("case", sorted((CASES / "bad").glob("*.jsonl")), ids=lambda path: path.stem)
def test_bad_records_are_refused_with_every_problem(kb: Settings, case: Path) -> None:
    before = contents(kb)
    with pytest.raises(ImportRefused) as caught:
        run(kb, case)
    assert f"{caught.value}\n" == case.with_suffix(".txt").read_text("utf-8")
    assert contents(kb) == before


def test_a_file_that_is_not_there_is_a_sentence(kb: Settings) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        importer.plan(kb, kb.root / "nowhere.jsonl")


def test_an_empty_file_imports_nothing(kb: Settings) -> None:
    plan = run(kb, records(kb))
    assert (plan.records, plan.changes, plan.unchanged) == (0, (), 0)


def test_windows_files_with_bom_and_crlf_are_read(kb: Settings) -> None:
    path = kb.root / "windows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(FINE).encode() + b"\r\n\r\n")
    assert run(kb, path).records == 1


def test_a_file_in_the_way_is_not_overwritten(kb: Settings) -> None:
    folder = kb.data_path / "bridges"
    folder.mkdir()
    other = "<https://example.org/bridges/id/bridge/other> a <https://example.org/bridges/def#Thing> .\n"
    (folder / "fine.ttl").write_text(other)
    with pytest.raises(ImportRefused, match=r"data/bridges/fine\.ttl is there already and does not describe"):
        run(kb, records(kb, FINE))
    assert (folder / "fine.ttl").read_text() == other


def test_shapes_without_import_keys_say_so(kb: Settings) -> None:
    shapes = kb.shapes_path / "bridges.ttl"
    kept = [line for line in shapes.read_text().splitlines() if "kg:importKey" not in line]
    shapes.write_text("\n".join(line.replace(" ;", " ;") for line in kept).replace(" ;\n\n", " .\n\n"))
    with pytest.raises(ShapesError, match="Nothing can be imported"):
        importer.plan(kb, records(kb, FINE))


def test_progress_tells_how_far_it_is(kb: Settings) -> None:
    told: list[tuple[str, int, int]] = []
    importer.plan(kb, records(kb, FINE), progress=lambda *step: told.append(step))
    assert ("reading the records", 1, 1) in told


# ------------------------------------------------------------------ crashes and other writers
def test_a_file_changed_meanwhile_refuses_the_import(kb: Settings) -> None:
    run(kb, records(kb, FINE))
    plan = importer.plan(kb, records(kb, {"slug": "fine", "opened": "1900"}, {**FINE, "slug": "b"}))
    file = kb.data_path / "bridges" / "fine.ttl"
    file.write_text(file.read_text() + "# an editor was here\n")
    before = contents(kb)
    with pytest.raises(ImportRefused, match=r"fine\.ttl: changed while it was being imported"):
        importer.apply(kb, plan.texts, plan.read)
    assert contents(kb) == before


def test_a_crash_before_the_commit_leaves_the_data_as_they_were(kb: Settings) -> None:
    before = contents(kb)
    plan = importer.plan(kb, records(kb, FINE))
    journal.stage(kb.data_path, plan.texts)
    (kb.data_path / journal.FOLDER / journal.JOURNAL).unlink()
    assert importer.recover(kb) == 0
    assert contents(kb) == before


def test_a_crash_after_the_commit_is_completed_by_the_next_run(kb: Settings) -> None:
    plan = importer.plan(kb, records(kb, FINE, {**FINE, "slug": "b", "designers": ["Someone"]}))
    journal.stage(kb.data_path, plan.texts)
    staged = sorted((kb.data_path / journal.FOLDER).glob("0*"))
    first = sorted(plan.texts)[0]
    staged[0].replace(first)
    assert importer.recover(kb) == len(plan.texts) - 1
    assert {path: path.read_bytes() for path in plan.texts} == dict(plan.texts)
    assert not (kb.data_path / journal.FOLDER).exists()
    assert importer.recover(kb) == 0


def test_a_journal_that_points_outside_is_refused(kb: Settings) -> None:
    folder = kb.data_path / journal.FOLDER
    folder.mkdir()
    (folder / "000000").write_text("x")
    (folder / journal.JOURNAL).write_text('{"files": [{"staged": "000000", "target": "../../x.ttl"}]}')
    with pytest.raises(ConfigError, match="outside the data folder"):
        importer.recover(kb)


def test_two_imports_at_once_do_not_mix(kb: Settings) -> None:
    plan = importer.plan(kb, records(kb, FINE))
    with (
        journal._locked(kb.data_path),
        pytest.raises(ConfigError, match="Another import is writing"),
    ):
        importer.apply(kb, plan.texts, plan.read)


def test_a_folder_that_cannot_be_written_is_a_sentence(kb: Settings) -> None:
    plan = importer.plan(kb, records(kb, FINE))
    (kb.data_path / "bridges").write_text("a file where a folder should be")
    before = contents(kb)
    with pytest.raises(ConfigError, match="bridges cannot be written: File exists"):
        importer.apply(kb, plan.texts, plan.read)
    assert contents(kb) == before
