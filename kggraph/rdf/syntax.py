"""What is wrong with a file that is not Turtle: what was found, and what would be right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kggraph.errors import SourceError
from kggraph.rdf.tokens import Token, line_of, tokens

_LANGUAGE_TAG: Final = "write a language tag as @nl, @en or @en-GB"


@dataclass(frozen=True, slots=True)
class _Fault:
    """What the parser says, where, and the text around it."""

    message: str
    text: str
    start: int
    found: str
    prefixes: Mapping[str, str]

    @property
    def before(self) -> Token | None:
        """The last token that ends before the fault."""
        last = None
        for token in tokens(self.text[: self.start]):
            last = token if token.kind != "comment" else last
        return last


def explain(error: SyntaxError, text: str, path: str, prefixes: Mapping[str, str]) -> SourceError:
    """The parser's error as a sentence for people, with line and column.

    :param prefixes: those that are usual here; the namespace of a missing one is shown.
    """
    line, column = error.lineno or 1, error.offset or 1
    lines = text.split("\n")
    start = min(sum(len(part) + 1 for part in lines[: line - 1]) + column - 1, len(text))
    same_line = error.end_lineno in (None, line)
    end = start + (error.end_offset or column) - column if same_line else len(text)
    fault = _Fault(str(error.msg).partition(": ")[2] or str(error.msg), text, start, text[start:end], prefixes)
    sentence = _other_language(text) or next(
        (
            said
            for pattern, explainer in _EXPLAINERS
            if (m := re.search(pattern, fault.message)) and (said := explainer(fault, m))
        ),
        f"{fault.message}.",
    )
    return SourceError(sentence, path=path, line=line, column=column)


def _other_language(text: str) -> str | None:
    start = text.lstrip()[:200]
    if re.search(r"^(?:<{7}|={7}|>{7})(?: |$)", text, re.MULTILINE):
        return (
            "There are conflict marks of git (<<<<<<<) in the file; keep one of the two versions and remove the marks."
        )
    if start.startswith(("<?xml", "<rdf:RDF", "<!DOCTYPE", "<html")):
        return "This is XML or HTML, not Turtle; convert it to Turtle first."
    if start.startswith("{") or re.match(r'\[\s*[{"]', start):
        return "This is JSON, not Turtle; convert it to Turtle first."
    return None


def _dot(fault: _Fault, _: re.Match[str]) -> str:
    before = fault.before
    if before and re.match(r"(?i)@?prefix|@?base", fault.text[before.start - 80 : before.start].rpartition("\n")[2]):
        return f"Found {_quote(fault.found)} where the line above should end; put a '.' after {_quote(before.text)}."
    if before and before.kind == "string" and fault.found[:1] not in "<@:":
        hint = (
            ' (a " inside a text is written \\")'
            if line_of(fault.text, before.start) == line_of(fault.text, fault.start)
            else ""
        )
    else:
        hint = ""
    after = f" after {_quote(before.text)} on line {line_of(fault.text, before.start)}" if before else ""
    return (
        f"Found {_quote(fault.found)} where the statement before it should end; put a '.'{after}, a ';' to say more of "
        f"the same thing, or a ',' to give one more value{hint}."
    )


def _end(fault: _Fault, _: re.Match[str]) -> str:
    if fault.found.startswith(('"', "'")):
        quotes = next(q for q in ('"""', "'''", '"', "'") if fault.found.startswith(q))
        more = "" if len(quotes) == 3 else f"; a text of several lines stands between {quotes * 3}"
        return f"The text that begins here is never closed; put {quotes} at its end{more}."
    if fault.found.startswith("<"):
        return "The IRI that begins here is never closed; put '>' at its end."
    before = fault.before
    after = f" after {_quote(before.text)}" if before else ""
    return f"The file ends in the middle of a statement; put a '.'{after}, or write the rest of it."


def _line_break(fault: _Fault, _: re.Match[str]) -> str:
    return 'A text on this line is not closed on it; put " at its end; a text of several lines stands between """.'


def _prefix(fault: _Fault, match: re.Match[str]) -> str:
    prefix = match[1]
    known = fault.prefixes.get(prefix)
    declared = re.findall(r"(?im)^\s*@?prefix\s+([^\s:]*):", fault.text)
    near = difflib.get_close_matches(prefix, declared, 1)
    hint = f", or write {near[0]}: if that is meant" if near and not known else ""
    return (
        f"The prefix {prefix}: is not declared; add the line `PREFIX {prefix}: <{known or 'its namespace IRI'}>` at "
        f"the top of the file{hint}."
    )


def _iri_character(fault: _Fault, match: re.Match[str]) -> str:
    character = match[1]
    iri = fault.found.partition("\n")[0]
    if ">" not in fault.found or "\n" in fault.found:
        return f"The IRI {_quote(iri)} is never closed, or has a {_name(character)} in it; put '>' where it ends."
    coded = "".join(f"%{byte:02X}" for byte in character.encode())
    return f"The IRI {iri} has a {_name(character)} in it, which IRIs cannot have; write {coded} there."


