"""Reading pages from a real server: limits, politeness, retries, redirects, the cache."""

from __future__ import annotations

import gzip
import re
import socket
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from forum_site import Answer, ForumSite

from persian_assistant.errors import UsageError
from persian_assistant.scraping import fetching
from persian_assistant.scraping.addresses import CheckedAdapter
from persian_assistant.scraping.cache import PageCache
from persian_assistant.scraping.errors import LimitReached, PageError, SourceError
from persian_assistant.scraping.fetching import BACKOFF_SECONDS, RETRIES, Fetcher, FetchSettings

HERE = "127.0.0.1"


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def site() -> Iterator[ForumSite]:
    with ForumSite() as site:
        yield site


@pytest.fixture
def fetcher(tmp_path: Path) -> Callable[..., Fetcher]:
    """Makes a fetcher over one cache, one run each; only this machine's 127.0.0.1 is allowed."""

    def make(clock: Time | None = None, notices: list[Any] | None = None, **settings: Any) -> Fetcher:
        clock, told = clock or Time(), [] if notices is None else notices
        cache = PageCache(tmp_path / "scraped", ["test"])
        cache.finish()
        return Fetcher(
            FetchSettings(**{"delay": 0.0, **settings}),
            cache,
            lambda key, values: told.append((key, values)),
            adapter=CheckedAdapter(allowed=lambda address: address == HERE),
            clock=lambda: clock.now,
            sleep=clock.sleep,
        )

    return make


def refusal(fetcher: Fetcher, url: str, kind: type[PageError] = PageError, **kwargs: Any) -> PageError:
    with pytest.raises(kind) as told:
        fetcher.page(url, **kwargs)
    assert str(told.value)
    return told.value


# --- what is sent


