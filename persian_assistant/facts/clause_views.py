"""Questions about a clause: every phrase can be asked for, in written and spoken ways."""

from __future__ import annotations

from dataclasses import replace

from persian_assistant.facts import aliases, lexicon, realise
from persian_assistant.facts.clause_frames import Frame, load
from persian_assistant.facts.clause_synonyms import mine, synonyms
from persian_assistant.facts.question_families import (
    clefts,
    day_questions,
    goal_questions,
    held_out,
    how_questions,
    of_things,
    trait_questions,
)
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.words import Word
from persian_assistant.records import Fact


def parts(fact: Fact) -> tuple[Frame, int]:
    """The fact's frame and which of its phrases is the value."""
    return load(fact.details["frame"]), int(fact.details["focus"])


def statement(fact: Fact, side: str = "assistant") -> str:
    frame, _ = parts(fact)
    return realise.statement(frame, side)


def questions(fact: Fact) -> list[tuple[str, str]]:
    """(question without its mark, kind) pairs, the most telling first."""
    frame, focus = parts(fact)
    shorter = aliases.subjects(frame)
    if focus >= 0 and shorter:  # «داداشم کیوان»: asked of the brother, of Keyvan, and of both
        kin, name = (_questions(short, focus) for short in shorter)
        return [*_mixed([kin[:4], name[2:6], _questions(frame, focus)[2:4]]), *kin[4:]]
    return _questions(frame, focus)


