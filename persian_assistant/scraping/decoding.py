"""The bytes of a page as text. What a server says of the encoding is a hint, the letters are the proof.

Old Persian forums send windows-1256 under the name of another encoding, or UTF-8 under the name of
windows-1256. Both decode without an error into letters that Persian does not write.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_KNOWN = re.compile(r"utf-?(8|16|16-?le|16-?be)|(windows-|cp)125\d|iso-?8859-\d+|latin-?1|(us-)?ascii", re.I)
"""Encodings that web pages come in; Python knows others, not all of them harmless."""
_SERVED_AS = {"iso-8859-1": "windows-1252", "latin-1": "windows-1252", "latin1": "windows-1252"}
"""What browsers take these names for (WHATWG Encoding Standard)."""
_ARABIC_SCRIPT = ["utf-8", "cp1256", "iso8859-6"]
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{3,20})""", re.I)
_META_WITHIN = 4096
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w-]{3,20})""", re.I)
_COMMON = re.compile("[اآبپتدرزسشفقکكگلمنوهیيی\u200c]")
_LOOKED_AT = 20_000
"""Characters, or bytes for the detector, that decide."""
_GOOD = 0.6


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """(text, encoding) of a page, by its header `content_type`, its own `meta`, UTF-8, then detection.

    The first of them that reads as Persian (or as plain ASCII) is taken, else the one that comes nearest.
    Bytes that do not fit become U+FFFD.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace"), encoding
    best = ("", "utf-8", -1.0)
    tried = set()
    for name in _candidates(body, content_type):
        encoding = codecs.lookup(name).name
        if encoding in tried:
            continue
        tried.add(encoding)
        text = body.decode(encoding, "replace")
        score = _persian(text)
        if score > best[2]:
            best = (text, encoding, score)
        if score >= _GOOD:
            break
    return best[0], best[1]


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    header = _HEADER.search(content_type)
    if header and _KNOWN.fullmatch(header[1]):
        yield _SERVED_AS.get(header[1].lower(), header[1])
    for found in _META.finditer(body[:_META_WITHIN]):
        name = found[1].decode("ascii", "replace")
        if _KNOWN.fullmatch(name):
            # a page that names UTF-16 in ASCII is not written in it
            yield "utf-8" if name.lower().startswith("utf-16") else _SERVED_AS.get(name.lower(), name)
    yield "utf-8"
    from charset_normalizer import from_bytes

    high = b" ".join(re.findall(rb"[^<>]*[\x80-\xff][^<>]*", body))[:_LOOKED_AT]
    if match := from_bytes(high, cp_isolation=_ARABIC_SCRIPT).best():
        yield match.encoding
    yield "cp1256"


def _persian(text: str) -> float:
    """Common Persian letters as a share (0..1) of what is not ASCII; 1 where all is ASCII.

    Mojibake of UTF-8 read as windows-1256 is Arabic script too, but of ط, ظ and signs.
    """
    outside = re.sub(r"[\x00-\x7f\s«»،؛؟۰-۹]", "", text)[:_LOOKED_AT]
    return len(_COMMON.findall(outside)) / len(outside) if outside else 1.0
