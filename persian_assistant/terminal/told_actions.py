"""What the slash commands about knowledge do: teaching, correcting, rating, forgetting, listing, comparing.

A function is handed the chat and the rest of the line; it shows what happened and raises AssistantError.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from persian_assistant.calendar_fa import date, when
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.terminal.slash import Command
from persian_assistant.terminal.toolbar import version_name
from persian_assistant.terminal.view import figure
from persian_assistant.text import one_line, to_persian_digits
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat

ARROW = re.compile(r"\s*(?:=>|⇒|⇐|<=|->|→|←)\s*")
"""What stands between a question and its answer, as keyboards and fonts have it."""
MOST_ROWS = 40
"""What a thing is, in the rules' own word for it: nobody would say «چیستی ماشین»."""


def shortened(text: str, most: int = 60) -> str:
    """`text` as one line of at most `most` characters."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _quoted(text: str) -> str:
    """`text` shortened, for the end of a quotation: the full stop comes after the quotation mark."""
    return shortened(text).removesuffix(".")


def teach(chat: Chat, rest: str) -> None:
    halves = ARROW.split(rest, maxsplit=1)
    if len(halves) != 2 or not all(half.strip() for half in halves):
        raise UsageError("chat.how_to_teach")
    fact = chat.session.teach(*halves)
    chat.view.notice(say("chat.taught", question=shortened(fact.attribute), answer=_quoted(fact.value)))


def fix(chat: Chat, rest: str) -> None:
    if not rest.strip():
        raise TOLD["fix"].refuse(rest)
    fact = chat.session.fix(rest)
    chat.view.notice(say("chat.fixed", question=shortened(fact.attribute), answer=_quoted(fact.value)))


def good(chat: Chat, rest: str) -> None:
    _rate(chat, rest, "good")


def bad(chat: Chat, rest: str) -> None:
    _rate(chat, rest, "bad")


def _rate(chat: Chat, rest: str, value: str) -> None:
    if rest:
        raise TOLD[value].refuse(rest)
    turn = chat.session.rate(value)
    if value == "bad" and chat.session.facts.is_corrected(turn.seq):
        value = "bad_fixed"
    chat.view.notice(say(f"chat.rated_{value}", answer=_quoted(turn.assistant or "")))


# --- forgetting -------------------------------------------------------------------------------------


def forget(chat: Chat, rest: str) -> None:
    words = rest.split()
    asked = " ".join(word for word in words if word != "--yes")
    if not asked:
        raise TOLD["forget"].refuse(rest)
    matches = chat.session.forget_matches(asked)
    if not matches:
        chat.view.notice(say("chat.nothing_to_forget", words=shortened(asked)))
        return
    _forget(chat, matches, "--yes" in words)


def _forget(chat: Chat, matches: Any, yes: bool) -> None:
    """Show what would go, ask, and let it go. Raises UsageError where nobody can be asked, Cancelled."""
    rows = [(say("chat.kind_fact"), *_fact_row(chat, fact)[1:]) for fact in matches.facts]
    for turn in matches.exchanges:
        said, answered = shortened(turn.user), shortened(turn.assistant or "")
        rows.append((say("chat.kind_turn"), said, answered, when(turn.time)))
    names = ("kind", "what", "value", "source")
    _table(chat, names, rows)
    if not yes:
        if chat.ask is None:
            raise UsageError("chat.forget_needs_yes")
        if not chat.ask(say("chat.forget_question", count=figure(len(rows)))):
            raise Cancelled("chat.forget_declined")
    with chat.view.held():  # what becomes of the versions is told after what is gone
        chat.session.forget(matches)
        chat.forget_typed([*(one.user for one in matches.exchanges), *(one.value for one in matches.facts)])
        chat.view.notice(say("chat.forgotten", count=figure(len(rows))))


# --- listing ----------------------------------------------------------------------------------------


def facts(chat: Chat, rest: str) -> None:
    command = TOLD["facts"]
    verb, _, arguments = rest.partition(" ")
    fact_id, _, value = arguments.strip().partition(" ")
    if not verb:
        known = chat.session.facts.live()
        if not known:
            chat.view.notice(say("chat.no_facts"))
        else:
            _table(chat, ("id", "what", "value", "source"), [_fact_row(chat, fact) for fact in known])
    elif verb == "edit" and fact_id and value.strip():
        fact = chat.session.edit_fact(fact_id, value)
        chat.view.notice(say("chat.fact_edited", what=what(fact), value=shortened(fact.value)))
    elif verb == "delete" and fact_id and value.strip() in ("", "--yes"):
        fact = chat.session.find_fact(fact_id)
        _forget(chat, chat.session.facts.whole(fact), value.strip() == "--yes")
    else:
        raise command.refuse(rest)


def _fact_row(chat: Chat, fact: Any) -> tuple[str, str, str, str]:
    source = say(f"chat.source_{fact.kind}", time=date(chat.session.facts.told_at(fact.id)))
    number = to_persian_digits(fact.id) if language() == "fa" else fact.id
    return number, shortened(what(fact)), shortened(fact.value), source


def what(fact: Any) -> str:
    """What a fact is about: «اسم قناری», or the question that was taught."""
    from persian_assistant.facts.labels import label

    return label(fact)


def learned(chat: Chat, rest: str) -> None:
    if rest:
        raise TOLD["learned"].refuse(rest)
    lessons = chat.session.lessons()
    if not lessons:
        chat.view.notice(say("chat.nothing_learned"))
        return
    rows = []
    for lesson in lessons:
        reason = say(f"chat.reason_{lesson.reason}", views=figure(lesson.views))
        rows.append(("✓" if lesson.included else "–", shortened(lesson.text), reason))
    _table(chat, ("included", "text", "reason"), rows)
    count = sum(lesson.included for lesson in lessons)
    chat.view.notice(say("chat.learned_count", included=figure(count), left=figure(len(lessons) - count)))


def _table(chat: Chat, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    chat.view.table([say(f"chat.column_{name}") for name in names], rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        chat.view.notice(say("chat.more_rows", count=figure(len(rows) - MOST_ROWS)))


# --- comparing --------------------------------------------------------------------------------------


def compare(chat: Chat, rest: str) -> None:
    which, _, question = rest.partition(" ")
    if which not in ("base", "last", "current"):
        raise TOLD["compare"].refuse(rest)
    if not (question := question.strip()):
        past = chat.session.history(1)
        if not past:
            raise UsageError("chat.nothing_asked")
        question = past[-1].user
    chat.wait_for_versions()
    serving = chat.session.status().version
    if which == "current":
        titles = [say("chat.without_memory", version=version_name(serving))]
        titles.append(say("chat.with_memory", version=version_name(serving)))
    else:
        parents = {version.number: version.parent for version in chat.session.versions()}
        other = parents.get(serving) if which == "last" else None
        titles = [version_name(other), version_name(serving)]
    cancel = threading.Event()
    with chat.interruptible(cancel):
        answers = chat.session.compare(question, which, cancel)
    if cancel.is_set():
        chat.view.notice(say("chat.stopped"))
        return
    chat.view.notice(say("chat.compared", question=shortened(question)))
    chat.view.table(titles, [[answer or say("chat.no_answer") for answer in answers]])


def _yes(chat: Chat) -> list[tuple[str, str]]:
    return [("--yes", "")]


COMMANDS: tuple[Command, ...] = (
    Command("teach", teach, "question => answer"),
    Command("fix", fix, "better reply"),
    Command("good", good),
    Command("bad", bad),
    Command("forget", forget, "words [--yes]", _yes),
    Command("facts", facts, "[edit ID value|delete ID [--yes]]", lambda chat: [("edit", ""), ("delete", "")]),
    Command("learned", learned),
    Command(
        "compare",
        compare,
        "base|last|current [question]",
        lambda chat: [(name, say(f"chat.compare_{name}")) for name in ("base", "last", "current")],
    ),
)
TOLD = {command.name: command for command in COMMANDS}
