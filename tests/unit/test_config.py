"""Settings: four sources in order, and one sentence for everything that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kggraph.config import FILE_NAME, Settings, from_environment, load, setting_fields
from kggraph.errors import ConfigError


def made(folder: Path, text: str = 'base_uri = "https://example.org/"\n') -> Path:
    """A folder with a kggraph.toml."""
    (folder / FILE_NAME).write_text(text, "utf-8")
    return folder


def test_later_sources_win(tmp_path: Path) -> None:
    root = made(tmp_path, "port = 1001\nweb_workers = 3\nquery_workers = 3\n")
    settings = load(root, {"KGGRAPH_PORT": "1002", "KGGRAPH_WEB_WORKERS": "4"}, {"port": 1003, "host": None})
    assert (settings.port, settings.web_workers, settings.query_workers, settings.host) == (1003, 4, 3, "127.0.0.1")


def test_defaults_without_any_key(tmp_path: Path) -> None:
    settings = load(made(tmp_path, ""), {})
    assert settings == Settings(root=tmp_path, source_base_uri="http://localhost:8000/")


def test_the_written_base_stays_when_another_is_asked_for(tmp_path: Path) -> None:
    settings = load(made(tmp_path), {}, {"base_uri": "https://staging.example.org/"})
    assert settings.base_uri == "https://staging.example.org/"
    assert settings.source_base_uri == "https://example.org/"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("KGGRAPH_LANGUAGES", "nl, en", ("nl", "en")),
        ("KGGRAPH_QUERY_TIMEOUT_S", "2.5", 2.5),
        ("KGGRAPH_QUERY_TIMEOUT_S", "2", 2.0),
        ("KGGRAPH_DATA_DIR", "things", "things"),
    ],
)
def test_variables_have_the_type_of_their_setting(tmp_path: Path, name: str, text: str, value: object) -> None:
    settings = load(made(tmp_path), {name: text})
    assert getattr(settings, name.removeprefix("KGGRAPH_").lower()) == value


def test_variables_of_the_tests_are_not_settings(tmp_path: Path) -> None:
    load(made(tmp_path), {"KGGRAPH_TEST_SHARED": "anything"})


@pytest.mark.parametrize(
    ("text", "environ", "flags", "sentence"),
    [
        ("prot = 1", {}, {}, "there is no setting 'prot'. Did you mean port?"),
        ("xyzzy = 1", {}, {}, "Known keys: base_uri, "),
        ("root = '/tmp'", {}, {}, "there is no setting 'root'"),
        ("port = '8000'", {}, {}, "port is '8000'; it needs a whole number"),
        ("port = true", {}, {}, "port is True; it needs a whole number"),
        ("port = -1", {}, {}, "port is -1; it needs a whole number, 0 or more"),
        ("query_timeout_s = 0", {}, {}, "query_timeout_s is 0; it needs a number above 0"),
        ("languages = []", {}, {}, "it needs a list of texts"),
        ("languages = 'nl'", {}, {}, "it needs a list of texts"),
        ("prefixes = 'sw'", {}, {}, "it needs a table of texts"),
        ("[prefixes]\nsw = 1", {}, {}, "prefixes.sw is 1; it needs a text"),
        ("base_uri = 'example.org/'", {}, {}, "it must start with http:// or https:// and end in a slash"),
        ("base_uri = 'https://example.org'", {}, {}, "end in a slash"),
        ("port = ", {}, {}, "is not TOML"),
        ("", {"KGGRAPH_PORT": "many"}, {}, "KGGRAPH_PORT is 'many'; port needs a whole number"),
        ("", {"KGGRAPH_PROT": "1"}, {}, "KGGRAPH_PROT: there is no setting 'prot'. Did you mean port?"),
        ("", {"KGGRAPH_PREFIXES": "a=b"}, {}, "prefixes can only be set in kggraph.toml"),
        ("", {}, {"port": -1}, "--port: port is -1"),
    ],
)
def test_wrong_settings_are_named(
    tmp_path: Path, text: str, environ: dict[str, str], flags: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(made(tmp_path, text), environ, flags)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value).removesuffix(".")


def test_folder_and_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no folder"):
        load(tmp_path / "nowhere", {})
    with pytest.raises(ConfigError, match=r"There is no kggraph\.toml in"):
        load(tmp_path, {})
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory"):
        load(tmp_path, {})


def test_a_file_that_is_not_utf8_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'base_uri = "https://example.org/\xe9/"\n')
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path, {})


def test_the_process_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGGRAPH_PORT", "4321")
    assert from_environment(made(tmp_path)).port == 4321


def test_every_setting_has_help_and_a_default() -> None:
    for field in setting_fields():
        assert field.metadata["help"] and not field.metadata["help"].endswith(".")
        assert len(field.metadata["help"]) < 110


def test_paths_are_below_the_root(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    assert settings.data_path == tmp_path / "data"
    assert settings.shapes_path == tmp_path / "shapes"
    assert settings.ontology_path == tmp_path / "ontology"
    assert settings.queries_path == tmp_path / "queries"
    assert settings.build_path == tmp_path / "build"


def test_own_prefixes_win(tmp_path: Path) -> None:
    settings = load(
        made(tmp_path, '[prefixes]\nfoaf = "https://example.org/foaf#"\nbr = "https://example.org/br#"\n'), {}
    )
    assert settings.all_prefixes["foaf"] == "https://example.org/foaf#"
    assert settings.all_prefixes["br"] == "https://example.org/br#"
    assert list(settings.all_prefixes) == sorted(settings.all_prefixes)


def test_prefixes_follow_another_base(tmp_path: Path) -> None:
    made(
        tmp_path,
        'base_uri = "https://kb.example/"\n[prefixes]\nitem = "https://kb.example/id/item/"\nex = "https://o.example/"\n',
    )
    settings = load(tmp_path, {}, {"base_uri": "http://localhost:8000/"})
    assert settings.all_prefixes["item"] == "https://kb.example/id/item/"
    assert settings.served_prefixes["item"] == "http://localhost:8000/id/item/"
    assert settings.served_prefixes["ex"] == "https://o.example/"
    assert load(tmp_path, {}).served_prefixes == load(tmp_path, {}).all_prefixes
