"""A thread's question and replies out of its pages, by the marks that forums leave, else by what repeats.

Tried in this order: JSON-LD and microdata of schema.org, the forum programs of `markup.ENGINES`, then the
largest group of like blocks of text. The first that finds a question with a reply is believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bs4 import BeautifulSoup, Tag

from persian_assistant.scraping import markup
from persian_assistant.scraping.pages import Page
from persian_assistant.scraping.plain import text_of
from persian_assistant.text import one_line

SHORTEST_POST = 15
"""Letters of a block that may be a post, where only repetition tells."""
MOST_LINKED = 0.5
"""A block with a larger share of its text in links is a menu or a list."""
CORE = 0.6
"""A block's words are in the one element that holds so much of its text; author and date stand beside it."""


@dataclass(frozen=True)
class Post:
    """One contribution. `author` is empty where it is not told; `score` are votes."""

    text: str
    author: str = ""
    score: int = 0
    accepted: bool = False


@dataclass(frozen=True)
class Thread:
    """A question (the first post) and its replies, in the order of the site. `url` is the first page."""

    url: str
    title: str
    posts: tuple[Post, ...]

    def joined(self, more: Thread) -> Thread:
        """This thread with the posts of its next page; a first post repeated there is left out."""
        new = [post for post in more.posts if post not in self.posts]
        return replace(self, posts=(*self.posts, *new))


def thread_of(page: Page, *, marked: bool = False) -> Thread | None:
    """The thread on `page`, or None. With `marked` only what carries a forum's marks counts.

    A question without a reply is a thread of one post.
    """
    found: Thread | None = None
    for posts in _readings(page, marked):
        if len(posts) > 1:
            return Thread(page.url, page.title, tuple(posts))
        if posts and found is None:
            found = Thread(page.url, page.title, tuple(posts))
    return found


def _readings(page: Page, marked: bool) -> Iterator[list[Post]]:
    yield _by_linked_data(page.linked_data)
    page.remove(markup.ASIDES)
    yield _by_microdata(page)
    for engine in markup.ENGINES:
        yield _by_engine(page, engine)
    if not marked:
        yield _by_repetition(page.soup)


# --- schema.org


def _by_linked_data(objects: Sequence[dict[str, Any]]) -> list[Post]:
    for thread in objects:
        for kind in _listed(thread.get("@type")):
            if kind not in markup.THREAD_TYPES:
                continue
            replies = [
                _linked_post(reply, key == "acceptedAnswer")
                for key in markup.THREAD_TYPES[kind][0]
                for reply in _listed(thread.get(key))
                if isinstance(reply, dict)
            ]
            return [post for post in (_linked_post(thread), *replies) if post.text]
    return []


def _linked_post(value: dict[str, Any], accepted: bool = False) -> Post:
    text = value.get("text") or value.get("articleBody") or value.get("name") or ""
    authors = [item.get("name") for item in _listed(value.get("author")) if isinstance(item, dict)]
    score = value.get("upvoteCount")
    return Post(
        text=text_of(BeautifulSoup(f"<div>{text}</div>", "html.parser")),
        author=one_line(str(authors[0])) if authors and authors[0] else "",
        score=score if isinstance(score, int) else 0,
        accepted=accepted,
    )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _by_microdata(page: Page) -> list[Post]:
    for kind, (_, reply_kind) in markup.THREAD_TYPES.items():
        for root in page.select(f"[itemtype$='schema.org/{kind}']", limit=1):
            replies = page.select(f"[itemtype$='schema.org/{reply_kind}']", root)
            posts = [_microdata_post(root, inside=replies), *map(_microdata_post, replies)]
            return [post for post in posts if post.text]
    return []


def _microdata_post(root: Tag, inside: Sequence[Tag] = ()) -> Post:
    """The post that `root` describes; what stands in the elements `inside` belongs to others."""
    others = {id(element) for element in inside}

    def prop(names: str) -> Tag | None:
        for element in root.select(names):
            if not any(id(parent) in others for parent in element.parents):
                return element
        return None

    body, author = prop("[itemprop=text], [itemprop=articleBody]"), prop("[itemprop=author]")
    name = (author.select_one("[itemprop=name]") or author) if author else None
    votes = prop("[itemprop=upvoteCount]")
    count = str(votes.get("content") or votes.get_text()).strip() if votes else ""
    return Post(
        text=text_of(body) if body else "",
        author=one_line(text_of(name)) if name else "",
        score=int(count) if count.removeprefix("-").isdecimal() else 0,
        accepted="acceptedAnswer" in _listed(root.get("itemprop")),
    )


# --- forum programs


def _by_engine(page: Page, engine: markup.Engine) -> list[Post]:
    elements = page.select(engine.post)
    others = frozenset(map(id, elements))  # inside one another where an element was not closed
    posts = []
    for element in elements:
        bodies = page.select(engine.body, element, limit=1)
        if not bodies or not (text := text_of(bodies[0], without=others)):
            continue
        authors = page.select(engine.author, element, limit=1)
        accepted = page.select(engine.accepted, element, limit=1) or (
            engine.accepted and element.css.match(engine.accepted)
        )
        author = one_line(text_of(authors[0])) if authors else ""
        posts.append(Post(text, author, accepted=bool(accepted)))
    return posts


# --- no marks at all


def _by_repetition(soup: Tag) -> list[Post]:
    """The blocks of one kind that hold the most text of their own, two at least."""
    letters = _letters(soup)
    groups: dict[tuple[str, ...], list[Tag]] = defaultdict(list)
    for element in soup.find_all(["article", "section", "div", "li", "tr"]):
        own, linked = letters[id(element)]
        if own >= SHORTEST_POST and linked / own <= MOST_LINKED:
            classes = tuple(map(str, _listed(element.get("class")))) or (str(id(element.parent)),)
            groups[(element.name, *classes)].append(element)
    best: list[Tag] = []
    most = 0
    for members in groups.values():
        inner = set(map(id, members))
        outer = [element for element in members if not any(id(p) in inner for p in element.parents)]
        total = sum(letters[id(element)][0] for element in outer)
        if len(outer) > 1 and total > most:
            best, most = outer, total
    return [Post(text) for element in best if (text := text_of(_core(element, letters)))]


def _letters(soup: Tag) -> dict[int, tuple[int, int]]:
    """Of each element: (letters in it, letters of these in links)."""
    counts: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for node in reversed(list(soup.descendants)):  # children come before their parents
        if isinstance(node, Tag):
            own, linked = counts[id(node)]
            linked = own if node.name == "a" else linked
        else:
            own, linked = sum(char.isalpha() for char in str(node)), 0
        before = counts[id(node.parent)]
        counts[id(node.parent)] = (before[0] + own, before[1] + linked)
    return counts


def _core(element: Tag, letters: dict[int, tuple[int, int]]) -> Tag:
    """The innermost element that still holds most of the text of `element`."""
    while True:
        children = [child for child in element.children if isinstance(child, Tag)]
        largest = max(children, key=lambda child: letters[id(child)][0], default=None)
        if largest is None or letters[id(largest)][0] < CORE * letters[id(element)][0]:
            return element
        element = largest
