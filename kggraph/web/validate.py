"""Data that somebody pastes or sends, validated as if they were published here: a page, and one for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, current_app, request

from kggraph.errors import BadParameter, KgError, NotAcceptable, RequestTooLarge, UnreadableData, UnsupportedMediaType
from kggraph.publish.labels import Label, pick
from kggraph.rdf.iris import local_name, thing_iri
from kggraph.rdf.media import HTML, TURTLE, Representation, negotiate
from kggraph.trial.checking import INPUTS, MOST_RESULTS
from kggraph.trial.run import Trial, Trials
from kggraph.validation.messages import show
from kggraph.web.http import JSON, NO_STORE, TEXT, Document, Link, answered
from kggraph.web.problems import problem_of
from kggraph.web.render import Context, Here, here, html, page, site_links
from kggraph.web.turns import give_back

blueprint = Blueprint("validate", __name__)

SARIF: Final = Representation("sarif", ".sarif", "application/sarif+json", "SARIF")
REPORTS: Final = (JSON, TURTLE, TEXT, SARIF)
"""What programs get; the first one when they do not say."""

_FORMS: Final = {JSON.name: "json", TURTLE.name: "ttl", TEXT.name: "text", SARIF.name: "sarif"}
TYPES: Final = {
    "text/turtle": "ttl",
    "application/x-turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
    "text/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
}
"""Media types of what is sent to the formats that are read."""
_FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_FORM_FACTOR: Final = 4
"""A form may need three bytes for one of the data, and has other fields."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Data as they came."""

    data: bytes
    input: str
    """One of `INPUTS`."""
    pasted: str = ""
    """The text of the field, to be shown again."""


@blueprint.get("/validate")
@answered
def form() -> Document:
    """The form to paste or choose data."""
    return page("validate.html", "/validate", lambda place: _form(place, Sent(b"", INPUTS[0])), links=_links)


@blueprint.post("/validate")
@answered
def validate() -> Document:
    """The report on the data of this request."""
    place = here()
    most = place.site.settings.max_validate_kb * 1024
    request.max_content_length = request.max_form_memory_size = most * _FORM_FACTOR
    is_form = request.mimetype in _FORM_TYPES
    offers = (HTML, *REPORTS) if is_form else (*REPORTS, HTML)
    representation = negotiate(request.headers.get("Accept"), offers)
    if representation is None:
        media_types = tuple(offer.media_type for offer in offers)
        raise NotAcceptable(f"A report can be {', '.join(media_types)}.", available=media_types)
    packed = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packed != "identity":
        # https://www.rfc-editor.org/rfc/rfc9110#status.415
        raise UnsupportedMediaType(f"Send the data as they are; Content-Encoding {packed[:40]} is not read.")
    sent = _from_form() if is_form else _from_body()
    if len(sent.data) > most:
        raise RequestTooLarge(f"The data have more than {most // 1024} kB; give fewer things at a time.")
    if representation is HTML:
        return _report_page(place, sent)
    trial = _run(place, sent, _FORMS[representation.name])
    headers = [("X-Things-Checked", str(trial.things))]
    headers += [("X-Result-Truncated", str(MOST_RESULTS))] if trial.is_cut else []
    return _answer(place, trial.body, representation, headers=tuple(headers))


def _from_form() -> Sent:
    """What a form brings: a file, or else the text of its field."""
    name = request.form.get("format", INPUTS[0])
    if name not in INPUTS:
        raise BadParameter(f"There is no format {name[:40]!r}; it is {', '.join(INPUTS)}.", parameter="format")
    pasted = request.form.get("data", "")
    file = request.files.get("file")
    if file is not None and file.filename:
        ending = file.filename.rpartition(".")[2].lower()
        return Sent(file.stream.read(), ending if ending in INPUTS else name, pasted)
    # Browsers send every line break of a form as two characters.
    text = pasted.replace("\r\n", "\n")
    return Sent(text.encode("utf-8", "surrogatepass"), name, text)


def _from_body() -> Sent:
    """What a program sends."""
    found = TYPES.get(request.mimetype)
    if found is None:
        kind = request.mimetype or "nothing"
        raise UnsupportedMediaType(f"Send {', '.join(sorted(TYPES))}, or a form; not {kind[:80]}.")
    return Sent(request.get_data(cache=False), found)


def _run(place: Here, sent: Sent, form: str) -> Trial:
    if not sent.data.strip():
        raise UnreadableData("There are no data; paste them, choose a file, or send them as the body.")
    give_back()
    trials: Trials = current_app.extensions["kggraph.trials"]
    return trials.run(place.kb.generation, sent.data, sent.input, lang=place.language, form=form)


def _answer(
    place: Here,
    body: bytes,
    representation: Representation,
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
) -> Document:
    return Document(
        "/validate",
        lambda _: body,
        offers=(representation,),
        forced=representation,
        language=place.language,
        prefix=place.prefix,
        cache_control=NO_STORE,
        status=status,
        headers=(("Vary", "Accept, Accept-Language"), *headers),
        kept=False,
        located=False,
    )


def _links() -> list[Link]:
    place = here()
    base = place.kb.addresses.base_uri.rstrip("/")
    return [Link(f"{base}{place.prefix}/validate", "canonical"), *site_links(place.kb)]


# ------------------------------------------------------------------ the page
@dataclass(frozen=True, slots=True)
class Row:
    """One result, as the page tells it."""

    line: int | None
    focus: str
    href: str
    text: Label
    value: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """The results of one rule."""

    field: str
    severity: str
    href: str
    total: int
    rows: tuple[Row, ...]


def _form(place: Here, sent: Sent) -> Context:
    settings = place.site.settings
    return {
        "inputs": INPUTS,
        "input": sent.input,
        "text": sent.pasted,
        "kb": place.t.number(settings.max_validate_kb),
        "seconds": f"{settings.validate_timeout_s:g}",
        "problem": None,
        "report": None,
    }


def _report_page(place: Here, sent: Sent) -> Document:
    context = dict(_form(place, sent))
    status = 200
    headers: tuple[tuple[str, str], ...] = ()
    try:
        trial = _run(place, sent, "json")
        told = json.loads(trial.body)
        context["report"] = told
        context["things"] = trial.things
        context["rules"] = [_rule(place, rule) for rule in told["rules"]]
    except KgError as error:
        problem = problem_of(error)
        context["problem"], status, headers = problem, problem.status, problem.headers
    body = html("validate.html", place, "/validate", "", context)
    return _answer(place, body, HTML, status=status, headers=headers)


def _rule(place: Here, rule: dict[str, Any]) -> RuleView:
    rows = []
    for result in rule["results"]:
        iri = thing_iri(result["focusNode"].strip("<>"))
        known = place.kb.descriptions.get(iri) is not None
        href = place.kb.addresses.href(iri, place.prefix)[0] if known else None
        text = pick(result["messages"], place.language)
        value = show(result["value"]) if result["value"] else ""
        shown = "" if value and value in text.text else value
        rows.append(Row(result["line"], show(result["focusNode"]), href or "", text, shown))
    shapes = f"{place.kb.addresses.base_uri}shapes#"
    href = f"{place.prefix}/shapes#{local_name(rule['rule'])}" if rule["rule"].startswith(shapes) else ""
    return RuleView(rule["field"], rule["severity"], href, rule["total"], tuple(rows))
