"""A forum on this machine, with everything that a forum on the web may do to who reads it.

`with ForumSite() as site:` — `site.url` is its address, `site.asked` what came in. Knows nothing of this
project.
"""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Respond = Callable[[BaseHTTPRequestHandler], None]

QUESTIONS = (
    ("نصب کتابخانه در پایتون", "چطور باید کتابخانهٔ requests را روی ویندوز نصب کنم؟",
     "در خط فرمان بنویس pip install requests و چند لحظه صبر کن تا نصب شود."),
    ("ساختن شاخه در گیت", "برای هر کار تازه یک شاخه بسازم یا همه را در یکی بنویسم؟",
     "برای هر کار یک شاخهٔ جدا بساز؛ هم مرور آسان می‌شود هم برگشتن به عقب."),
    ("حافظهٔ پنهان مرورگر", "چرا تغییرهای فایل استایل را در مرورگر نمی‌بینم؟",
     "مرورگر نسخهٔ قبلی را نگه داشته است؛ صفحه را با پاک کردن حافظهٔ پنهان باز کن."),
    ("کند شدن پایگاه داده", "جدولی با یک میلیون سطر دارم و جست‌وجو خیلی کند شده است.",
     "روی ستونی که جست‌وجو می‌کنی نمایه بساز، بعد با explain ببین که به کار می‌رود."),
    ("خروج از ویرایشگر", "وارد ویم شده‌ام و نمی‌دانم چطور باید از آن بیرون بیایم.",
     "کلید گریز را بزن، سپس دونقطه و حرف q را بنویس و ورود را فشار بده."),
)  # fmt: skip
"""(title, question, reply) of the threads that `fill` makes."""


@dataclass
class Answer:
    """What a path answers with; an ETag of the body makes it conditional unless there is to be none."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True


class ForumSite:
    """Pages by path (with query); whatever is not there is 404."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer | Respond] = {}
        self.asked: list[str] = []
        self.statuses: list[int] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.before: Callable[[str], None] = lambda path: None
        """Called with every path asked for, before it is answered."""
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> ForumSite:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def put(self, path: str, page: str | bytes, status: int = 200, etag: bool = True, **headers: str) -> None:
        """`page` at `path`; header names with _ for -."""
        body = page if isinstance(page, bytes) else page.encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Answer(body, status, {"Content-Type": "text/html; charset=utf-8", **named}, etag)

    def redirect(self, path: str, target: str, status: int = 302) -> None:
        self.put(path, b"", status, etag=False, Location=target)

    def fill(self, count: int = 3) -> None:
        """An index at /forum with `count` threads at /thread/1 …"""
        self.put("/forum", index_page([(f"/thread/{n}", QUESTIONS[n - 1][0]) for n in range(1, count + 1)]))
        for number, (title, *posts) in enumerate(QUESTIONS[:count], 1):
            self.put(f"/thread/{number}", thread_page(title, posts))

    def endless(self, path: str, chunk: bytes, pause: float = 0.0, **headers: str) -> None:
        """A body that goes on for ever: as fast as it is read, or a `chunk` every `pause` seconds."""

        def respond(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            while not self.over.is_set():
                handler.wfile.write(chunk)
                if pause:
                    self.over.wait(pause)

        self.pages[path] = respond

    def in_turn(self, path: str, answers: Iterable[Answer]) -> None:
        """One answer after the other; the last one stays."""
        waiting = list(answers)

        def respond(handler: BaseHTTPRequestHandler) -> None:
            _send(self, handler, waiting.pop(0) if len(waiting) > 1 else waiting[0])

        self.pages[path] = respond


def index_page(threads: Iterable[tuple[str, str]], next_path: str = "") -> str:
    """A list of threads between a menu and a foot that also hold links."""
    rows = "".join(f'<li><a href="{path}">{html.escape(title)}</a></li>' for path, title in threads)
    pager = f'<div class="pager"><a href="{next_path}">صفحهٔ بعد</a></div>' if next_path else ""
    return _frame("انجمن برنامه‌نویسان", f"<ul>{rows}</ul>{pager}")


def thread_page(title: str, posts: Iterable[str], next_path: str = "") -> str:
    """A thread in the markup of phpBB: posts with authors, signatures, and advertisements between."""
    blocks = "".join(
        f'<div id="p{number}" class="post">'
        f'<dl class="postprofile"><dt><a class="username">کاربر{number}</a></dt></dl>'
        f'<div class="content">{html.escape(post)}</div>'
        '<div class="signature">امضای من: به سایت من هم سر بزنید</div></div><div class="ads">فروش ویژه!</div>'
        for number, post in enumerate(posts, 1)
    )
    pager = f'<a rel="next" href="{next_path}">›</a>' if next_path else ""
    return _frame(title, f'<h2 class="topic-title">{html.escape(title)}</h2>{blocks}{pager}')


def _frame(title: str, body: str) -> str:
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title>"
        "<style>p { color: red }</style></head><body>"
        '<header><a href="/about-this-site">دربارهٔ این سایت و گردانندگان</a></header>'
        '<nav><a href="/rules-of-the-forum">قوانین و مقررات انجمن</a></nav>'
        f"<main>{body}</main><footer>همهٔ حقوق محفوظ است</footer>"
        "<script>document.write('تبلیغ')</script></body></html>"
    )


def _send(site: ForumSite, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    tag = f'"{hash(answer.body)}"'
    status, body = answer.status, answer.body
    if answer.etag and status == 200 and handler.headers.get("If-None-Match") == tag:
        status, body = 304, b""
    site.statuses.append(status)
    handler.send_response(status)
    headers = {"Content-Length": str(len(body)), **answer.headers}
    if answer.etag and answer.status == 200:
        headers["ETag"] = tag
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _handler(site: ForumSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.times.append(time.monotonic())
            site.headers.append(dict(self.headers))
            site.before(self.path)
            page = site.pages.get(self.path, Answer(b"", 404))
            try:
                if isinstance(page, Answer):
                    _send(site, self, page)
                else:
                    page(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