def _percent(fault: _Fault, match: re.Match[str]) -> str:
    return (
        f"The IRI {fault.found} has {match[1]!r} in it, and a % needs two hexadecimal digits; write %25 for a % itself."
    )


def _relative(fault: _Fault, _: re.Match[str]) -> str:
    return (
        f"{_quote(fault.found)} is a relative IRI, and nothing says to what; write it in full, with a prefix, or put a "
        "line `BASE <...>` at the top of the file."
    )


def _language(fault: _Fault, _: re.Match[str]) -> str | None:
    start = fault.text.rfind("@", 0, fault.start + 1)
    tag = re.match(r"@[\w-]*", fault.text[start:]) if start >= 0 else None
    if not tag or fault.text[start - 1 : start] not in ('"', "'") or "\n" in fault.text[start : fault.start]:
        return None
    hint = f"{_LANGUAGE_TAG}, with hyphens" if "_" in tag[0] else _LANGUAGE_TAG
    return f"{_quote(tag[0])} is not a language tag: its parts are 1 to 8 letters or digits; {hint}."


def _value(fault: _Fault, match: re.Match[str]) -> str:
    found = match[1]
    if found in (".", ";", ",", "]", ")"):
        before = fault.before
        after = f" after {_quote(before.text)}" if before else ""
        return f"Found {_quote(found)} where a value should be; write an IRI or a text{after}, or remove what is there."
    if found.lower() in ("true", "false"):
        return f"Found {_quote(found)}; write {found.lower()} in lower case."
    return (
        f"Found {_quote(found)} where a value should be; write an IRI, a name with a prefix, or a text between quotes."
    )


def _predicate(fault: _Fault, match: re.Match[str]) -> str:
    if match[1] == "{":
        return "Found '{', which begins a named graph; Turtle has none: write the triples without it."
    return f"Found {_quote(match[1])} where a property should be; write an IRI or a name such as dcterms:title."


def _subject(fault: _Fault, match: re.Match[str]) -> str:
    before = fault.before
    if before and before.kind == "string" and "\n" not in fault.text[before.start : fault.start]:
        return f'Found {_quote(match[1])} behind the text {before.text}; a " inside a text is written \\".'
    return f"Found {_quote(match[1])} where a statement should begin; write the IRI of what it is about."


def _begin(fault: _Fault, match: re.Match[str]) -> str:
    character = match[1]
    if character in "“”„‘’«»":
        return f'Found {character}, a typographic quotation mark; write a text between straight ones: "...".'
    before = fault.before
    if character == "/" and before and before.kind == "name":
        return f"Found '/' after {_quote(before.text)}; a name with a prefix has none: write the IRI between < and >."
    return f"Found {_name(character)} where an IRI, a name with a prefix or a text should be."


def _escape(fault: _Fault, match: re.Match[str]) -> str:
    return f"{match[1]} is not an escape that Turtle has; write \\\\ for a backslash itself."


def _surrogate(fault: _Fault, match: re.Match[str]) -> str:
    return f"{match[1]} is half a character; write the character itself, in UTF-8."


def _datatype(fault: _Fault, match: re.Match[str]) -> str:
    return f"Found {_quote(match[1])} after ^^; write a datatype as an IRI or a name with a prefix, such as xsd:date."


def _bracket(fault: _Fault, _: re.Match[str]) -> str:
    return f"Found {_quote(fault.found)} before the '[' was closed; put a ']' in front of it."


def _quote(text: str) -> str:
    shown = text.partition("\n")[0].strip()
    return f"'{shown[:60]}...'" if len(shown) > 60 else f"'{shown}'"


def _name(character: str) -> str:
    if character == " ":
        return "space"
    return f"'{character}'" if character.isprintable() else f"character U+{ord(character):04X}"


_EXPLAINERS: Final[tuple[tuple[str, Callable[[_Fault, re.Match[str]], str | None]], ...]] = (
    (r"^A dot is expected", _dot),
    (r"^Unexpected end", _end),
    (r"^Line jumps are not allowed", _line_break),
    (r"^The prefix (\S*): has not been declared", _prefix),
    (r"^Invalid IRI code point '(.)'", _iri_character),
    (r"^Invalid IRI percent encoding '(.*)'", _percent),
    (r"^No scheme found", _relative),
    (r"subtag|language|^Unexpected character", _language),
    (r"^(.+) is not a valid RDF object", _value),
    (r"^(.+) is not a valid predicate", _predicate),
    (r"^(.+) is not a valid subject", _subject),
    (r"^'(.)' is not allowed at the beginning", _begin),
    (r"^Unexpected escape character '(.+)'", _escape),
    (r"^The escape sequence '(.+)' is encoding", _surrogate),
    (r"^Expecting a datatype IRI after \^\^, found (.+)", _datatype),
    (r"^blank node property lists should end", _bracket),
)
