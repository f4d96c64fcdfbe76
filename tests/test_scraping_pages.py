"""Bytes to text, text to threads: encodings, the marks of forums, no marks at all, hostile pages."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from forum_site import QUESTIONS, index_page, thread_page

from persian_assistant.scraping.decoding import decode
from persian_assistant.scraping.errors import PageError
from persian_assistant.scraping.fetching import Fetched
from persian_assistant.scraping.links import canonical, same_site, shape
from persian_assistant.scraping.pages import Page
from persian_assistant.scraping.plain import text_of
from persian_assistant.scraping.threads import Post, thread_of

URL = "https://forum.example/list"
PERSIAN = "<p>سلام دنیا، این یک متن کوتاه فارسی است که برای آزمودن نوشته‌ایم.</p>"
OLD = PERSIAN.replace("ی", "ي").replace("ک", "ك").replace("\u200c", "")
"""As windows-1256 can write it."""


def page(text: str, url: str = URL) -> Page:
    return Page(Fetched(url, text))


def posts(text: str) -> list[str]:
    thread = thread_of(page(text))
    return [post.text for post in thread.posts] if thread else []


# --- encodings


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (PERSIAN.encode(), "text/html; charset=utf-8", "utf-8"),
        (PERSIAN.encode(), "text/html", "utf-8"),
        (PERSIAN.encode(), "text/html; charset=windows-1256", "utf-8"),  # the header is wrong
        (PERSIAN.encode(), "text/html; charset=ISO-8859-1", "utf-8"),
        (PERSIAN.encode() + b"\xff\xd8", "text/html; charset=utf-8", "utf-8"),  # one bad byte
        (b"\xef\xbb\xbf" + PERSIAN.encode(), "text/html; charset=windows-1256", "utf-8-sig"),
        (PERSIAN.encode("utf-16"), "text/html", "utf-16"),
        (b"<meta charset=utf-16>" + PERSIAN.encode(), "", "utf-8"),
        (OLD.encode("cp1256"), "text/html; charset=windows-1256", "cp1256"),
        (OLD.encode("cp1256"), "text/html; charset=utf-8", "cp1256"),  # the header is wrong
        (OLD.encode("cp1256"), "text/html; charset=ISO-8859-1", "cp1256"),
        (OLD.encode("cp1256"), "text/html; charset=unicode_escape", "cp1256"),
        (OLD.encode("cp1256"), "text/html; charset=no-such-thing", "cp1256"),
        (OLD.encode("cp1256"), "", "cp1256"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=windows-1256">' + OLD.encode("cp1256"),
         "text/html; charset=latin1", "cp1256"),
        (b'<meta charset="utf-8">' + OLD.encode("cp1256"), "text/html; charset=utf-8", "cp1256"),
    ],
)  # fmt: skip
def test_the_letters_tell_the_encoding(body: bytes, content_type: str, encoding: str) -> None:
    text, used = decode(body, content_type)
    assert used == encoding
    assert (OLD if encoding == "cp1256" else PERSIAN) in text


def test_what_is_not_persian_is_left_as_it_is_said_to_be() -> None:
    assert decode("<p>café</p>".encode("latin-1"), "text/html; charset=iso-8859-1")[0] == "<p>café</p>"
    assert decode(b"plain", "")[0] == "plain"
    assert decode(b"", "") == ("", "utf-8")
    assert decode(bytes(range(256)) * 50, "")[0]


# --- text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>یک  دو\n سه</p><p>چهار</p>", "یک دو سه\nچهار"),
        ("یک<br>دو<br/>سه", "یک\nدو\nسه"),
        ("<div>الف<div>ب</div>پ</div>", "الف\nب\nپ"),
        ("<ul><li>یک</li><li>دو</li></ul>", "یک\nدو"),
        ("<b>درشت</b> و <i>کج</i>‌نوشت", "درشت و کج‌نوشت"),
        ("بنویس <code>pip install x</code> و بعد", "بنویس `pip install x` و بعد"),
        ("ببین:<pre><code>if x:\n    y  = 1\n</code></pre>همین", "ببین:\n```\nif x:\n    y  = 1\n```\nهمین"),
        ("<p>متن<!-- پنهان --></p>", "متن"),
        ("<p>بی پایان<p>دومی<b>سوم", "بی پایان\nدومیسوم"),
        ("&lt;script&gt; &amp; &#1587;", "<script> & س"),
    ],
)
def test_text_as_it_is_read(markup: str, text: str) -> None:
    assert text_of(BeautifulSoup(markup, "html.parser")) == text


# --- addresses


def test_one_spelling_for_an_address() -> None:
    base = "https://forum.example/a/b?x=1"
    for href, url in {
        "c#top": "https://forum.example/a/c",
        "/سلام دنیا": "https://forum.example/%D8%B3%D9%84%D8%A7%D9%85%20%D8%AF%D9%86%DB%8C%D8%A7",
        "?t=5&sid=0123456789abcdef": "https://forum.example/a/b?t=5",
        "?s=0123456789abcdef0123456789abcdef&t=5": "https://forum.example/a/b?t=5",
        "?s=12": "https://forum.example/a/b?s=12",
        "//FORUM.example:443/x": "https://forum.example/x",
        "https://user:word@forum.example/": "https://forum.example/",
    }.items():
        assert canonical(href, base) == url
    for href in (
        "javascript:void(0)",
        "mailto:a@b.example",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "//",
    ):
        assert canonical(href, base) in (None, base), href
    assert same_site("https://www.forum.example/a", "http://forum.example/b")
    assert not same_site("https://forum.example.evil.example/", "https://forum.example/")
    assert shape("https://a.example/t/12/one-title") == shape("https://a.example/t/7/another")
    assert shape("https://a.example/show.php?id=1") != shape("https://a.example/user.php?id=1")


# --- lists


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ('<h3><a class=topictitle href="viewtopic.php?t=1">الف</a></h3><a href="memberlist.php">اعضا</a>',
         ["viewtopic.php?t=1"]),
        ('<div class=structItem-title><a href="/threads/a.1/" data-preview-url=x>الف</a></div>',
         ["/threads/a.1/"]),
        ('<a id=thread_title_5 href="showthread.php?t=5">الف</a>', ["showthread.php?t=5"]),
        ('<span class="subject_new"><a id="tid_3" href="/thread-3.html">الف</a></span>', ["/thread-3.html"]),
        ('<noscript id=flarum-content><ul><li><a href="/d/1-a">الف</a></li></ul></noscript>', ["/d/1-a"]),
        ('<a class="title raw-link raw-topic-link" href="/t/a/1">الف</a>', ["/t/a/1"]),
        ('<ul><li class=bbp-topic-title><a class=bbp-topic-permalink href="/forums/topic/a">الف</a></ul>',
         ["/forums/topic/a"]),
        ('<div class=qa-q-item-title><a href="./12/a">الف</a></div>', ["/12/a"]),
        # no engine: addresses that look like threads
        ('<a href="/topic/1">نصب پایتون روی لینوکس</a><a href="/shop/1">خرید اشتراک یک‌ساله</a>',
         ["/topic/1"]),
        # nothing to go by: what repeats, with the longest titles
        ('<a href="?fa=forum_p&slug=a">نصب پایتون روی لینوکس</a>'
         '<a href="?fa=forum_p&slug=b">ساختن شاخه در گیت</a>'
         '<a href="?fa=shop">فروشگاه ما را ببینید</a><a href="?fa=login">وارد شدن به سایت</a>',
         ["?fa=forum_p&slug=a", "?fa=forum_p&slug=b"]),
        ('<nav><a href="/a-b-c">قوانین و مقررات سایت</a><a href="/d-e-f">دربارهٔ گردانندگان</a></nav>', []),
        ('<a href="https://other.example/topic/1">گفت‌وگویی در سایت دیگر</a>', []),
        ("<p>هیچ پیوندی نیست</p>", []),
    ],
)  # fmt: skip
def test_threads_of_a_list(markup: str, found: list[str]) -> None:
    assert page(markup).thread_urls == [canonical(href, URL) for href in found]


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="next" href="?page=2">',
        '<nav><a rel="next nofollow" href="?page=2">2</a></nav>',
        '<ul class=pagination><li class=next><a href="?page=2">x</a></li></ul>',
        '<a href="?page=2">صفحهٔ بعد »</a>',
        '<a href="?page=1">قبلی</a><a href="?page=2">بعدی ›</a>',
        '<div class=pager><b>۱</b> <a href="?page=2">۲</a> <a href="?page=3">۳</a></div>',
        '<ul class=pages><li class=active><a href="?page=1">1</a></li><li><a href="?page=2">2</a></li></ul>',
    ],
)
def test_where_a_list_goes_on(markup: str) -> None:
    assert page(markup, URL + "?page=1").next_url == URL + "?page=2"


def test_where_it_does_not_go_on() -> None:
    for markup in (
        '<a href="/next-topic">موضوع بعدی</a>',
        '<div class=pager><a href="?page=1">1</a> <b>2</b></div>',
        '<a rel=next href="https://other.example/">x</a>',
        '<a rel=next href="#end">x</a>',
    ):
        assert page(markup).next_url is None


def test_boards() -> None:
    assert page('<a class=forumtitle href="viewforum.php?f=2">پایتون</a>').board_urls == [
        "https://forum.example/viewforum.php?f=2"
    ]
    assert page(index_page([("/thread/1", "یک عنوان بلند")])).board_urls == []


# --- threads

QUESTION, REPLY = "چطور باید این کتابخانه را نصب کنم؟", "در خط فرمان بنویس pip install requests و صبر کن."

ENGINE_PAGES = {
    "phpbb": '<div id=p1 class="post bg2"><p class=author><strong><a class=username>علی</a></strong></p>'
    '<div class=content>{0}</div></div><div id=p2 class="post bg1"><p class=author><a class=username>مینا</a>'
    "</p><div class=content><blockquote>{0}</blockquote>{1}</div><div class=signature>امضا</div></div>",
    "vbulletin 3": "<table id=post1><tr><td><a class=bigusername>علی</a></td><td>"
    "<div id=post_message_1>{0}</div></td></tr></table><table id=post2><tr><td><a class=bigusername>مینا</a>"
    "</td><td><div id=post_message_2>{1}</div></td></tr></table>",
    "vbulletin 4": "<ol><li class='postbitlegacy postcontainer'><a class=username>علی</a>"
    "<blockquote class='postcontent restore'>{0}</blockquote></li><li class='postbitlegacy postcontainer'>"
    "<a class=username>مینا</a><blockquote class='postcontent restore'><div class=bbcode_container>"
    "<div class=bbcode_quote>{0}</div></div>{1}</blockquote></li></ol>",
    "xenforo": "<article class='message message--post'><h4 class=message-name><a class=username>علی</a></h4>"
    "<article class=message-body><div class=bbWrapper>{0}</div></article></article>"
    "<article class='message message--post message--solution'><h4 class=message-name>"
    "<a class=username>مینا</a></h4><article class=message-body><div class=bbWrapper>"
    "<blockquote class='bbCodeBlock bbCodeBlock--quote'>{0}</blockquote>{1}</div></article>"
    "<aside class=message-signature>امضا</aside></article>",
    "mybb": "<div class=post id=post_1><div class=author_information><span class=largetext><a>علی</a></span>"
    "</div><div class='post_body scaleimages'>{0}</div></div><div class=post id=post_2>"
    "<div class=author_information><span class=largetext><a>مینا</a></span></div>"
    "<div class='post_body scaleimages'>{1}</div></div>",
    "smf": "<div class=post_wrapper><div class=poster><h4><a>علی</a></h4></div><div class=post>"
    "<div class=inner id=msg_1>{0}</div></div></div><div class=post_wrapper><div class=poster><h4><a>مینا</a>"
    "</h4></div><div class=post><div class=inner id=msg_2>{1}</div></div></div>",
    "discourse": "<div class='topic-body crawler-post'><span class=creator><a><span itemprop=name>علی</span>"
    "</a></span><div class=post>{0}</div></div><div class='topic-body crawler-post'><span class=creator><a>"
    "<span itemprop=name>مینا</span></a></span><div class=post>{1}</div></div>",
    "flarum": "<noscript id=flarum-content><div><article><h2>علی</h2><div class=Post-body>{0}</div></article>"
    "<article><h2>مینا</h2><div class=Post-body>{1}</div></article></div></noscript>",
    "bbpress": "<ul><li class=bbp-body><div class='topic type-topic'><a class=bbp-author-name>علی</a>"
    "<div class=bbp-topic-content>{0}</div></div><div class='reply type-reply'>"
    "<a class=bbp-author-name>مینا</a><div class=bbp-reply-content>{1}</div></div></li></ul>",
    "invision": "<article class=ipsComment><h3 class=cAuthorPane_author>علی</h3>"
    "<div data-role=commentContent>{0}</div></article>"
    "<article class=ipsComment><h3 class=cAuthorPane_author>مینا</h3>"
    "<div data-role=commentContent><blockquote class=ipsQuote>{0}</blockquote>{1}</div></article>",
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINE_PAGES)
def test_the_marks_of_forum_programs(engine: str) -> None:
    markup = f"<h1>عنوان</h1>{ENGINE_PAGES[engine].format(QUESTION, REPLY)}<footer>پایین</footer>"
    thread = thread_of(page(markup), marked=True)
    assert thread is not None
    assert thread.title == "عنوان"
    assert [(post.text, post.author) for post in thread.posts] == [(QUESTION, "علی"), (REPLY, "مینا")]
    assert thread.posts[1].accepted == (engine == "xenforo")


def test_microdata() -> None:
    thread = thread_of(page(
        "<div itemscope itemtype='https://schema.org/QAPage'><div itemprop=mainEntity itemscope "
        f"itemtype='https://schema.org/Question'><h1 itemprop=name>عنوان</h1>"
        f"<div itemprop=text>{QUESTION}</div>"
        "<span itemprop=author><span itemprop=name>علی</span></span>"
        "<div itemprop=suggestedAnswer itemscope itemtype='https://schema.org/Answer'>"
        "<span itemprop=upvoteCount>-2</span><div itemprop=text>نمی‌دانم، خودت بگرد.</div></div>"
        "<div itemprop=acceptedAnswer itemscope itemtype='https://schema.org/Answer'>"
        f"<meta itemprop=upvoteCount content=7><div itemprop=text>{REPLY}</div>"
        "<div itemprop=comment itemscope itemtype='https://schema.org/Comment'><p itemprop=text>ممنون</p>"
        "</div></div></div></div>"
    ), marked=True)  # fmt: skip
    assert thread is not None and thread.title == "عنوان"
    assert thread.posts == (
        Post(QUESTION, "علی"),
        Post("نمی‌دانم، خودت بگرد.", score=-2),
        Post(REPLY, score=7, accepted=True),
    )


def test_linked_data() -> None:
    question = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": "سایت"},
            {"@type": "QAPage", "mainEntity": {
                "@type": ["Question"], "name": "عنوان", "text": f"<p>{QUESTION}</p>",
                "author": {"name": "علی"},
                "acceptedAnswer": {"@type": "Answer", "text": REPLY, "upvoteCount": 3},
                "suggestedAnswer": [{"@type": "Answer", "text": "پاسخی دیگر"}, "نه چیزی"],
            }},
        ],
    }  # fmt: skip
    markup = f'<h1>عنوان</h1><script type="application/ld+json">{json.dumps(question)}</script>'
    thread = thread_of(page(markup), marked=True)
    assert thread is not None
    assert thread.posts == (Post(QUESTION, "علی"), Post(REPLY, score=3, accepted=True), Post("پاسخی دیگر"))
    discussion = {
        "@type": "DiscussionForumPosting", "headline": "عنوان", "articleBody": QUESTION,
        "comment": [{"@type": "Comment", "text": REPLY, "author": [{"name": "مینا"}]}],
    }  # fmt: skip
    assert posts(f'<script type="application/ld+json">{json.dumps(discussion)}</script>') == [QUESTION, REPLY]
    for broken in ("{", "[" * 100_000, "null", '{"@type": 5}', '{"@type": "Question", "author": "x"}'):
        assert posts(f'<script type="application/ld+json">{broken}</script>') == []


def test_no_marks_at_all() -> None:
    """A site that nobody knows: the blocks that repeat and hold most of the text."""
    markup = (
        "<div class=top><ul><li><a href=/>خانهٔ سایت برنامه‌نویسان</a></li>"
        "<li><a href=/shop>فروشگاه سایت</a></li></ul></div><div class=wrap><h1>عنوان گفت‌وگو</h1>"
        + "".join(
            f"<div class=row><div class=who>{who} <small>دیروز</small></div>"
            f"<div class=said><p>{said}</p></div></div>"
            for who, said in (
                ("علی", QUESTION),
                ("مینا", REPLY),
                ("رضا", "همین راه درست است، من هم امتحان کردم."),
            )
        )
        + "</div><div class=related><div>گفت‌وگوهای مشابه</div></div>"
    )
    thread = thread_of(page(markup))
    assert thread is not None
    assert thread.title == "عنوان گفت‌وگو"
    assert [post.text for post in thread.posts][:2] == [QUESTION, REPLY]
    assert thread_of(page(markup), marked=True) is None


def test_nothing_there() -> None:
    for markup in (
        "", "<p>متنی بی پاسخ</p>", "<div id=app></div><script>render()</script>",
        index_page([("/a", "یک عنوان"), ("/b", "عنوانی دیگر")]),
    ):  # fmt: skip
        assert thread_of(page(markup)) is None


def test_a_question_without_a_reply_is_a_thread_of_one() -> None:
    thread = thread_of(page(thread_page("عنوان", [QUESTION])))
    assert thread is not None and [post.text for post in thread.posts] == [QUESTION]


def test_broken_markup() -> None:
    title, *said = QUESTIONS[0]
    whole = thread_page(title, said)
    for markup in (
        whole.replace("</div>", ""),
        whole.replace("</a>", "").replace("</h2>", ""),
        "<<<" + whole + "<div <span <!-- ",
        whole.replace("<main>", "<main><b><i></b></p></table>"),
        whole[: whole.index(said[1]) + len(said[1])],
    ):
        assert [text.split("\n")[0] for text in posts(markup)][:2] == said


@pytest.mark.parametrize(
    "markup",
    ["<div>" * 20_000, "<b>" * 20_000 + "x", "<table><tr><td>" * 10_000, "<br>" * 60_000],
    ids=["div", "b", "table", "br"],
)
def test_elements_without_end_are_refused(markup: str) -> None:
    with pytest.raises(PageError, match=r"forum\.example"):
        page(markup)


@pytest.mark.parametrize(
    "markup",
    ["<br>" * 10_000, "</p>" * 50_000, "<p>x" * 300, "<a href=x>" * 300, "&" * 50_000, "<!" * 10_000],
)
def test_pages_made_to_be_slow_come_to_an_end(markup: str) -> None:
    found = page(markup)
    assert thread_of(found) is None
    assert found.thread_urls == []
