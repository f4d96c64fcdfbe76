"""The start of a chat: the screen of three lines, and the one question that is asked of a new user.

The other question of a first start, about right-to-left text, is rtl_actions.py's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from persian_assistant.calendar_fa import day
from persian_assistant.config import home
from persian_assistant.disk import make_private_dir, write_private
from persian_assistant.terminal.conversation import Conversation
from persian_assistant.terminal.remembrance_actions import greeting, role_label
from persian_assistant.terminal.toolbar import fitting, model_label, version_name
from persian_assistant.terminal.view import View, figure
from persian_assistant.text import ZWNJ, normalise, one_line, sanitise
from persian_assistant.wording import language, say

ASKED = "name-asked"
"""The file that says that the name was asked for; in the folder of all state. The name is not in it."""
MOST_WORDS = 3
MOST_NAMES = 6
"""Things learned that are named in the start screen, where the line has room for them."""
_NAME = re.compile(rf"[^\W\d_]+(?:[ {ZWNJ}'’-][^\W\d_]+)*")


def start_screen(session: Conversation, width: int) -> list[str]:
    """Who answers, what it learned last, the greeting with how to get help: three lines.

    Each fits into `width` cells where that is possible; a greeting too long for its line gets one of its own.
    """
    profile, status = session.profile, session.status()
    who = [
        (4, one_line(profile.persona.title)),
        (2, say("chat.banner_model", model=one_line(model_label(profile.base_model)))),
        (3, version_name(status.version)),
        (1, say("chat.banner_profile", profile=profile.name)),
    ]
    lines = [fitting(who, width), last_learned(session, status, width)]
    label, said = role_label(session), one_line(greeting(session))
    said = f"[{label}] {said}" if label and said else said
    hints = list(zip((8, 1, 2, 7), say("chat.help_hint").split(" · "), strict=True))
    last = fitting([(9, said), *hints] if said else hints, width)
    return [*lines, last] if hints[0][1] in last or not said else [*lines, said, fitting(hints, width)]


def last_learned(session: Conversation, status: Any, width: int) -> str:
    """When the version that serves was made, and as many of the things it learned as the line holds."""
    from rich.cells import cell_len

    known = {version.number: version for version in session.versions()}
    serving = known.get(status.version)
    if serving is None:
        if known:
            return say("chat.learned_aside")
        if not status.learning_enabled:
            return say("chat.learned_never_will")
        return say("chat.learned_nothing", every=figure(status.every))
    names = _learned_by(serving, session)
    when = day(serving.created)
    if not names:
        return say("chat.learned_version", day=when)
    line = say("chat.learned_number", day=when, count=figure(len(names)))
    if language() != "fa":
        return line  # the names are Persian
    for shown in range(1, min(len(names), MOST_NAMES) + 1):
        some, more = "، ".join(names[:shown]), len(names) - shown
        key = "chat.learned_facts_more" if more else "chat.learned_facts"
        longer = say(key, day=when, facts=some, more=figure(more))
        line = longer if cell_len(longer) <= width else line
    return line


def _learned_by(version: Any, session: Conversation) -> list[str]:
    """What the facts are about that came to `version` since the one before it; not what they say."""
    from persian_assistant.terminal.told_actions import shortened, what

    before = max((one.high_water for one in session.versions() if one.number < version.number), default=0)
    facts = (fact for fact in session.facts.live() if before < fact.seq <= version.high_water)
    return list(dict.fromkeys(shortened(sanitise(what(fact)), 24) for fact in facts))


# --- the name ---------------------------------------------------------------------------------------


def ask_name(session: Any, view: View, line: Callable[[str], str | None]) -> str:
    """Asks a new user for their name, once; returns what was typed instead of one, to be sent as it is.

    The name is said to the session in a sentence, as if it were typed: that makes it a fact. Nothing is asked
    where something was said or is known already, where nothing is learned, or in a role. Raises DiskError.
    """
    if not _is_new(session):
        return ""
    answer = one_line(normalise(sanitise(line(say("chat.ask_name")) or "")))
    make_private_dir(home())
    write_private(home() / ASKED, "")
    if not answer:
        view.notice(say("chat.name_passed_over"), style="dim")
        return ""
    name = name_in(answer)
    if name is None:
        return answer
    if sentence := _telling(name):
        session.acknowledge(sentence, say("chat.name_acknowledged", name=name))  # no model is waited for
    else:
        session.teach(say("chat.name_question"), say("chat.name_answer", name=name))
        view.notice(say("chat.name_learned", name=name))
    return ""


def _is_new(session: Any) -> bool:
    if (home() / ASKED).exists() or getattr(session, "role", None) is not None:
        return False
    return bool(session.status().learning_enabled) and not session.facts.live() and not session.history(1)


def name_in(answer: str) -> str | None:
    """The name somebody gave: alone («نگین»), or in a sentence («اسمم نگینه»); None for anything else."""
    if answer.startswith("/"):
        return None
    if told := _read_name(answer):
        return told
    words = answer.split()
    if len(words) > MOST_WORDS or words[0].lower() in say("chat.greetings").split():
        return None
    return answer if _NAME.fullmatch(answer) else None


def _telling(name: str) -> str | None:
    """A sentence from which `name` is read as the user's; None where a name is a word of another kind."""
    sentences = (say("chat.name_sentence", name=name), say("chat.name_sentence_spoken", name=name))
    return next((sentence for sentence in sentences if _read_name(sentence) == name), None)


def _read_name(text: str) -> str | None:
    """What the rules read in `text` as the name of who says it."""
    from persian_assistant.facts import extraction
    from persian_assistant.facts.labels import USER

    drafts = extraction.read(text, previous=[])
    wanted = (USER, say("chat.name_attribute"))
    return next((str(draft.value) for draft in drafts if (draft.subject, draft.attribute) == wanted), None)
