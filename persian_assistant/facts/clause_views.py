"""Questions about a clause: every phrase can be asked for, in written and spoken ways."""

from __future__ import annotations

from dataclasses import replace

from persian_assistant.facts import lexicon, realise
from persian_assistant.facts.clause_frames import Frame, load
from persian_assistant.facts.clause_synonyms import mine, synonyms
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
    if focus < 0:
        return _who_did(frame)
    asked = frame.phrases[focus]
    found = [
        (realise.question(frame, focus), "direct"),
        (realise.question(frame, focus, True, subject=False), "colloquial"),
        *synonyms(frame, asked),
        (realise.question(frame, focus, subject=False, wh_first=len(frame.phrases) > 1), "direct"),
    ]
    found += _others(frame, focus)
    found += [
        ("یادته " + realise.question(frame, focus, True, subject=False), "colloquial"),
        ("می‌دانی " + realise.question(frame, focus), "direct"),
        (
            realise.question(frame, focus, True, subject=False, wh_first=True)
            + ("" if frame.subject else " من"),
            "colloquial",
        ),
        ("به تو گفته بودم " + realise.question(frame, focus), "direct"),
    ]
    if len(frame.phrases) > 1 and asked.role != "time":
        found.append((realise.question(frame, focus, drop=True), "direct"))
    return _back(frame, focus) + found


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
    if focus < 0:
        return [
            ("خاطرت هست " + _subject_asked(frame, False), "direct"),
            ("یه بار دیگه بگو " + _subject_asked(frame, True, True), "colloquial"),
        ]
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