def test_who_asks_is_said_and_robots_come_first(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/forum", "<p>سلام دنیا</p>")
    page = fetcher().page(site.url + "/forum")
    assert (page.url, page.text) == (site.url + "/forum", "<p>سلام دنیا</p>")
    assert site.asked == ["/robots.txt", "/forum"]
    assert all(headers["User-Agent"].startswith("persian-assistant/") for headers in site.headers)
    assert not {"Authorization", "Cookie"} & {name for headers in site.headers for name in headers}


def test_the_environment_s_proxy_and_netrc_are_not_used(
    site: ForumSite, fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    site.put("/a", "x")
    fetcher().page(site.url + "/a")
    assert "Authorization" not in site.headers[-1]


# --- robots.txt


def test_robots_txt_is_obeyed(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nDisallow: /*?print=\nAllow: /private/open\n")
    for path in ("/private/a", "/private/open/b", "/a?print=1", "/a"):
        site.put(path, "x")
    reader = fetcher()
    for path in ("/private/a", "/a?print=1"):
        assert refusal(reader, site.url + path).key == "seed.robots_forbids"
    reader.page(site.url + "/private/open/b")
    reader.page(site.url + "/a")
    assert site.asked == ["/robots.txt", "/private/open/b", "/a"]


def test_robots_txt_may_speak_to_us_by_name(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow:\n\nUser-agent: persian-assistant\nDisallow: /\n")
    site.put("/a", "x")
    assert refusal(fetcher(), site.url + "/a").key == "seed.robots_forbids"


def test_a_redirect_into_what_is_forbidden(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n")
    site.redirect("/a", "/private/a")
    assert refusal(fetcher(), site.url + "/a").key == "seed.robots_forbids"
    assert "/private/a" not in site.asked


def test_robots_txt_that_fails_forbids_all(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/robots.txt", "", 503)
    site.put("/a", "x")
    assert refusal(fetcher(), site.url + "/a", SourceError).key == "seed.robots_unreadable"
    assert "/a" not in site.asked
    assert site.asked.count("/robots.txt") == RETRIES + 1


def test_the_distance_is_kept(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    clock = Time()
    reader = fetcher(clock, delay=1.0)
    for path in ("/a", "/b", "/c"):
        site.put(path, "x")
        reader.page(site.url + path)
    assert clock.slept == [1.0, 1.0, 1.0]  # robots.txt, then three pages


@pytest.mark.parametrize("rule", ["Crawl-delay: 7", "Request-rate: 1/7"])
def test_a_longer_distance_asked_for_is_kept(
    site: ForumSite, fetcher: Callable[..., Fetcher], rule: str
) -> None:
    site.put("/robots.txt", f"User-agent: *\n{rule}\n")
    clock, notices = Time(), []
    reader = fetcher(clock, notices, delay=1.0)
    for path in ("/a", "/b"):
        site.put(path, "x")
        reader.page(site.url + path)
    assert clock.slept == [1.0, 7.0]
    assert [(key, values["seconds"]) for key, values in notices] == [("seed.crawl_delay", 7)]


# --- limits


def test_an_endless_body_is_cut_at_the_limit(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    for path, headers in (("/a", {}), ("/b", {"Content_Length": "10000000000"})):
        site.endless(path, b"<p>text</p>" * 1000, **headers)
        error = refusal(fetcher(max_page_bytes=300_000), site.url + path)
        assert (error.key, error.values["limit"]) == ("seed.too_large", 300_000)
    assert site.asked.count("/a") == 1  # not tried again


def test_a_small_body_that_unpacks_to_a_large_one(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/bomb", gzip.compress(b"a" * 50_000_000), Content_Encoding="gzip")
    assert refusal(fetcher(), site.url + "/bomb").key == "seed.too_large"
    site.put("/good", gzip.compress("سلام".encode()), Content_Encoding="gzip")
    assert fetcher().page(site.url + "/good").text == "سلام"


def test_all_pages_together(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    for path in ("/a", "/b", "/c"):
        site.put(path, b"x" * 40_000)
    reader = fetcher(max_bytes=100_000)
    reader.page(site.url + "/a")
    reader.page(site.url + "/b")
    assert refusal(reader, site.url + "/c", LimitReached).key == "seed.total_limit"


def test_a_slow_body_meets_the_whole_time_limit(
    site: ForumSite, fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then is never silence; and a body without a length, cut, would look complete."""
    monkeypatch.setattr(fetching, "RETRIES", 0)
    site.endless("/drip", b"x", pause=0.05)
    error = refusal(fetcher(read_timeout=30.0, total_timeout=0.5), site.url + "/drip")
    assert (error.key, error.values["seconds"]) == ("seed.timed_out", 0.5)


def test_headers_that_never_end_meet_it_too(
    site: ForumSite, fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RETRIES", 0)

    def respond(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not site.over.is_set():
            handler.wfile.write(b"x")
            site.over.wait(0.05)

    site.pages["/slow"] = respond
    assert refusal(fetcher(total_timeout=0.5), site.url + "/slow").key == "seed.timed_out"


def test_silence(site: ForumSite, fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "RETRIES", 1)
    site.pages["/silent"] = lambda handler: site.over.wait(20) and None
    error = refusal(fetcher(read_timeout=0.2), site.url + "/silent")
    assert (error.key, site.asked.count("/silent")) == ("seed.timed_out", 2)


# --- trying again


def test_429_with_retry_after(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    busy, good = Answer(b"", 429, {"Retry-After": "17"}), Answer(b"x")
    site.in_turn("/a", [busy, busy, good])
    clock, notices = Time(), []
    assert fetcher(clock, notices).page(site.url + "/a").text == "x"
    assert [seconds for seconds in clock.slept if seconds] == [17.0, 17.0]
    assert [values["seconds"] for key, values in notices if key == "seed.waiting"] == [17, 17]


def test_retry_after_as_a_date(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    date = formatdate(time.time() + 60, usegmt=True)
    site.in_turn("/a", [Answer(b"", 503, {"Retry-After": date}), Answer(b"x")])
    clock = Time()
    fetcher(clock).page(site.url + "/a")
    assert 50 < max(clock.slept) <= 60


def test_a_long_wait_is_told_not_sat_out(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/a", "", 429, Retry_After="3600")
    clock = Time()
    error = refusal(fetcher(clock), site.url + "/a", SourceError)
    assert (error.key, error.values["seconds"], clock.slept) == ("seed.busy", 3600, [])


def test_errors_of_the_server_are_tried_again_ever_later(
    site: ForumSite, fetcher: Callable[..., Fetcher]
) -> None:
    site.in_turn(
        "/a", [Answer(b"", 500), Answer(b"", 502), Answer(b"", 503, {"Retry-After": "soon"}), Answer(b"x")]
    )
    clock = Time()
    assert fetcher(clock).page(site.url + "/a").text == "x"
    assert clock.slept == [BACKOFF_SECONDS, 2 * BACKOFF_SECONDS, 4 * BACKOFF_SECONDS]
    site.put("/b", "", 500)
    error = refusal(fetcher(), site.url + "/b")
    assert (error.values["status"], site.asked.count("/b")) == (500, RETRIES + 1)


def test_a_line_that_breaks_is_tried_again(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    cut = Answer(b"only a part", headers={"Content-Length": "5000"})
    site.in_turn("/a", [cut, Answer(b"whole")])
    assert fetcher().page(site.url + "/a").text == "whole"


def test_what_is_not_there_is_not_tried_again(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    error = refusal(fetcher(), site.url + "/nowhere")
    assert (error.key, error.values["status"], site.asked.count("/nowhere")) == ("seed.status", 404, 1)


def test_nobody_listens(fetcher: Callable[..., Fetcher], site: ForumSite) -> None:
    clock = Time()
    with ForumSite() as other:
        gone = other.url
    error = refusal(fetcher(clock), gone + "/a")
    assert error.key == "seed.unreachable" and gone in str(error)
    assert len(clock.slept) == RETRIES


def test_a_name_nobody_knows_is_not_tried_again(tmp_path: Path) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    clock = Time()
    cache = PageCache(tmp_path / "scraped", ["test"])
    adapter = CheckedAdapter(resolve=resolve)
    with Fetcher(
        FetchSettings(), cache, adapter=adapter, clock=lambda: clock.now, sleep=clock.sleep
    ) as reader:
        assert refusal(reader, "http://nowhere.example/a").values == {"host": "nowhere.example"}
    assert clock.slept == []


# --- redirects


def test_redirects_are_followed_one_by_one(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.redirect("/a", "/b", 301)
    site.redirect("/b", site.url + "/c#top", 307)
    site.put("/c", "here")
    assert fetcher().page(site.url + "/a").url == site.url + "/c"
    site.redirect("/loop", "/loop2")
    site.redirect("/loop2", "/loop")
    assert refusal(fetcher(), site.url + "/loop").key == "seed.redirects"


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/secret", "http://[::1]:{port}/", "http://10.0.0.1/"]
)
def test_a_redirect_to_an_inner_address(
    site: ForumSite, fetcher: Callable[..., Fetcher], target: str
) -> None:
    """The site itself is allowed here; what it sends to is not."""
    site.redirect("/a", target.format(port=site.port))
    assert refusal(fetcher(), site.url + "/a").key == "seed.private_address"
    assert site.asked == ["/robots.txt", "/a"]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "http://[::1"]
)
def test_a_redirect_to_what_is_no_http(site: ForumSite, fetcher: Callable[..., Fetcher], target: str) -> None:
    site.redirect("/a", target)
    assert refusal(fetcher(), site.url + "/a").key == "seed.bad_redirect"


def test_a_thread_that_leads_to_another_site(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    with ForumSite() as other:
        site.redirect("/a", other.url + "/a")
        assert refusal(fetcher(), site.url + "/a", site=site.url).key == "seed.left_site"
        assert other.asked == []


def test_what_is_no_page(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/file.zip", b"PK", Content_Type="application/zip")
    assert refusal(fetcher(), site.url + "/file.zip").key == "seed.not_html"


# --- the cache


def test_a_second_run_asks_only_for_what_changed(site: ForumSite, fetcher: Callable[..., Fetcher]) -> None:
    site.put("/a", "first")
    site.put("/b", "stays", Last_Modified="Tue, 01 Jul 2025 10:00:00 GMT")
    for path in ("/a", "/b"):
        fetcher().page(site.url + path)
    site.put("/a", "second")
    site.statuses.clear()
    reader = fetcher()
    assert [reader.page(site.url + path).text for path in ("/a", "/b")] == ["second", "stays"]
    assert site.statuses == [404, 200, 304]
    assert site.headers[-1]["If-Modified-Since"] == "Tue, 01 Jul 2025 10:00:00 GMT"


def test_a_run_that_was_cut_short_goes_on(site: ForumSite, tmp_path: Path) -> None:
    site.put("/a", "x", etag=False)

    def read(cache: PageCache) -> None:
        adapter = CheckedAdapter(allowed=lambda _: True)
        Fetcher(FetchSettings(delay=0), cache, adapter=adapter).page(site.url + "/a")

    first = PageCache(tmp_path / "scraped", ["b", "a"])
    read(first)
    again = PageCache(tmp_path / "scraped", ["a", "b"])
    read(again)
    assert (first.resumed, again.resumed) == (False, True)
    assert site.asked.count("/a") == 1
    other = PageCache(tmp_path / "scraped", ["another"])
    again.finish()
    whole = PageCache(tmp_path / "scraped", ["a", "b"])
    assert not (other.resumed or whole.resumed)
    read(whole)
    assert site.asked.count("/a") == 2


def test_a_torn_page_is_asked_for_again(
    site: ForumSite, fetcher: Callable[..., Fetcher], tmp_path: Path
) -> None:
    site.put("/a", "x" * 1000)
    fetcher().page(site.url + "/a")
    for path in (tmp_path / "scraped").glob("*.page"):
        assert path.stat().st_mode & 0o777 == 0o600
        path.write_bytes(path.read_bytes()[:-10])
    assert len(fetcher().page(site.url + "/a").text) == 1000
    assert site.statuses[-1] == 200


@pytest.mark.parametrize(
    ("setting", "flag"),
    [
        ({"delay": -1.0}, "--delay"),
        ({"delay": float("nan")}, "--delay"),
        ({"max_page_bytes": 0}, "--max-page-bytes"),
    ],
)
def test_settings_that_make_no_sense(setting: dict[str, Any], flag: str) -> None:
    with pytest.raises(UsageError, match=re.escape(flag)):
        FetchSettings(**setting)
