"""From an index to rows: which pages are read, which reply is taken, what does not train."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forum_site import QUESTIONS, ForumSite, index_page, thread_page

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.persona import Persona
from persian_assistant.scraping import fetching
from persian_assistant.scraping.addresses import CheckedAdapter
from persian_assistant.scraping.cache import PageCache
from persian_assistant.scraping.crawl import STOP_AFTER, THREAD_PAGES, Crawl
from persian_assistant.scraping.errors import PageError, SourceError
from persian_assistant.scraping.fetching import Fetcher, FetchSettings
from persian_assistant.scraping.heldout import heldout
from persian_assistant.scraping.rows import forum_rows, persona_rows
from persian_assistant.scraping.threads import Post, Thread
from persian_assistant.seed_examples import split_seed_examples

URL = "https://forum.example/t/1"
TITLE, QUESTION, REPLY = QUESTIONS[0]


@pytest.fixture
def site() -> Iterator[ForumSite]:
    with ForumSite() as site:
        yield site


@pytest.fixture
def told() -> list[tuple[str, dict[str, object]]]:
    return []


@pytest.fixture
def crawl(tmp_path: Path, told: list[Any]) -> Iterator[Any]:
    """Makes a crawl over this machine's pages; sleeping takes no time."""

    def make(limit_pages: int = 50, **settings: Any) -> Crawl:
        fetcher = Fetcher(
            FetchSettings(**{"delay": 0.0, **settings}),
            PageCache(tmp_path / "scraped", ["test"]),
            adapter=CheckedAdapter(allowed=lambda _: True),
            sleep=lambda _: None,
        )
        return Crawl(fetcher, limit_pages, lambda key, values: told.append((key, values)))

    return make


def paths(threads: list[Thread]) -> list[str]:
    return [thread.url.partition("/thread")[2] for thread in threads]


# --- which pages are read


def test_an_index_with_paging(site: ForumSite, crawl: Any) -> None:
    site.put(
        "/forum",
        index_page([("/thread/1", "عنوان نخست گفت‌وگو"), ("/thread/2", "عنوان دوم گفت‌وگو")], "/forum?p=2"),
    )
    site.put(
        "/forum?p=2",
        index_page([("/thread/2", "عنوان دوم گفت‌وگو"), ("/thread/3", "عنوان سوم گفت‌وگو")], "/forum"),
    )
    for number in (1, 2, 3):
        site.put(f"/thread/{number}", thread_page(f"عنوان {number}", [QUESTION, REPLY]))
    reading = crawl()
    assert paths(list(reading.threads([site.url + "/forum"]))) == ["/1", "/2", "/3"]
    assert site.asked == ["/robots.txt", "/forum", "/thread/1", "/thread/2", "/forum?p=2", "/thread/3"]
    assert (reading.counts.pages, reading.counts.threads, reading.limited) == (5, 3, False)


def test_a_thread_with_paging(site: ForumSite, crawl: Any) -> None:
    for number in range(1, 6):
        page = thread_page(TITLE, [QUESTION, f"پاسخ {number}"], f"/thread/1?p={number + 1}")
        site.put("/thread/1" if number == 1 else f"/thread/1?p={number}", page)
    (thread,) = crawl().threads([site.url + "/thread/1"])
    assert [post.text for post in thread.posts] == [QUESTION, "پاسخ 1", "پاسخ 2", "پاسخ 3"]
    assert len(site.asked) == 1 + THREAD_PAGES


def test_next_is_not_the_next_thread(site: ForumSite, crawl: Any) -> None:
    site.put("/thread/1", thread_page(TITLE, [QUESTION, REPLY], "/thread/2"))
    site.put("/thread/2", thread_page("گفت‌وگویی دیگر", ["پرسشی دیگر", "پاسخی دیگر"]))
    (thread,) = crawl().threads([site.url + "/thread/1"])
    assert len(thread.posts) == 2


def test_boards_below_the_index(site: ForumSite, crawl: Any) -> None:
    board = '<a class="forumtitle" href="/viewforum.php?f={0}">تالار {0}</a>'
    site.put("/", board.format(1) + board.format(2))
    for number in (1, 2):
        topic = f'<a class="topictitle" href="/thread/{number}">عنوان {number}</a>'
        site.put(f"/viewforum.php?f={number}", topic)
        site.put(f"/thread/{number}", thread_page(f"عنوان {number}", [QUESTION, REPLY]))
    assert paths(list(crawl().threads([site.url]))) == ["/1", "/2"]


def test_only_the_same_site(site: ForumSite, crawl: Any) -> None:
    with ForumSite() as other:
        site.put(
            "/forum", index_page([("/topic/1", "نخستین عنوان گفت‌وگو"), (other.url + "/topic/2", "عنوان دوم")])
        )
        site.put("/topic/1", thread_page(TITLE, [QUESTION, REPLY]))
        assert len(list(crawl().threads([site.url + "/forum"]))) == 1
        assert other.asked == []


