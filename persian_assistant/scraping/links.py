"""Addresses of pages: one spelling for each, and which belong together."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit, urlunsplit

import requests

SESSION_KEYS = re.compile(
    r"(^|&)((sid|phpsessid|jsessionid|utm_\w+|fbclid|gclid)=[^&]*|s=[0-9a-f]{32}(?=&|$))", re.I
)
"""Query keys that name a visit, not a page."""
_PATH_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
LONGEST = 2000


def canonical(url: str, base: str = "") -> str | None:
    """`url` (relative to `base`) in one spelling, or None for what is no http(s) address.

    Without fragment, session keys and a user's name; Persian paths percent-encoded.
    """
    try:
        joined = urldefrag(urljoin(base, url.strip()))[0]
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(joined) > LONGEST:
            return None
        host = parts.netloc.rpartition("@")[2].lower()
        default = ":80" if parts.scheme == "http" else ":443"
        query = SESSION_KEYS.sub("", parts.query).lstrip("&")
        path = _PATH_SESSION.sub("", parts.path) or "/"
        plain = urlunsplit((parts.scheme, host.removesuffix(default), path, query, ""))
        return requests.Request("GET", plain).prepare().url
    except (ValueError, requests.RequestException):
        return None


def same_site(url: str, other: str) -> bool:
    """Whether two addresses are on one site: the same host and port, with or without `www.`."""
    return _site(url) == _site(other)


def _site(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.port


def shape(url: str) -> tuple[str, ...]:
    """What addresses of one kind of page share: path with numbers and the last part left open, query keys."""
    parts = urlsplit(url)
    steps = parts.path.strip("/").split("/")
    steps = [*(re.sub(r"\d+", "#", step) for step in steps[:-1]), "*" if steps[-1] else ""]
    if parts.path.endswith(".php"):
        steps[-1] = parts.path.rpartition("/")[2]  # a script's name tells the kind, not the page
    return (*steps, "?", *sorted(key for key, _ in parse_qsl(parts.query)))