def _mixed(lists: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """One list that takes from each in turn."""
    longest = max(map(len, lists))
    return [rows[at] for at in range(longest) for rows in lists if at < len(rows)]


def _questions(frame: Frame, focus: int) -> list[tuple[str, str]]:
    if focus < 0:
        return _who_did(frame)
    asked = frame.phrases[focus]
    if traits := trait_questions(frame, asked, mine(frame), mine(frame, True)):
        return _back(frame, focus) + traits + _plain_openings(frame, focus)
    whole, at = frame, focus
    if asked.role != "time" and (since := [p for p in frame.phrases if p.role == "time" and p.prep == "از"]):
        frame = replace(frame, phrases=tuple(p for p in frame.phrases if p not in since))
        focus = frame.phrases.index(asked)
    found = [
        (realise.question(frame, focus), "direct"),
        (realise.question(frame, focus, True, subject=False), "colloquial"),
        *synonyms(frame, asked),
        (realise.question(frame, focus, subject=False, wh_first=len(frame.phrases) > 1), "direct"),
    ]
    found += how_questions(frame, asked) + goal_questions(frame, asked)
    found += of_things(frame, mine(frame), mine(frame, True))
    found += _others(whole, at) + day_questions(frame)
    found += [
        ("یادته " + realise.question(frame, focus, True, subject=False), "colloquial"),
        ("می‌دانی " + realise.question(frame, focus), "direct"),
        (
            realise.question(frame, focus, True, subject=False, wh_first=True)
            + ("" if frame.subject or frame.person != 1 else " من"),
            "colloquial",
        ),
        ("به تو گفته بودم " + realise.question(frame, focus), "direct"),
    ]
    if len(frame.phrases) > 1 and asked.role != "time":
        found.append((realise.question(frame, focus, drop=True), "direct"))
    return _back(frame, focus) + found


def _plain_openings(frame: Frame, focus: int) -> list[tuple[str, str]]:
    """«من چه هستم» is asked by nobody: whether it is so is."""
    value = frame.phrases[focus].core
    is_he, is_s = ("است", "ه") if frame.subject else ("هستم", "م")
    who, spoken = mine(frame), mine(frame, True)
    linked = "\u200c" + ("ست" if frame.subject else "م") if value.endswith("ه") else is_s
    return [
        (f"آیا {who} {value} {is_he}", "direct"),
        (f"{spoken} {value}{linked}".strip(), "colloquial"),
        (f"درباره‌ی {value} بودن {who} چه گفتم", "direct"),
    ]


def _subject_asked(frame: Frame, spoken: bool, last: bool = False) -> str:
    who = ("کی" if spoken else "چه کسی") if _person(frame) else ("چی" if spoken else "چه چیزی")
    asked = replace(frame, subject=(Word(who),), person=3)
    text = realise.statement(asked, "user", spoken)
    if last and text.startswith(who + " "):
        head, _, verb = text.removeprefix(who + " ").rpartition(" ")
        return f"{head} {who} {verb}".strip()
    return text


def _who_did(frame: Frame) -> list[tuple[str, str]]:
    """Questions for the subject, and for the rest."""
    found = [
        (_subject_asked(frame, False), "direct"),
        (_subject_asked(frame, True), "colloquial"),
        (_subject_asked(frame, False, True), "direct"),
        ("یادته " + _subject_asked(frame, True, True), "colloquial"),
        ("می‌دانی " + _subject_asked(frame, False, True), "direct"),
        ("به تو گفته بودم " + _subject_asked(frame, False, True), "direct"),
    ]
    return [(f"درباره‌ی {mine(frame)} چه گفتم", "reversed"), *found, *_others(frame, -1)]


def _others(frame: Frame, focus: int) -> list[tuple[str, str]]:
    """Questions for the phrases that are not the value."""
    found = []
    for at, phrase in enumerate(frame.phrases):
        if at == focus or phrase.kind == "owned" or phrase.words[0].stem in ("من", "او"):
            continue
        found.append((realise.question(frame, at), "direct"))
        found.append((realise.question(frame, at, True, subject=False), "colloquial"))
    return found[:6]


def _back(frame: Frame, focus: int) -> list[tuple[str, str]]:
    """From the value back to the rest."""
    core = frame.phrases[focus].core
    if frame.subject:
        who = (
            replace(frame, subject=(Word("چه کسی"),))
            if _person(frame)
            else replace(frame, subject=(Word("چه چیزی"),))
        )
        if frame.verb == "بودن" and not frame.negative and who.person == 6:
            return [(f"درباره‌ی {core} چه گفتم", "reversed")]
        who = replace(who, person=3)
        return [(realise.statement(who, "user"), "reversed"), (f"درباره‌ی {core} چه گفتم", "reversed")]
    return [(f"درباره‌ی {core} چه می‌دانی", "reversed"), (f"{core} چه ربطی به من دارد", "reversed")]


def _person(frame: Frame) -> bool:
    return stem_of(frame.subject[0]) in lexicon.KIN or frame.subject[0].stem in lexicon.NAMES


def probes(fact: Fact) -> list[tuple[str, str]]:
    """Questions in wordings that are never trained."""
    frame, focus = parts(fact)
    frame = next(iter(aliases.subjects(frame)), frame)
    if focus < 0:
        again = ("یه بار دیگه بگو " + _subject_asked(frame, True, True), "colloquial")
        return [*clefts(frame, focus), again][:2]
    asked = frame.phrases[focus]
    if traits := trait_questions(frame, asked, mine(frame), mine(frame, True)):
        return [("خاطرت هست " + traits[0][0], "direct"), ("بگو ببینم " + traits[1][0], "colloquial")]
    found = clefts(frame, focus) or held_out(frame, focus, mine(frame), mine(frame, True))
    if len(found) == 1:
        found.append(("یه بار دیگه بگو " + realise.question(frame, focus, True, subject=False), "colloquial"))
    if not found:
        found = [("خاطرت هست " + realise.question(frame, focus), "direct")]
        found.append(("یه بار دیگه بگو " + realise.question(frame, focus, True, subject=False), "colloquial"))
    return found


def of_another(fact: Fact, owner: str) -> str:
    """The fact's question asked of `owner`, of whom it was never told; empty where that makes no sense."""
    frame, focus = parts(fact)
    if (
        focus < 0
        or frame.person not in (1, 3)
        or (frame.subject and not _person(frame))
        or any(p.kind == "owned" for p in frame.phrases)
    ):
        return ""
    other = replace(frame, subject=(Word(owner, 1),), person=3)
    return realise.question(other, focus)
