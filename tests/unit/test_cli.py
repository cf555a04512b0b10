"""The command line: what it prints, its exit codes, and never a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kggraph.cli import commands, run

BRIDGES = Path(__file__).parent.parent / "kb_bridges"


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the knowledge base of bridges, which is the current folder."""
    root = tmp_path / "kb"
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    monkeypatch.chdir(root)
    return root


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command line."""
    code = run(list(arguments))
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out
    return code, captured.out, captured.err


def current(kb: Path) -> str:
    """What is served now."""
    link = kb / "build" / "current"
    return link.readlink().name if link.is_symlink() else ""


def test_build_makes_a_generation(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "build")
    assert code == 0
    assert "8 bridge" in out and "5 form" in out
    assert current(kb)


def test_the_knowledge_base_is_found_from_a_folder_below(
    kb: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(kb / "data" / "bridges")
    assert outcome(capsys, "check")[0] == 0


def test_root_names_another_folder(
    kb: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert outcome(capsys, "--root", str(kb), "check")[0] == 0


def test_check_makes_nothing(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "check")
    assert (code, out) == (0, "17 data files checked: conforms, no remarks; none to be formatted.\n")
    assert not (kb / "build").exists()


@pytest.mark.parametrize("arguments", [("--root", "nowhere", "check"), ("check",)])
def test_without_a_knowledge_base_it_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = outcome(capsys, *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("bild",), "No such command 'bild'"),
        (("build", "--colour"), "No such option"),
        (("serve", "--port", "many"), "'many' is not a valid integer"),
        (("import",), "Missing argument"),
        (("serve", "--port", "-1"), "port is -1; it needs a whole number"),
        (("serve", "--port", "70000"), "65535 at most"),
        (("serve", "--data", "nowhere.ttl", "--port", "0"), "nowhere.ttl"),
        (("validate", "nowhere.ttl"), "There is no file or folder nowhere.ttl"),
        (("fmt", "nowhere"), "There is no file or folder nowhere"),
        (("import", "nowhere.jsonl"), "nowhere.jsonl cannot be read: No such file"),
        (("docs", "--folder", "nowhere"), "There is no folder nowhere"),
        (("build", "--base-uri", "example.org"), "must start with http"),
        (("query",), "Missing argument 'NAME'; --list shows the queries."),
        (("query", "longst"), "There is no query 'longst'. Did you mean longest?"),
        (("query", "longest", "--param", "frm=x"), "has no parameter 'frm'. Did you mean form?"),
        (("query", "longest", "--param", "form=a b"), "form is 'a b'; it needs an IRI"),
        (("query", "longest", "--param", "form"), "has no ="),
        (("query", "longest", "--format", "ttl"), "it can be table, json, xml, csv, tsv"),
    ],
)
def test_wrong_command_lines_end_with_two(
    kb: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    code, out, err = outcome(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_named_queries_are_listed_and_answered(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, "query", "--list")[1].startswith("longest  Bridges by length\n")
    assert outcome(capsys, "query", "--list", "--lang", "nl")[1].startswith("longest  Bruggen naar lengte\n")
    code, _, err = outcome(capsys, "query", "longest")
    assert (code, err) == (1, "No generation in build/ yet; run kggraph build.\n")
    outcome(capsys, "build")
    table = outcome(capsys, "query", "longest")[1].splitlines()
    assert table[0].split() == ["name", "metres"] and table[2].split() == ["Akashi", "Kaikyō", "Bridge", "3911"]
    for form in ("form:arch", "https://example.org/bridges/id/form/arch"):
        told = outcome(capsys, "query", "longest", "--param", f"form={form}", "--format", "csv")[1]
        assert told.split() == ["name,metres", "Pont", "du", "Gard,275"]
    assert json.loads(outcome(capsys, "query", "longest", "--format", "json")[1])["head"]["vars"] == ["name", "metres"]


def test_an_unknown_setting_is_one_line(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kb / "kggraph.toml").write_text("prot = 8000\n")
    code, out, err = outcome(capsys, "check")
    assert (code, out, err) == (2, "", "kggraph.toml: there is no setting 'prot'. Did you mean port?\n")


def test_a_syntax_error_names_its_place_and_leaves_what_is_served(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome(capsys, "build")
    before = current(kb)
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(file.read_text().replace("br:lengthM 2460 ;", "br:lengthM 2460 , ;"))
    code, out, err = outcome(capsys, "build")
    assert (code, out) == (1, "")
    assert err.startswith("data/bridges/millau.ttl:17:")
    assert len(err.splitlines()) == 1
    assert current(kb) == before


@pytest.mark.parametrize(
    ("lang", "message"),
    [("en", "length (m): A length is a whole number"), ("nl", "lengte (m): Een lengte is een heel aantal")],
)
def test_nonconforming_data_name_file_line_field_and_fix(
    kb: Path, capsys: pytest.CaptureFixture[str], lang: str, message: str
) -> None:
    outcome(capsys, "build")
    before = current(kb)
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(file.read_text().replace("2460", "0"))
    for command in ("build", "check"):
        code, _, err = outcome(capsys, command, "--lang", lang)
        assert code == 1
        assert err.startswith(f"data/bridges/millau.ttl:17: {message}")
    code, out, _ = outcome(capsys, "validate", "--lang", lang)
    assert code == 1
    assert out.splitlines()[1].startswith(f"data/bridges/millau.ttl:17: {message}")
    assert current(kb) == before


def test_a_build_folder_that_cannot_be_made_is_one_line(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kb / "build").write_text("a file")
    code, _, err = outcome(capsys, "build")
    assert code == 2
    assert len(err.splitlines()) == 1 and "build" in err


@pytest.mark.parametrize("folder", ["data", "shapes", "ontology"])
def test_a_missing_folder_is_one_line(kb: Path, capsys: pytest.CaptureFixture[str], folder: str) -> None:
    shutil.rmtree(kb / folder)
    code, _, err = outcome(capsys, "build")
    assert code == 2
    assert len(err.splitlines()) == 1 and folder in err


def test_single_files_are_validated_as_if_in_place(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kb / "draft.ttl"
    good = (kb / "data" / "bridges" / "millau.ttl").read_text()
    file.write_text(good.replace("2460", "0"))
    code, out, _ = outcome(capsys, "validate", "draft.ttl", "--lang", "en")
    assert code == 1
    assert out.splitlines()[1].startswith("draft.ttl:17: length (m): A length is a whole number of metres, 1 or more.")
    file.write_text(good)
    assert outcome(capsys, "validate", "draft.ttl")[:2] == (0, "1 file checked: conforms.\n")
    assert outcome(capsys, "validate", "data/bridges")[0] == 0


def test_a_report_in_another_form_is_all_of_standard_output(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(file.read_text().replace("2460", "0"))
    code, out, _ = outcome(capsys, "validate", "--format", "json")
    assert code == 1
    (rule,) = json.loads(out)["rules"]
    (found,) = rule["results"]
    assert (found["file"], found["line"]) == ("data/bridges/millau.ttl", 17)


@pytest.mark.parametrize(
    "content", [b"<a> <b> .", b"\x00\x01\xff\xfe" * 100, b"\x89PNG\r\n\x1a\n", b"\xef\xbb\xbf<a:a> <a:b> <a:c> ."]
)
def test_what_cannot_be_read_cannot_be_validated(kb: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (kb / "draft.ttl").write_bytes(content)
    code, out, err = outcome(capsys, "validate", "draft.ttl")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "draft.ttl" in err


def test_what_cannot_be_read_is_said_in_the_language_of_the_report(
    kb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kb / "data" / "bridges" / "draft.ttl"
    path.write_text("<a:b> <a:c> 'x")
    told = {lang: outcome(capsys, "validate", str(path), "--lang", lang)[2] for lang in ("nl", "en")}
    place = f"{path if not path.is_relative_to(Path.cwd()) else path.relative_to(Path.cwd())}:1:13: "
    assert told["en"].startswith(f"{place}The text that begins here is never closed; put ' at its end;")
    assert told["nl"].startswith(f"{place}De tekst die hier begint eindigt nergens;")
    for command in ("build", "check"):
        assert ":1:13: De tekst die hier begint eindigt nergens;" in outcome(capsys, command, "--lang", "nl")[2]
        assert ":1:13: The text that begins here is never closed;" in outcome(capsys, command, "--lang", "en")[2]


def test_both_engines_say_the_same(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kb / "draft.ttl").write_text((kb / "data" / "bridges" / "millau.ttl").read_text().replace("2460", "0"))
    answers = {engine: outcome(capsys, "validate", "--engine", engine, "draft.ttl") for engine in ("shifty", "pyshacl")}
    assert answers["shifty"] == answers["pyshacl"]


def test_fmt_writes_the_one_form(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kb / "data" / "bridges" / "millau.ttl"
    wanted = file.read_text()
    file.write_text(wanted.replace("    ", "  "))
    code, out, _ = outcome(capsys, "fmt", "--check")
    assert code == 1 and "millau.ttl: not in the one form" in out
    assert outcome(capsys, "check")[0] == 1
    assert outcome(capsys, "fmt")[0] == 0
    assert file.read_text() == wanted
    assert outcome(capsys, "fmt", "--check", "data/bridges", str(file))[0] == 0


def test_import_says_what_it_would_do_and_then_does_it(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kb / "new.jsonl").write_text(
        '{"slug": "millau", "opened": "2005"}\n{"slug": "rialto", "name": {"en": "Rialto"}, "forms": ["arch"]}\n'
    )
    code, out, _ = outcome(capsys, "import", "new.jsonl", "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        "changed  data/bridges/millau.ttl",
        "         opened: 2004 -> 2005",
        "new      data/bridges/rialto.ttl",
        "Would import 2 records: 1 new file, 1 changed, 0 unchanged.",
    ]
    assert not (kb / "data" / "bridges" / "rialto.ttl").exists()
    assert outcome(capsys, "import", "new.jsonl")[1] == "Imported 2 records: 1 new file, 1 changed, 0 unchanged.\n"
    assert outcome(capsys, "check")[0] == 0
    assert outcome(capsys, "import", "new.jsonl")[1] == "Imported 2 records: 0 new files, 0 changed, 2 unchanged.\n"


def test_a_refused_import_ends_with_one(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kb / "new.jsonl").write_text('{"slug": "rialto", "forms": ["arc"]}\n')
    code, out, err = outcome(capsys, "import", "new.jsonl")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        'new.jsonl:1: forms: "arc" is an unknown slug. Did you mean "arch"?',
        "new.jsonl:1: name: missing; every item needs one.",
        "Nothing was imported: 2 problems on 1 line.",
    ]


def test_docs_are_written_and_checked(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kb / "docs").mkdir()
    page = kb / "docs" / "settings.md"
    page.write_text("# Settings\n\n<!-- generated: settings -->\n<!-- end -->\n")
    assert outcome(capsys, "docs", "--check")[0] == 1
    assert outcome(capsys, "docs")[0] == 0
    assert "| `base_uri` |" in page.read_text()
    assert outcome(capsys, "docs", "--check")[0] == 0


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "--help")
    assert code == 0
    assert all(name in out for name in commands.commands)
    assert outcome(capsys, "--version")[1].startswith("kggraph, version ")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = outcome(capsys)
    assert code == 2
    assert "Commands:" in out + err


def test_ctrl_c_is_no_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "main", interrupted)
    assert outcome(capsys, "check")[0] == 130
