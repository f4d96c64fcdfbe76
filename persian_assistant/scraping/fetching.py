"""One page after the other from public web servers: politely, within limits, with what is cached.

robots.txt is obeyed, requests to a site keep their distance, failures are tried again with growing pauses,
every redirect is checked like an address of its own. Knows nothing of HTML.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from protego import Protego
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as ReadTimeout

from persian_assistant import __version__
from persian_assistant.errors import UsageError
from persian_assistant.scraping.addresses import CheckedAdapter, is_public
from persian_assistant.scraping.cache import KEPT_HEADERS, Answer, PageCache
from persian_assistant.scraping.decoding import decode
from persian_assistant.scraping.errors import LimitReached, PageError, SourceError
from persian_assistant.scraping.links import canonical, same_site

AGENT = "persian-assistant"
"""The name that robots.txt may call this program by."""
USER_AGENT = f"{AGENT}/{__version__} (a user's own reading of forum threads; obeys robots.txt)"
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
RETRIES = 4
BACKOFF_SECONDS = 2.0
"""Pause before the first retry; each further one is twice as long."""
LONGEST_WAIT = 120.0
"""A longer pause asked for by a server is told to the user, not sat out."""
ROBOTS_BYTES = 512 * 1024
"""What is read of a robots.txt at least, and here at most (RFC 9309)."""
OF_THE_SITE = tuple(
    f"seed.{name}" for name in ("private_address", "unknown_host", "unreachable", "timed_out", "busy")
)
"""Errors that say of any page what they say of robots.txt."""
CHUNK = 1 << 16
HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "Accept-Language": "fa,en;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",  # each request is resolved and checked anew
}


@dataclass(frozen=True)
class FetchSettings:
    """How much is read, how fast, and from where. Sizes in bytes as they are after unpacking, times in s."""

    delay: float = 1.0
    """From one request to a site to the next; robots.txt may ask for more."""
    max_page_bytes: int = 2_000_000
    """A larger page is left out; no more than this is read of it."""
    max_bytes: int = 200_000_000
    """All pages of a run together."""
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    """Longest silence."""
    total_timeout: float = 60.0
    """Longest request, from the connection to the last byte."""
    allow_private: bool = False
    """Also read from private, loopback and link-local addresses."""

    def __post_init__(self) -> None:
        for name in ("max_page_bytes", "max_bytes", "connect_timeout", "read_timeout", "total_timeout"):
            if not getattr(self, name) > 0:
                flag = "--" + name.replace("_", "-")
                raise UsageError("cli.bad_value", name=flag, value=getattr(self, name), expected="> 0")
        if not 0 <= self.delay <= 3600:
            raise UsageError("cli.bad_value", name="--delay", value=self.delay, expected="0 … 3600")


@dataclass(frozen=True)
class Fetched:
    """A page that was had: the address it came from in the end, and its text."""

    url: str
    text: str


class Fetcher:
    """Reads pages. `notice` is told of long pauses; clock, sleep and adapter are handed in."""

    def __init__(
        self,
        settings: FetchSettings,
        cache: PageCache,
        notice: Callable[[str, dict[str, object]], None] = lambda key, values: None,
        *,
        adapter: CheckedAdapter | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._cache, self._notice = settings, cache, notice
        self._adapter = adapter or CheckedAdapter((lambda _: True) if settings.allow_private else is_public)
        self._clock, self._sleep = clock, sleep
        self._robots: dict[str, Protego] = {}
        self._next: dict[str, float] = {}
        """Earliest time of the next request, by site."""
        self._read = 0
        self.asked = 0
        """Requests sent so far, robots.txt and retries among them."""
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or True

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._adapter.close()

    def page(self, url: str, site: str | None = None) -> Fetched:
        """The HTML page at `url`, wherever redirects lead; only within `site` (an address on it) if given.

        Raises PageError, its SourceError where asking on is no use, and DiskError.
        """
        answer = self._follow(url, self._settings.max_page_bytes, site, robots=True)
        if answer.status != 200:
            raise PageError("seed.status", url=url, status=answer.status)
        kind = answer.headers.get("content-type", "")
        if kind and not any(word in kind.lower() for word in ("html", "xml", "text/plain")):
            raise PageError("seed.not_html", url=url, kind=kind[:60])
        return Fetched(answer.url, decode(answer.body, kind)[0])

    def _follow(self, url: str, max_bytes: int, site: str | None, robots: bool) -> Answer:
        asked = url
        for _ in range(MOST_REDIRECTS + 1):
            if robots:
                self._check_robots(url)
            answer = self._answer(url, max_bytes)
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                return answer
            target = canonical(answer.headers["location"], url)
            if target is None:
                raise PageError("seed.bad_redirect", url=asked, target=answer.headers["location"][:200])
            if site is not None and not same_site(target, site):
                raise PageError("seed.left_site", url=asked, target=target)
            url = target
        raise PageError("seed.redirects", url=asked)

    # --- robots.txt

    def _check_robots(self, url: str) -> None:
        rules = self._rules(url)
        if not rules.can_fetch(url, AGENT):
            raise PageError("seed.robots_forbids", url=url)

    def _rules(self, url: str) -> Protego:
        site = _origin(url)
        if site not in self._robots:
            rules = self._read_rules(site)
            self._robots[site] = rules
            if (asked := self._distance(url)) > self._settings.delay:
                self._notice("seed.crawl_delay", {"site": site, "seconds": round(asked, 1)})
        return self._robots[site]

    def _read_rules(self, site: str) -> Protego:
        """RFC 9309: none where the server says there are none (4xx), all forbidden where it fails."""
        url = f"{site}/robots.txt"
        try:
            answer = self._follow(url, ROBOTS_BYTES, None, robots=False)
        except LimitReached:
            raise
        except PageError as error:
            if error.key in OF_THE_SITE:
                raise
            reason = error.values.get("status", error)
            raise SourceError("seed.robots_unreadable", url=url, reason=reason) from error
        if answer.status >= 500:
            raise SourceError("seed.robots_unreadable", url=url, reason=answer.status)
        return Protego.parse(answer.body.decode("utf-8", "replace") if answer.status == 200 else "")

    def _distance(self, url: str) -> float:
        """Seconds between two requests to this site."""
        rules = self._robots.get(_origin(url))
        if rules is None:
            return self._settings.delay
        rate = rules.request_rate(AGENT)
        by_rate = rate.seconds / rate.requests if rate else 0.0
        return max(self._settings.delay, rules.crawl_delay(AGENT) or 0.0, by_rate)

    # --- one address, no redirects

    def _answer(self, url: str, max_bytes: int) -> Answer:
        """What is at `url`: from the cache where this run asked already, or where it did not change."""
        known = self._cache.get(url)
        if known and self._cache.is_of_this_run(url):
            return known
        for attempt in range(RETRIES + 1):
            try:
                answer, wait = self._ask(url, max_bytes, known.validators if known else {})
            except PageError as error:
                if error.key not in ("seed.unreachable", "seed.timed_out") or attempt == RETRIES:
                    raise
                wait = None
            else:
                if answer.status == 304 and known:
                    self._cache.confirm(url)
                    return known
                if answer.status not in TRY_AGAIN:
                    if answer.status in (200, *REDIRECTS):
                        self._cache.put(answer)
                    return answer
                if wait is not None and wait > LONGEST_WAIT:
                    raise SourceError("seed.busy", url=url, status=answer.status, seconds=round(wait))
                if attempt == RETRIES:
                    kind = SourceError if answer.status == 429 else PageError
                    raise kind("seed.status", url=url, status=answer.status)
            pause = BACKOFF_SECONDS * 2**attempt if wait is None else wait
            self._notice("seed.waiting", {"url": url, "seconds": round(pause, 1)})
            self._sleep(pause)
        raise AssertionError("unreachable")

    def _ask(self, url: str, max_bytes: int, extra: dict[str, str]) -> tuple[Answer, float | None]:
        """(answer, seconds the server asks to wait). Raises PageError."""
        self._keep_distance(url)
        self.asked += 1
        settings = self._settings
        timeouts = (settings.connect_timeout, settings.read_timeout)
        with self._adapter.time_limit(settings.total_timeout) as was_cut:
            try:
                # Straight to the adapter: a session would look for a proxy (which connects where nobody
                # checked), for a .netrc, keep cookies, and read redirects itself.
                request = requests.Request("GET", url, headers={**HEADERS, **extra}).prepare()
                with self._adapter.send(
                    request, stream=True, timeout=timeouts, verify=self._verify
                ) as response:
                    body = b"" if response.status_code != 200 else self._body(url, response, max_bytes)
            except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
                if was_cut() or isinstance(error, (requests.Timeout, ReadTimeout, TimeoutError)):
                    raise PageError("seed.timed_out", url=url, seconds=_whole(settings, was_cut())) from error
                cause = _innermost(error)
                if isinstance(cause, socket.gaierror):
                    raise PageError("seed.unknown_host", host=urlsplit(url).hostname) from error
                reason = " ".join(f"{type(cause).__name__}: {cause}".split())[:160]
                raise PageError("seed.unreachable", url=url, reason=reason) from error
            if was_cut():  # a body without a length ends where the connection does
                raise PageError("seed.timed_out", url=url, seconds=_whole(settings, True))
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        return Answer(url, response.status_code, headers, body), _retry_after(response)

    def _body(self, url: str, response: requests.Response, max_bytes: int) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            self._read += len(chunk)
            if len(body) > max_bytes:
                raise PageError("seed.too_large", url=url, limit=max_bytes)
            if self._read > self._settings.max_bytes:
                raise LimitReached("seed.total_limit", limit=self._settings.max_bytes)
        return bytes(body)

    def _keep_distance(self, url: str) -> None:
        site = _origin(url)
        wait = self._next.get(site, 0.0) - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._next[site] = self._clock() + self._distance(url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _whole(settings: FetchSettings, total: bool) -> float:
    return settings.total_timeout if total else settings.read_timeout


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _innermost(error: BaseException) -> BaseException:
    """The first cause: the outer ones only repeat addresses and object names."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error
