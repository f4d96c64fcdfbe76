"""Threads as seed examples: cleaned, the best reply chosen, what must not train left out and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from persian_assistant.persona import Persona
from persian_assistant.pretraining.duplicates import Duplicates
from persian_assistant.scraping.heldout import heldout
from persian_assistant.scraping.plain import FENCE
from persian_assistant.scraping.threads import Post, Thread
from persian_assistant.text import normalise, one_line, persian_share, sanitise, to_latin_digits

SHORTEST_QUESTION, LONGEST_QUESTION = 8, 1500
SHORTEST_REPLY, LONGEST_REPLY = 25, 2000
"""Characters. Shorter replies are thanks, longer ones articles."""
MIN_PERSIAN_SHARE = 0.5
"""Of what is no code."""

_CODE = re.compile(f"{FENCE}.*?{FENCE}|`[^`\n]*`", re.S)
_URL = re.compile(r"https?://\S+|www\.\S+")
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}|(?<!\d)(?:\+98|0098|0)?9\d{9}(?!\d)", re.I)
"""E-mail addresses and mobile numbers."""

REASONS = ("no_reply", "short", "long", "not_persian", "personal", "heldout", "duplicate")
"""Why a thread gives no row."""


@dataclass
class SeedRows:
    """The rows in the project's own form, and how many threads were left out for which reason."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def forum_rows(threads: Iterable[Thread], persona: str) -> SeedRows:
    """One row a thread: title and question, answered by the best reply.

    Near duplicates go, and what stands in the texts that measure.
    """
    result = SeedRows()
    questions, replies = Duplicates(), Duplicates()
    for thread in threads:
        question, candidates = _question(thread), _replies(thread)
        reply = _best(candidates)
        reason = _unfit(question, candidates, reply)
        if reason is None and heldout().holds(question, reply):
            reason = "heldout"
        if reason is None and not (questions.is_new(question) and replies.is_new(reply)):
            reason = "duplicate"
        if reason:
            result.left_out[reason] += 1
        else:
            result.rows.append(_row(question, reply, persona, "forum", thread.url))
    return result


def persona_rows(persona: Persona) -> list[dict[str, Any]]:
    """What the persona's own file says of it, as a greeting and an introduction."""
    source = f"persona:{persona.name}"
    said = [("سلام", persona.greeting_fa)] if persona.greeting_fa else []
    if persona.title_fa:
        said.append(("تو کی هستی؟", f"من {persona.title_fa} هستم."))
    return [_row(question, reply, persona.name, "persona", source) for question, reply in said]


def clean(text: str) -> str:
    """`text` without controls, bidi overrides and presentation forms, in one spelling."""
    lines = (line.rstrip() for line in sanitise(normalise(text)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _row(question: str, reply: str, persona: str, topic: str, source: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
    return {"persona": persona, "topic": topic, "source": source, "messages": messages}


def _question(thread: Thread) -> str:
    """Title and first post; the title once, where the post begins with it."""
    title = one_line(clean(thread.title))
    body = clean(thread.posts[0].text) if thread.posts else ""
    if not title or body.startswith(title):
        return body
    return f"{title}\n{body}".strip()


def _replies(thread: Thread) -> list[Post]:
    """The posts of others than the asker, cleaned."""
    asker = thread.posts[0].author if thread.posts else ""
    return [
        Post(clean(post.text), post.author, post.score, post.accepted)
        for post in thread.posts[1:]
        if not (asker and post.author == asker)
    ]


def _best(replies: list[Post]) -> str:
    """The accepted reply, else the one with the most votes, else the longest that is not too long."""
    if not replies:
        return ""

    def worth(post: Post) -> tuple[bool, int, int]:
        fits = SHORTEST_REPLY <= len(post.text) <= LONGEST_REPLY
        return post.accepted and fits, post.score if fits else -(10**9), len(post.text) if fits else 0

    return max(replies, key=worth).text


def _unfit(question: str, replies: list[Post], reply: str) -> str | None:
    """Why this does not train, one of REASONS, or None."""
    if not replies:
        return "no_reply"
    if len(question) < SHORTEST_QUESTION or len(reply) < SHORTEST_REPLY:
        return "short"
    if len(question) > LONGEST_QUESTION or len(reply) > LONGEST_REPLY:
        return "long"
    if not (_is_persian(question) and _is_persian(reply)):
        return "not_persian"
    return "personal" if _PERSONAL.search(to_latin_digits(f"{question}\n{reply}")) else None


def _is_persian(text: str) -> bool:
    prose = _URL.sub(" ", _CODE.sub(" ", text))
    return "\ufffd" not in text and persian_share(prose) >= MIN_PERSIAN_SHARE
