"""The settings of a knowledge base: defaults, then `kggraph.toml`, then `KGGRAPH_*`, then the command line.

Nothing else reads the environment, and settings are passed, never imported. The table in `docs/settings.md` is made
from `Settings` and checked against it.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kggraph.errors import ConfigError
from kggraph.notices import Notice, read_notices
from kggraph.terms import PREFIXES

FILE_NAME = "kggraph.toml"
_VARIABLE = "KGGRAPH_"
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""The name is given: prometheus_client looks for it when it is imported."""
_EMAIL = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\Z")


STORES = ("embedded", "remote")
AUTHS = ("", "basic", "digest", "bearer")


def _setting(default: Any, help: str, **more: Any) -> Any:
    """A setting; one that is `secret` comes from the environment only and is never shown."""
    return field(default=default, repr=not more.get("secret"), metadata={"help": help, **more})


@dataclass(frozen=True)
class Settings:
    """One knowledge base and how it is built and served; every field is a setting of the same name."""

    root: Path = _setting(Path(), "folder that holds kggraph.toml; other folders are relative to it", key=False)
    base_uri: str = _setting("http://localhost:8000/", "base of every item URI, ending in a slash")
    source_base_uri: str = _setting("", "base that the files are written with; empty: base_uri as in kggraph.toml")
    languages: tuple[str, ...] = _setting(("nl", "en"), "language tags of the pages, the first one without prefix")
    prefixes: Mapping[str, str] = field(
        default_factory=dict, metadata={"help": "extra prefixes for Turtle and queries: prefix = namespace IRI"}
    )

    contact_email: str = _setting("", "address for questions, told to harvesters and catalogues; empty: none")

    wheel: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"help": "wheel of the home page, as IRIs: scheme, by (a property), inner and outer (values of it)"},
    )
    gap_facets: tuple[str, ...] = _setting(
        (), "the two filters that /gaps crosses: rows, then columns; empty: the first"
    )
    frameworks: tuple[str, ...] = _setting(
        (), "IRIs of the concept schemes that /crosswalk sets side by side; empty: all"
    )
    notices: tuple[Notice, ...] = _setting(
        (),
        "boxes on the pages about some concepts, such as a help line; tables under [[notices]]",
        read=read_notices,
    )

    pages_dir: str = _setting("pages", "folder of texts of your own: about.en.md, accessibility.en.md")
    ontology_dir: str = _setting("ontology", "folder of the classes and properties")
    shapes_dir: str = _setting("shapes", "folder of the SHACL shapes")
    data_dir: str = _setting("data", "folder of the things, one Turtle file each")
    queries_dir: str = _setting("queries", "folder of the named queries (.rq)")
    build_dir: str = _setting("build", "folder where generations are put; disposable")
    keep_generations: int = _setting(3, "generations that a build leaves in place, the current one included")

    generation: str = _setting(
        "", "serve this generation as it is and build nothing; current: whichever is; empty: build when sources changed"
    )
    start_patience_s: float = _setting(
        1.5, "seconds that a start waits to know whether sources changed; then pages are served before that"
    )
    verify_mb: int = _setting(
        256, "megabytes up to which a generation is compared with its checksums before it is served; above: sizes only"
    )
    share_generations: bool = _setting(False, "whether other servers may pull generations from /generations/")
    signing_key: str = _setting("", "private Ed25519 key (PEM) that a build signs the manifest with", secret=True)
    signing_key_file: str = _setting("", "file with that key, instead; empty: nothing is signed")
    trusted_keys: tuple[str, ...] = _setting(
        (), "public Ed25519 keys, of which one must have signed what is pulled; empty: a signature is not asked for"
    )
    store: str = _setting("embedded", "engine of queries: embedded, or remote (see docs/scaling.md)", among=STORES)
    remote_query_url: str = _setting("", "remote store: address for SPARQL queries")
    remote_update_url: str = _setting("", "remote store: address for SPARQL updates")
    remote_graph_store_url: str = _setting("", "remote store: address of the SPARQL graph store, without `?graph=`")
    remote_auth: str = _setting("", "remote store: basic, digest or bearer; empty: no credentials", among=AUTHS)
    remote_user: str = _setting("", "remote store: user, for basic and digest", secret=True)
    remote_password: str = _setting("", "remote store: password, for basic and digest", secret=True)
    remote_token: str = _setting("", "remote store: token, for bearer", secret=True)
    remote_timeout_parameter: str = _setting(
        "", "remote store: request parameter for a limit of time in milliseconds, such as Virtuoso's timeout"
    )

    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on")
    web_workers: int = _setting(2, "web processes")
    web_threads: int = _setting(
        1024, "threads of a web process, made when needed: one for each client that sends or takes slowly"
    )
    query_workers: int = _setting(2, "processes that answer queries at the same time")
    query_timeout_s: float = _setting(10.0, "seconds a query may run before it is stopped")
    query_memory_mb: int = _setting(2048, "megabytes a query may use on top of the store")
    query_long_after_s: float = _setting(0.25, "seconds after which a query gives its place to shorter ones")
    query_long_workers: int = _setting(6, "long queries that go on beside that, at low priority")
    query_guaranteed_s: float = _setting(2.0, "seconds a query may run, however many others wait for its place")
    query_queue: int = _setting(64, "queries that may wait for a place; the next one is told to come back (503)")
    query_queue_each: int = _setting(32, "queries that one client may have waiting; the next one is told so (429)")
    query_queue_s: float = _setting(5.0, "seconds a query waits for a place before it is told to come back (503)")
    max_query_kb: int = _setting(1024, "kilobytes a query text may have")
    max_result_mb: int = _setting(256, "megabytes a query result may have")
    max_solutions: int = _setting(1_000_000, "solutions a query result may have")
    service_allow: tuple[str, ...] = _setting((), "endpoints that queries may ask by SERVICE, as IRIs; empty: none")
    service_timeout_s: float = _setting(5.0, "seconds that the endpoints of one query may take together")
    service_result_kb: int = _setting(2048, "kilobytes that one such endpoint may answer with")
    max_validate_kb: int = _setting(1024, "kilobytes of data that are validated at once at /validate")
    validate_timeout_s: float = _setting(5.0, "seconds that validating sent data may take")
    validate_memory_mb: int = _setting(512, "megabytes that validating sent data may take")
    validate_workers: int = _setting(2, "data that each web process validates at once; more are told to wait (503)")
    query_log: str = _setting("", "file for a log of queries, without who asked; empty: none is kept")
    memory_limit_triples: int = _setting(20_000_000, "triples up to which the store is kept in memory; above: on disk")
    response_cache_mb: int = _setting(128, "megabytes of finished answers each web process may keep")

    trusted_proxies: tuple[str, ...] = _setting(
        (), "networks of proxies whose X-Forwarded-For and X-Request-Id are believed, as 10.0.0.0/8"
    )
    rate_pages: str = _setting("1200/minute", "pages and documents one client may ask for; empty: as many as it likes")
    rate_search: str = _setting("300/minute", "searches, filtered lists and suggestions one client may ask for")
    rate_sparql: str = _setting("300/minute", "queries one client may ask")
    rate_exports: str = _setting("120/minute", "dumps, harvests and lists as a file one client may ask for")
    rate_store: str = _setting("", "redis://… where all servers count together; empty: each web process for itself")
    request_log: str = _setting("", "file for a line of JSON a request, without who asked; -: standard error")
    slow_query_s: float = _setting(2.0, "seconds after which a query is told in the log, its texts left out")
    metrics_open: bool = _setting(False, "whether /metrics answers others than this machine")

    @property
    def ontology_path(self) -> Path:
        return self.root / self.ontology_dir

    @property
    def shapes_path(self) -> Path:
        return self.root / self.shapes_dir

    @property
    def data_path(self) -> Path:
        return self.root / self.data_dir

    @property
    def queries_path(self) -> Path:
        return self.root / self.queries_dir

    @property
    def pages_path(self) -> Path:
        return self.root / self.pages_dir

    @property
    def build_path(self) -> Path:
        return self.root / self.build_dir

    @property
    def all_prefixes(self) -> dict[str, str]:
        """Prefixes of the platform and of this knowledge base, the latter winning, sorted by prefix."""
        return dict(sorted({**PREFIXES, **self.prefixes}.items()))

    @property
    def served_prefixes(self) -> dict[str, str]:
        """`all_prefixes` with the base of the files mapped to the base that is served, for all that goes out."""
        return {prefix: self.served_iri(iri) for prefix, iri in self.all_prefixes.items()}

    def served_iri(self, iri: str) -> str:
        """An IRI as it is served, of one as the files write it."""
        base = self.source_base_uri
        return self.base_uri + iri.removeprefix(base) if base and iri.startswith(base) else iri


