"""The JSON Schema of the import: it takes the records that the import takes, and refuses those that it refuses."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kggraph import importer
from kggraph.cli import run
from kggraph.config import load
from kggraph.errors import ImportRefused
from kggraph.importer.json_schema import import_schema
from kggraph.importer.literals import is_url, literal
from kggraph.terms import XSD

ROOT = Path(__file__).resolve().parent.parent.parent
BRIDGES = ROOT / "tests" / "kb_bridges"
BAD = sorted((ROOT / "tests" / "cases" / "import" / "bad").glob("*.jsonl"))
BEYOND = {
    ("twice", 2): "two records with one slug",
    ("twice", 3): "one key twice in a record, which is gone when JSON is read",
}
"""Lines that only the import refuses, with the reason."""


@cache
def judge(root: Path) -> jsonschema.Draft202012Validator:
    schema = import_schema(load(root, {}), "en")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(json.loads(json.dumps(schema)))


def lines_refused(path: Path) -> set[int]:
    try:
        importer.plan(load(BRIDGES, {}), path)
    except ImportRefused as error:
        return {int(re.match(r"[^:]+:(\d+):", problem)[1]) for problem in error.problems}  # type: ignore[index]
    return set()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_records_are_refused_as_by_the_import(path: Path) -> None:
    refused = set()
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            refused.add(number)
            continue
        if not judge(BRIDGES).is_valid(value) or (path.stem, number) in BEYOND:
            refused.add(number)
    assert refused == lines_refused(path)


def test_good_records_of_another_knowledge_base(root: Path) -> None:
    records = (BRIDGES / "bridges.jsonl").read_text("utf-8").splitlines()
    assert len(records) > 3
    assert [e.message for line in records for e in judge(BRIDGES).iter_errors(json.loads(line))] == []


@pytest.mark.shared
def test_every_real_record_is_valid(shared: Path) -> None:
    lines = (shared / "source" / "items.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 498
    wrong = [
        (json.loads(line)["slug"], error.message)
        for line in lines
        for error in judge(ROOT).iter_errors(json.loads(line))
    ]
    assert wrong == []


@pytest.mark.shared
@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"titleLang": None},
        {"titleLang": "Dutch"},
        {"description": {"nl": "Alleen Nederlands."}},
        {"description": {"nl": "Wat.", "en": "  "}},
        {"themes": ["leren", "nonsense"]},
        {"themes": []},
        {"topics": "slaap"},
        {"audiences": ["promovendi"]},
        {"groups": ["docenten"]},
        {"url": "www.example.org"},
        {"doi": "https://doi.org/10.1000/abc"},
        {"issued": "2023-02-29"},
        {"issued": "mei 2023"},
        {"confidence": "certain"},
        {"country": "Nederland"},
        {"nonsense": 1},
        {"slug": "Not A Slug"},
    ],
    ids=json.dumps,
)
def test_a_real_record_made_wrong(shared: Path, change: dict[str, Any]) -> None:
    record = json.loads((shared / "source" / "items.jsonl").read_text("utf-8").splitlines()[0])
    assert judge(ROOT).is_valid({**record, "slug": "a-new-one"})
    assert not judge(ROOT).is_valid({**record, "slug": "a-new-one", **change})


def test_what_is_there_may_be_patched_and_what_is_new_must_be_whole() -> None:
    assert judge(BRIDGES).is_valid({"slug": "millau", "opened": "2004"})
    assert not judge(BRIDGES).is_valid({"slug": "not-there", "opened": "2004"})


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--root", str(BRIDGES), "import", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == judge(BRIDGES).schema
    assert run(["--root", str(BRIDGES), "import"]) == 2


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True) | st.dates().map(str))
def test_dates_are_judged_alike(text: str) -> None:
    form = import_schema.__globals__["_FORMS"][f"{XSD}date"]
    assert bool(re.search(form, text)) == (literal(text, (f"{XSD}date",)) is not None)


@example("http://:.:")
@given(st.from_regex(r"https?://[a-z.@:/?#é <{]{1,12}", fullmatch=True) | st.text(max_size=12))
def test_addresses_are_judged_alike(text: str) -> None:
    form = import_schema.__globals__["_URL"]
    # What cannot be seen, and brackets, are for the import to judge.
    if text.isprintable() and not set(text) & set("[]") and text.isascii():
        assert bool(re.search(form, text)) == is_url(text)
