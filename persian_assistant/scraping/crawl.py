"""From an index page to its threads: which page is asked for next, and when it is enough."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from persian_assistant.errors import UsageError
from persian_assistant.scraping.errors import LimitReached, PageError, SourceError
from persian_assistant.scraping.fetching import Fetcher
from persian_assistant.scraping.links import canonical
from persian_assistant.scraping.pages import Page
from persian_assistant.scraping.threads import Thread, thread_of
from persian_assistant.text import one_line

THREAD_PAGES = 3
"""Pages of one thread that are read at most: the reply that helps seldom stands behind them."""
BOARD_DEPTH = 2
"""Lists below lists that are followed: a forum's index leads to boards, a board to its parts."""
STOP_AFTER = 5
"""So many pages in a row that could not be had: the site is down, or wants no more."""

Notice = Callable[[str, dict[str, object]], None]


@dataclass
class CrawlCounts:
    """What became of the pages; grows while the crawl goes on."""

    pages: int = 0
    threads: int = 0
    failed: int = 0
    """Pages that could not be had or read."""
    empty: int = 0
    """Thread pages on which nothing was recognised."""


class Crawl:
    """The threads of several start addresses. `tick` is called before each page with the counts so far."""

    def __init__(
        self,
        fetcher: Fetcher,
        limit_pages: int,
        notice: Notice = lambda key, values: None,
        tick: Callable[[CrawlCounts], None] = lambda counts: None,
    ) -> None:
        if limit_pages < 1:
            raise UsageError("cli.bad_value", name="--limit-pages", value=limit_pages, expected="≥ 1")
        self.counts = CrawlCounts()
        self.limited = False
        """Whether a limit ended the run before there was nothing more to read."""
        self._fetcher, self._limit = fetcher, limit_pages
        self._notice, self._tick = notice, tick
        self._seen: set[str] = set()
        self._failures_in_a_row = 0

    def threads(self, sources: list[str]) -> Iterator[Thread]:
        """Threads as they are found. What keeps one source from being read is told; the others go on.

        Raises UsageError for what is no address, PageError if not one thread was found anywhere: what went
        wrong, or that nothing was found at the address.
        """
        starts = []
        for source in sources:
            if (url := canonical(source)) is None:
                raise UsageError("seed.bad_url", url=source)
            starts.append(url)
        first_error: PageError | None = None
        for url in dict.fromkeys(starts):
            if url in self._seen:
                continue  # another source led there
            before = self.counts.threads
            try:
                yield from self._source(url)
                if self.counts.threads == before:
                    raise SourceError("seed.nothing_found", url=url, pages=self.counts.pages)
            except LimitReached as error:
                self.limited = True
                self._notice(error.key, error.values)
                break
            except PageError as error:
                first_error = first_error or error
                if len(starts) > 1 or self.counts.threads:
                    self._notice("seed.source_failed", {"url": url, "reason": error})
        if not self.counts.threads:
            raise first_error or SourceError("seed.nothing_found", url=starts[0], pages=self.counts.pages)

    def _source(self, start: str) -> Iterator[Thread]:
        """One start address: a thread itself, or a list whose threads come before its next page."""
        self._failures_in_a_row = 0
        first = self._page(start, None)
        first.find_links()  # looking for posts takes parts of the page away
        if (thread := thread_of(first, marked=True)) and len(thread.posts) > 1:
            yield self._whole(first, thread, first.url)
            return
        site = first.url
        lists: deque[tuple[str | None, Page | None, int]] = deque([(None, first, 0)])
        while lists:
            url, page, depth = lists.popleft()
            page = page or (self._try(url, site) if url else None)
            if page is None:
                continue
            yield from self._listed(page, site)
            if depth < BOARD_DEPTH:
                lists += [(board, None, depth + 1) for board in page.board_urls]
            if page.next_url:
                lists.append((page.next_url, None, depth))

    def _listed(self, page: Page, site: str) -> Iterator[Thread]:
        boards = set(page.board_urls)
        for url in page.thread_urls:
            if url in boards or (found := self._try(url, site)) is None:
                continue
            thread = thread_of(found)
            if thread is None:
                self.counts.empty += 1
                continue
            yield self._whole(found, thread, site)

    def _whole(self, page: Page, thread: Thread, site: str) -> Thread:
        """`thread` with the posts of its next pages."""
        for _ in range(THREAD_PAGES - 1):
            if not page.next_url or any(post.accepted for post in thread.posts):
                break
            following = self._try(page.next_url, site)
            # "next" may lead to the next thread
            if following is None or not _same_title(page.title, following.title):
                break
            page = following
            if more := thread_of(page):
                thread = thread.joined(more)
        self.counts.threads += 1
        return thread

    # --- single pages

    def _try(self, url: str, site: str) -> Page | None:
        """The page at `url`, or None where it was read before or cannot be had; that is told.

        Raises LimitReached, and SourceError once the site seems to be down.
        """
        if url in self._seen:
            return None
        try:
            page = self._page(url, site)
        except (LimitReached, SourceError):
            raise
        except PageError as error:
            self.counts.failed += 1
            self._notice("seed.page_failed", {"url": url, "reason": error})
            if error.key != "seed.robots_forbids":
                self._failures_in_a_row += 1
            if self._failures_in_a_row >= STOP_AFTER:
                raise SourceError("seed.site_down", url=url, times=STOP_AFTER, reason=error) from error
            return None
        self._failures_in_a_row = 0
        return page

    def _page(self, url: str, site: str | None) -> Page:
        if self.counts.pages >= self._limit:
            raise LimitReached("seed.page_limit", limit=self._limit)
        self._tick(self.counts)
        self._seen.add(url)
        self.counts.pages += 1
        page = Page(self._fetcher.page(url, site))
        self._seen.add(page.url)
        return page


def _same_title(one: str, other: str) -> bool:
    """Whether two titles are of one thread: the same but for a page number at the end."""
    one, other = (re.sub(r"[\d۰-۹٠-٩]+", "", one_line(title)).strip(" -–—|،:()") for title in (one, other))
    return bool(one and other) and (one.startswith(other) or other.startswith(one))
