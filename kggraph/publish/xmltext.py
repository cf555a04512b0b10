"""XML that is always well-formed: characters that XML 1.0 does not have become U+FFFD."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

# https://www.w3.org/TR/xml/#charsets
_NO_CHARACTERS: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    r"""A text that XML can hold.

    >>> clean("a\x07b")
    'a\ufffdb'
    """
    return _NO_CHARACTERS.sub("\ufffd", text)


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Put an element with a text into another; attributes without value are left out.

    :param name: the name in Clark notation: `{namespace}name`.
    """
    kept = {key: clean(value) for key, value in attributes.items() if value}
    child = ET.SubElement(parent, name, kept)
    if text:
        child.text = clean(text)
    return child


def say_language(element: ET.Element, lang: str) -> None:
    """Give an element its language, if that is known."""
    if lang:
        element.set(XML_LANG, lang)


def write(root: ET.Element, namespaces: Mapping[str, str]) -> bytes:
    """A document with fixed prefixes.

    :param namespaces: prefix to namespace; the one with the empty prefix is the default.
    """
    for element in root.iter():
        element.tag = _prefixed(element.tag, namespaces)
        for name in [name for name in element.attrib if name.startswith("{") and not name.endswith("}lang")]:
            element.set(_prefixed(name, namespaces), element.attrib.pop(name))
        if XML_LANG in element.attrib:
            element.set("xml:lang", element.attrib.pop(XML_LANG))
    for prefix, namespace in namespaces.items():
        root.set(f"xmlns:{prefix}" if prefix else "xmlns", namespace)
    ET.indent(root)
    return DECLARATION + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _prefixed(name: str, namespaces: Mapping[str, str]) -> str:
    if not name.startswith("{"):
        return name
    namespace, _, local = name[1:].partition("}")
    prefix = next(prefix for prefix, known in namespaces.items() if known == namespace)
    return f"{prefix}:{local}" if prefix else local
