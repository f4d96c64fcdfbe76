"""One HTML page, rid of its menus: its title, where it goes on, which threads it lists."""

from __future__ import annotations

import json
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from persian_assistant.scraping import markup
from persian_assistant.scraping.errors import PageError
from persian_assistant.scraping.fetching import Fetched
from persian_assistant.scraping.links import canonical, same_site, shape
from persian_assistant.scraping.plain import text_of
from persian_assistant.scraping.selecting import Selecting
from persian_assistant.text import one_line, to_latin_digits

DEEPEST, MOST = 400, 50_000
"""Elements inside one another, and in all; a page beyond that was made to keep a reader busy."""
ANY_POST = ", ".join(engine.post for engine in markup.ENGINES)
_INNER = ("article", "main", "section", "li")
"""Where a `header` or `footer` is a part of the text and not of the site's frame."""


class Page:
    """A page that was fetched, parsed. Raises PageError for what cannot be parsed."""

    def __init__(self, fetched: Fetched) -> None:
        self.url = fetched.url
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of markup that looks like XML, a path or an address
            try:
                self.soup = BeautifulSoup(fetched.text, "html.parser")
            except (ParserRejectedMarkup, AssertionError) as error:
                raise PageError("seed.unreadable", url=self.url) from error
        selecting = Selecting(self.soup)
        self.select = selecting.select
        if selecting.depth > DEEPEST or selecting.count > MOST:
            raise PageError("seed.unreadable", url=self.url)
        self.linked_data = list(_linked_data(self.soup))
        self.title = self._title()
        self.next_url = self._next_url()
        self._remove_frame()

    def _title(self) -> str:
        for selector in markup.TITLES:
            for element in self.select(selector, limit=3):
                if text := one_line(text_of(element)):
                    return text
        return ""

    def _remove_frame(self) -> None:
        """Menus, scripts, advertisements and the site's own head and foot go."""
        self.remove(markup.MENUS)
        for element in self.select("header, footer"):
            if not element.decomposed and not element.find_parent(_INNER):
                element.decompose()

    def remove(self, selector: str) -> None:
        """Take away what matches, but never a post: an element that was not closed holds all that follows."""
        for element in self.select(selector):
            if not element.decomposed and not self.select(ANY_POST, element, limit=1):
                element.decompose()

    # --- links

    def find_links(self) -> None:
        """Look for the threads and lists that it leads to now, and remember them."""
        _ = self.thread_urls, self.board_urls

    def _url(self, link: Tag) -> str | None:
        """Where `link` leads, if that is another page of this site."""
        href = link.get("href")
        url = canonical(href, self.url) if isinstance(href, str) else None
        return url if url and url != self.url and same_site(url, self.url) else None

    def _urls(self, selector: str) -> list[str]:
        if not selector:
            return []
        found = (self._url(link) for link in self.select(selector))
        return list(dict.fromkeys(url for url in found if url))

    def _next_url(self) -> str | None:
        """The next page of this list or thread."""
        for link in self.select(markup.NEXT_LINKS):
            if url := self._url(link):
                return url
        for link in self.soup.find_all("a", href=True):
            words = one_line(link.get_text(" ")).strip(" «»‹›<>→←\u200c").lower()
            if words in markup.NEXT_WORDS and (url := self._url(link)):
                return url
        return self._next_number()

    def _next_number(self) -> str | None:
        """Where a pager only has numbers: the link that is one more than the number that is no link."""
        for pager in self.select(markup.PAGERS):
            links = {_number(link): link for link in self.select("a[href]", pager, limit=100)}
            for element in self.select(markup.CURRENT, pager, limit=100):
                number = _number(element)
                linked = element.find("a", href=True) or element.find_parent("a")
                if number is None or (linked and not element.get("class")):
                    continue
                if (link := links.get(number + 1)) and (url := self._url(link)):
                    return url
        return None

    @cached_property
    def thread_urls(self) -> list[str]:
        """The threads this page lists: by a known engine, by the look of addresses, by what repeats."""
        for engine in markup.ENGINES:
            if urls := self._urls(engine.thread):
                return urls
        titled = self._titled_links()
        if urls := [url for url in titled if markup.THREAD_URL.search(url)]:
            return urls
        return _largest_kind(titled)

    @cached_property
    def board_urls(self) -> list[str]:
        """Further lists of threads that this page leads to; only of known engines."""
        for engine in markup.ENGINES:
            if urls := self._urls(engine.board):
                return urls
        return []

    def _titled_links(self) -> dict[str, int]:
        """Pages of this site with links that read like titles: letters of the longest text by address."""
        titled: dict[str, int] = defaultdict(int)
        for link in self.soup.find_all("a", href=True):
            url = self._url(link)
            letters = sum(char.isalpha() for char in link.get_text(" "))
            if url and letters >= markup.SHORTEST_TITLE and not markup.NO_THREAD_URL.search(url):
                titled[url] = max(titled[url], letters)
        return titled


def _largest_kind(titled: dict[str, int]) -> list[str]:
    """Of the addresses those of one shape that have the most letters together; none where nothing repeats."""
    kinds: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for url in titled:
        kinds[shape(url)].append(url)
    repeated = [urls for urls in kinds.values() if len(urls) > 1]
    return max(repeated, key=lambda urls: sum(titled[url] for url in urls), default=[])


def _number(element: Tag) -> int | None:
    text = to_latin_digits(element.get_text().strip())
    return int(text) if re.fullmatch(r"\d{1,5}", text) else None


def _linked_data(soup: Tag) -> Iterator[dict[str, Any]]:
    """Every object in the page's JSON-LD that has a type, outer ones first."""
    for script in soup.find_all("script", type="application/ld+json"):
        try:
            waiting = [json.loads(script.get_text())]
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, dict):
                if "@type" in value:
                    yield value
                waiting += [inner for inner in value.values() if isinstance(inner, (dict, list))]