def setting_fields() -> tuple[dataclasses.Field[Any], ...]:
    """The fields of `Settings` that a file, a variable or a flag may set, in order."""
    return tuple(f for f in dataclasses.fields(Settings) if f.metadata.get("key", True))


def load(root: Path, environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings of the knowledge base in `root`.

    :param root: folder with `kggraph.toml`.
    :param environ: the environment; `KGGRAPH_PORT=9000` sets `port`.
    :param overrides: values of command line flags; `None` means not given.
    :raises ConfigError: no such folder or file, an unknown key, or a value of the wrong type.
    """
    written = _read(root)
    return _settled(root, written, environ, overrides or {})


def _read(root: Path) -> dict[str, Any]:
    path = root / FILE_NAME
    if not root.is_dir():
        raise ConfigError(f"There is no folder {root}; name one that holds {FILE_NAME}.")
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"There is no {FILE_NAME} in {root}; run in a knowledge base or name one.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 at byte {error.start + 1}; save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None


def _settled(
    root: Path, written: Mapping[str, Any], environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> Settings:
    values: dict[str, Any] = {}
    for key, value in written.items():
        if _field(key, FILE_NAME).metadata.get("secret"):
            raise ConfigError(f"{FILE_NAME}: {key} is a secret; set KGGRAPH_{key.upper()} instead.", key=key)
        values[key] = _checked(key, value, f"{FILE_NAME}")
    values.setdefault("source_base_uri", values.get("base_uri", Settings.base_uri))
    for name in _settings_in(environ):
        key = name.removeprefix(_VARIABLE).lower()
        values[key] = _checked(key, _from_text(key, environ[name], name), name)
    for key, value in overrides.items():
        if value is not None:
            values[key] = _checked(key, value, f"--{key.replace('_', '-')}")
    if not values.get("source_base_uri"):
        values["source_base_uri"] = values.get("base_uri", Settings.base_uri)
    for key in ("base_uri", "source_base_uri"):
        uri = values.get(key, Settings.base_uri)
        if not uri.startswith(("http://", "https://")) or not uri.endswith("/"):
            raise ConfigError(f"{key} is {uri!r}; it must start with http:// or https:// and end in a slash.", key=key)
    for endpoint in values.get("service_allow", ()):
        if not endpoint.startswith(("http://", "https://")) or "@" in endpoint.split("/")[2]:
            raise ConfigError(f"service_allow has {endpoint!r}; an endpoint is an http(s) IRI.", key="service_allow")
    _check_remote(values)
    email = values.get("contact_email", "")
    if email and not _EMAIL.match(email):
        raise ConfigError(f"contact_email is {email!r}; it must be one e-mail address.", key="contact_email")
    return Settings(root=root, **values)


def _settings_in(environ: Mapping[str, str]) -> list[str]:
    return [name for name in environ if name.startswith(_VARIABLE) and not name.startswith(f"{_VARIABLE}TEST_")]


def _check_remote(values: Mapping[str, Any]) -> None:
    if values.get("store") != "remote":
        return
    for key in ("remote_query_url", "remote_update_url", "remote_graph_store_url"):
        if not str(values.get(key, "")).startswith(("http://", "https://")):
            raise ConfigError(
                f'{key} is {values.get(key, "")!r}; store = "remote" needs an http address there.', key=key
            )


def _field(key: str, where: str) -> dataclasses.Field[Any]:
    fields = {f.name: f for f in setting_fields()}
    if key not in fields:
        near = difflib.get_close_matches(key, fields, 1)
        hint = f" Did you mean {near[0]}?" if near else f" Known keys: {', '.join(fields)}."
        raise ConfigError(f"{where}: there is no setting {key!r}.{hint}", key=key)
    return fields[key]


def _default(spec: dataclasses.Field[Any]) -> Any:
    return spec.default if spec.default is not dataclasses.MISSING else {}


def _from_text(key: str, text: str, where: str) -> Any:
    default = _default(_field(key, where))
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if isinstance(default, int | float):
            return type(default)(text)
    except (KeyError, ValueError):
        raise ConfigError(f"{where} is {text!r}; {key} needs {_kind(default)}.", key=key) from None
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, dict):
        raise ConfigError(f"{where}: {key} can only be set in {FILE_NAME}.", key=key)
    return text


def _checked(key: str, value: Any, where: str) -> Any:
    spec = _field(key, where)
    if read := spec.metadata.get("read"):
        return read(value, f"{where}: {key}")
    default = _default(spec)
    if isinstance(default, tuple) and isinstance(value, list | tuple):
        value = tuple(value)
        fits = all(isinstance(part, str) for part in value) and (bool(value) or not default)
    elif isinstance(default, dict):
        fits = isinstance(value, dict)
        for name, part in value.items() if fits else ():
            if not isinstance(part, str):
                raise ConfigError(f"{where}: {key}.{name} is {part!r}; it needs a text.", key=key)
    elif isinstance(default, float):
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        value = float(value) if fits else value
    elif isinstance(default, int) and not isinstance(default, bool):
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    else:
        fits = isinstance(value, type(default))
    among = spec.metadata.get("among")
    if fits and among and value not in among:
        known = ", ".join(one or '""' for one in among)
        raise ConfigError(f"{where}: {key} is {value!r}; it can be {known}.", key=key)
    if not fits:
        raise ConfigError(f"{where}: {key} is {value!r}; it needs {_kind(default)}.", key=key)
    return value


def _kind(default: Any) -> str:
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number, 0 or more"),
        (float, "a number above 0"),
        (tuple, "a list of texts"),
        (dict, "a table of texts"),
    )
    return next((name for kind, name in kinds if isinstance(default, kind)), "a text")


def without_file(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings where there is no knowledge base: defaults, the environment of this process, then the flags."""
    return _settled(Path(), {}, os.environ, overrides or {})


def from_environment(root: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """`load` with the environment of this process."""
    return load(root, os.environ, overrides)


def forget_environment() -> None:
    """Take the settings out of the environment of this process, and so of its children, as they were read.

    A web server hands its environment to what makes the answers, with every request, and settings have secrets.
    """
    for name in _settings_in(os.environ):
        del os.environ[name]


def share_metrics(folder: Path) -> None:
    """Let the web processes that are forked from this one count together in a folder; before they count anything."""
    os.environ[_METRICS] = os.fspath(folder)


def environment_with(defaults: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child: ours, with what it does not say yet."""
    return {**defaults, **os.environ}


def shared_metrics() -> str | None:
    """The folder of `share_metrics`, or None when this process counts for itself."""
    return os.environ.get(_METRICS)