def test_the_limit_of_pages(site: ForumSite, crawl: Any, told: list[Any]) -> None:
    site.fill(5)
    reading = crawl(limit_pages=3)
    assert len(list(reading.threads([site.url + "/forum"]))) == 2
    assert reading.limited and told == [("seed.page_limit", {"limit": 3})]
    assert len(site.asked) == 1 + 3
    with pytest.raises(UsageError, match="--limit-pages"):
        crawl(limit_pages=0)


def test_the_limit_of_bytes(site: ForumSite, crawl: Any, told: list[Any]) -> None:
    site.fill(5)
    reading = crawl(max_bytes=4000)
    assert 0 < len(list(reading.threads([site.url + "/forum"]))) < 5
    assert [key for key, _ in told] == ["seed.total_limit"]


def test_pages_that_fail_are_left_out_and_told(
    site: ForumSite, crawl: Any, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RETRIES", 1)
    site.fill(5)
    site.put("/thread/1", "", 500)
    site.put("/thread/2", "", 404)
    site.put("/thread/3", "<p>چیزی نیست</p>")
    reading = crawl()
    assert paths(list(reading.threads([site.url + "/forum"]))) == ["/4", "/5"]
    assert (reading.counts.failed, reading.counts.empty) == (2, 1)
    assert [values["url"] for _, values in told] == [f"{site.url}/thread/{n}" for n in (1, 2)]


def test_a_site_that_went_down_is_let_be(
    site: ForumSite, crawl: Any, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RETRIES", 0)
    site.put("/forum", index_page([(f"/thread/{n}", f"عنوان یک گفت‌وگو {n}") for n in range(20)]))
    site.put("/thread/0", thread_page(TITLE, [QUESTION, REPLY]))
    for number in range(1, 20):
        site.put(f"/thread/{number}", "", 503)
    assert len(list(crawl().threads([site.url + "/forum"]))) == 1
    assert len(site.asked) == 3 + STOP_AFTER
    assert told[-1][0] == "seed.source_failed"


@pytest.mark.parametrize(
    "page",
    ["<div id=app></div><script>start()</script>", "<h1>به‌زودی برمی‌گردیم</h1>", index_page([]), ""],
)
def test_nothing_found(site: ForumSite, crawl: Any, page: str) -> None:
    site.put("/forum", page)
    with pytest.raises(SourceError) as error:
        list(crawl().threads([site.url + "/forum"]))
    assert error.value.key == "seed.nothing_found"
    assert site.url + "/forum" in str(error.value)


def test_threads_whose_layout_changed(site: ForumSite, crawl: Any) -> None:
    site.fill(3)
    for number in (1, 2, 3):
        site.put(f"/thread/{number}", "<div><h1>عنوان</h1><p>همه چیز در یک تکه است</p></div>")
    with pytest.raises(SourceError, match="پیدا نشد"):
        list(crawl().threads([site.url + "/forum"]))


def test_several_sources(site: ForumSite, crawl: Any, told: list[Any]) -> None:
    site.fill(2)
    sources = [site.url + "/nowhere", site.url + "/forum", site.url + "/forum#top"]
    assert len(list(crawl().threads(sources))) == 2
    assert [values["url"] for _, values in told if "url" in values] == [site.url + "/nowhere"]
    with pytest.raises(PageError, match="۴۰۴"):
        list(crawl().threads([site.url + "/nowhere", site.url + "/nowhere-else"]))
    with pytest.raises(UsageError, match="file:///etc/passwd"):
        list(crawl().threads(["file:///etc/passwd"]))


# --- rows


def thread(*posts: Post | str, title: str = TITLE, url: str = URL) -> Thread:
    return Thread(url, title, tuple(Post(post) if isinstance(post, str) else post for post in posts))


def said(*threads: Thread) -> list[tuple[str, str]]:
    rows = forum_rows(threads, "assistant").rows
    return [tuple(message["content"] for message in row["messages"]) for row in rows]


def test_a_row() -> None:
    (row,) = forum_rows([thread(QUESTION, REPLY)], "programmer").rows
    assert row == {
        "persona": "programmer",
        "topic": "forum",
        "source": URL,
        "messages": [
            {"role": "user", "content": f"{TITLE}\n{QUESTION}"},
            {"role": "assistant", "content": REPLY},
        ],
    }


def test_the_title_is_not_said_twice() -> None:
    assert said(thread(f"{TITLE}؟ {QUESTION}", REPLY))[0][0] == f"{TITLE}؟ {QUESTION}"
    assert said(thread(QUESTION, REPLY, title=""))[0][0] == QUESTION


SHORT, LONG = (
    "این پاسخ کوتاه‌تر ولی درست است.",
    "این پاسخ از همه بلندتر است و چیزهای بیشتری هم دربارهٔ راه حل می‌گوید.",
)


@pytest.mark.parametrize(
    ("replies", "best"),
    [
        ([Post(SHORT), Post(LONG)], LONG),
        ([Post(SHORT, accepted=True), Post(LONG, score=9)], SHORT),
        ([Post(SHORT, score=3), Post(LONG, score=1)], SHORT),
        ([Post(SHORT), Post(LONG, author="علی")], SHORT),  # the asker's own thanks are no answer
        ([Post("ممنون!", accepted=True), Post(SHORT)], SHORT),
        ([Post("خیلی " * 800 + "بلند"), Post(SHORT)], SHORT),
    ],
)
def test_the_best_reply(replies: list[Post], best: str) -> None:
    assert said(thread(Post(QUESTION, author="علی"), *replies))[0][1] == best


@pytest.mark.parametrize(
    ("posts", "reason"),
    [
        ([QUESTION], "no_reply"),
        ([Post(QUESTION, "علی"), Post(REPLY, "علی")], "no_reply"),
        ([QUESTION, "ممنون"], "short"),
        ([QUESTION + " و باز هم" * 400, REPLY], "long"),
        ([QUESTION, "Just use pip install requests, it works fine."], "not_persian"),
        ([QUESTION, REPLY.replace("ا", "\ufffd")], "not_persian"),
        ([QUESTION, REPLY + " به من ایمیل بزن: ali.rezaei@mail.example"], "personal"),
        ([QUESTION, REPLY + " شمارهٔ من ۰۹۱۲۳۴۵۶۷۸۹ است."], "personal"),
    ],
)
def test_what_does_not_train(posts: list[Post | str], reason: str) -> None:
    made = forum_rows([thread(*posts)], "assistant")
    assert (made.rows, dict(made.left_out)) == ([], {reason: 1})


def test_what_measures_is_not_taught() -> None:
    evaluation = data_dir() / "evaluation"
    answer = json.loads((evaluation / "instructions.jsonl").read_text("utf-8").splitlines()[3])["response"]
    passage = json.loads((evaluation / "qa.jsonl").read_text("utf-8").splitlines()[0])["context"]
    _, seeds = split_seed_examples([data_dir() / "seed" / "programmer.jsonl"])
    told = max((message.content for row in seeds for message in row), key=len)
    event = json.loads((data_dir() / "rounds" / "tuning.jsonl").read_text("utf-8").splitlines()[0])["text"]
    for posts in (
        [QUESTION, f"{answer}\n{REPLY}"],
        [passage.replace("،", " ،"), REPLY],  # nearly
        [QUESTION, told],
        [f"{QUESTION}\n{event}", REPLY],
    ):
        assert dict(forum_rows([thread(*posts)], "assistant").left_out) == {"heldout": 1}, posts
    assert heldout().holds("سلام، خوبی؟") is False  # everybody says so


def test_code_does_not_make_a_reply_foreign() -> None:
    reply = (
        f"این را بنویس:\n```\nimport requests\nprint(requests.get('https://site.example').text)\n```\n{SHORT}"
    )
    assert said(thread(QUESTION, reply))[0][1] == reply


def test_duplicates_go() -> None:
    made = forum_rows(
        [
            thread(QUESTION, REPLY),
            thread(QUESTION + "!", LONG, url=URL + "2"),  # the same question
            thread("پرسشی به‌کلی دیگر دربارهٔ چیزی دیگر است.", REPLY, title="دیگر"),  # the same reply
            thread(QUESTIONS[1][1], QUESTIONS[1][2], title=QUESTIONS[1][0]),
        ],
        "assistant",
    )
    assert len(made.rows) == 2
    assert made.left_out == {"duplicate": 2}


def test_text_is_cleaned() -> None:
    dirty = "\ufeb3\ufefc\ufee1 دوست\u202e من\x1b[31m\x07، كتاب‌هاي   خوبي\u200f داري‌ و من هم دارم."
    ((_, reply),) = said(thread(QUESTION, dirty))
    assert reply.startswith("سلام دوست من، کتاب‌های")
    assert not set("\u202e\u200f\x1b\x07كي") & set(reply)


def test_what_a_persona_says_of_itself() -> None:
    rows = persona_rows(Persona.load("programmer"))
    assert [row["messages"][1]["content"] for row in rows] == [
        "سلام رفیق! روی چه کدی کار می‌کنی؟",
        "من برنامه‌نویس فارسی هستم.",
    ]
    assert {(row["topic"], row["source"]) for row in rows} == {("persona", "persona:programmer")}
