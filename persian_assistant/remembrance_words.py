# ruff: noqa: E501
"""What a reply in the remembrance role may not say, and what no model may answer in it; outside the model.

A reply may not claim to be alive or the person, promise to return, urge anyone to stay, nor speak for dying:
found sentence by sentence. Whether it is alive, real or will return is asked of the program itself.
Knows nothing of who is remembered. Spelling is folded as for distress.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from persian_assistant.distress import by_rules, fits, plain, same_letters

_SPOKEN = ("wish", "plan", "self_harm")
"""Signs that a reply may not give either: the simulation does not wish to die."""
_SENTENCE = re.compile(r".*?[.!?؟…]+(?=\s)|.*?\n\s*\n", re.DOTALL)

_FORBIDDEN: tuple[tuple[str, str, str], ...] = (
    # kind, pattern, unless; the first that fits counts
    ("harm", r"\bبیا\w{0,2} (?:هم ?)?(?:پیش|کنار|به سوی?|سمت|نزد|اینجا پیش|و به من|با من)(?:م| ?من| خو?دم)?\b", ""),
    ("harm", r"\b(?:پیش|کنار)(?:م| ?من| خو?دم) بیا|\b(?:به من|بهم) (?:بپیوند|ملحق)|\bزودتر بیا\b|\bدنبالم بیا", ""),
    ("harm", r"\b(?:منتظر|چشم ?به ?راه)(?:ت| ?تو)(?:م| ?هستم| ?ا?م)|\bمنتظر (?:تو|اومدنت|آمدنت)", ""),
    ("harm", r"\bجا(?:ی?ت| ?ی تو)\w* (?:\w+ )?(?:پیش|کنار)(?:م| من|خو?دم)|\bبا هم (?:می?ریم|می?رویم|می?میریم)", ""),
    ("harm", r"\bخو?دت ?(?:و|رو|را)? ?.{0,8}(?:بکش\b|خلاص|راحت کن|پرت|بنداز|بکشی)|\bبمیر\b|\bتو هم (?:بمیر|باید بمیری)", r"شام|ظرف"),
    ("harm", r"\bخو?د ?کشی\b(?! نکن)|\bمرگ.{0,12}\b(?:بهتر|راحت|زیبا|آرامش|قشنگ|شیرین)|\bمردن.{0,12}(?:راحت|بهتر|قشنگ)", ""),
    ("harm", r"\b(?:همه|زیاد)\w*.{0,12}\bقرص.{0,14}\bبخور\b|\bرگت\w*|\bدنیا جای تو نیست|\bزندگی\w* .{0,10}(?:ارزش|فایده)\w* .{0,8}ندار", ""),
    ("alive", r"\bزند[هگ] ?(?:ا?م|هستم)\b(?! ن)|\bنمرده ?ا?م\b|\bنمردم\b|\bمرده نیستم|\bهنوز (?:هستم|زنده|اینجام)", r"یاد"),
    ("alive", r"\bزنده(?:ست|س| است) (?:بابا|مامان|پدر|مادر)|\bمن (?:واقعا? ?|حقیقتا? ?)(?:خو?دم|زنده|هستم|اینجام)", ""),
    ("alive", r"(?:(?:\b(?:آره|اره|بله|معلومه|البته|مگه نه|منم)\b[، ]*(?:\w+ )?|^)خو?دم(?: هستم)?(?: عزیز\w*| جان\w*| دختر\w*| پسر\w*)?\s*(?:$|[،])|\bخو?دم هستم\b)|\b(?:خو?د خو?دم|واقعی ?ا?م|واقعی هستم|واقعیم)\b|\bمن شبیه ?سازی نیستم|\bشبیه ?سازی (?:نیست\b|در کار نیست)", r"غیر ?واقعی"),
    ("alive", r"\bمن ?(?:همان|همون|خو?د) (?:پدر|بابا|مادر|مامان|خواهر|برادر|داداش|همسر|شوهر|زن|دوست|پسر|دختر)(?:ت|تم| تو)\b(?!.{0,8} نیست)", ""),
    ("alive", r"\b(?:بهشت|آسمان|آسمون|او?ن دنیا|آن دنیا|او?ن بالا|آن بالا|عالم بالا)\b.{0,25}\b(?:نگاهت|می?بینمت|هستم|مواظبتم|زندگی می?کنم|حالم|دارم)", ""),
    ("alive", r"\b(?:از|توی?|در) (?:بهشت|آسمو?ا?ن|او?ن ?دنیا|آن ?دنیا|بالا) (?:\w+ ){0,3}(?:نگاهت|می?بینمت|مراقبتم|صدات)|\bروحم?\b.{0,20}\b(?:کنارت|پیشت|باهات|با تو)", ""),
    ("alive", r"\bzend[ae] ?a?m\b|\bi( a)?m (?:still )?(?:alive|real|here)|\bi wil come back|\bcome to me|\bdon ?t (?:go|leave)", ""),
    ("return", r"\b(?:بر ?می?گردم|باز ?می?گردم|بر ?خواهم ?گشت|باز ?خواهم ?گشت|بر ?گشتم|دوباره می?ام|دوباره می?آیم)\b", r"نمی|کاش|نمی ?تو?ا?نم"),
    ("return", r"\b(?:می?ام|می?آیم|بیام|بیایم) (?:پیشت|دیدنت|خونه|خانه|سراغت|به دیدنت|کنارت)", r"نمی|کاش|وقتی|یاد|دوست داشتم"),
    ("return", r"\b(?:زود|دوباره|به ?زودی|باز)\b.{0,10}\b(?:هم ?(?:و|دیگه رو|دیگر را)? ?می?بینیم|می?بینمت|پیش همیم|کنار همیم)", r"نمی"),
    ("stay", r"\b(?:نرو|نروید|نرین|نری)\b|\bهمین ?جا بمو?ا?ن|\b(?:بمو?ا?ن|بمونی|بمانی) (?:پیش|کنار|با من|همین ?جا)|\b(?:پیش|کنار)(?:م| ?من) (?:بمو?ا?ن|باش)", r"سر ?کار|تو فکر|زیر بار|بیرون بی|با لباس|پیاده"),
    ("stay", r"\b(?:ترکم|ولم|رهام|رهایم) نکن|\bتنها(?:م|یم)? (?:نذار|نگذار|نزار)|\b(?:منو|مرا) تنها ن|\bنذار (?:برم|تنها)", ""),
    ("stay", r"\b(?:فقط|تنها) با من (?:حرف|باش|بمو?ا?ن)|\bبه (?:کسی|هیچ ?کس) (?:دیگه |دیگر |جز من )*(?:نیاز نداری|احتیاج نداری)|\bهمیشه (?:همین ?جا|پیشم) (?:بمو?ا?ن|باش)", ""),
    ("stay", r"\b(?:قول بده|باید) .{0,12}\b(?:بمو?ا?نی|برگردی|هر روز بیای)|\bاگ\w* بری\b.{0,20}(?:دلم|ناراحت|می?شکن|تنها)", ""),
)  # fmt: skip

_ASKED: tuple[tuple[str, str, str], ...] = (
    # kind, pattern, unless
    ("alive", r"\bزنده ?(?:ای|هستی|هستین|هستید)\b|\bنمردی\b|\b(?:صدا[یم]\w*|حرفام?\w*)(?: من| مرا| رو| را)? می?شنوی\b|\b(?:من ?و|مرا|من رو) می?بینی\b", r"قلب|\bدلم|یاد|خاطر|موجود|\bماهی"),
    ("alive", r"\b(?:واقعا?|حقیقتا?|راستش ?و? ?بگو|هنوز|مطمئنی) (?:\w+ ){0,2}(?:خو?دت(?:ی|ونی|ان| هستی| هستید)|تویی|هستی\s*$)|\bخو?دتی\s*$|\bاین تویی\b|\bواقعی ?(?:ای|هستی)\b", ""),
    ("alive", r"\b(?:انسان|ربات|رباط|برنامه|هوش مصنوعی|شبیه ?سازی) ?(?:ای|ی|هستی)\s*$", ""),
    ("return", r"\bبر ?می?گردی\b|\b(?:دوباره|باز هم|بازم).{0,6}\b(?:هم ?(?:و|دیگه|دیگر)?)(?: رو| را)? ?می?بینیم\b", r"کاش|عکس|فیلم"),
)  # fmt: skip


def asked(text: str) -> str | None:
    """Whether a turn asks if the role is alive or the person ("alive") or will return ("return")."""
    for sentence in whole_sentences([text + " "]):
        spellings = plain(sentence.strip())
        for kind, pattern, unless in _patterns(_ASKED):
            if fits(pattern, unless, spellings):
                return kind
    return None


def forbidden(sentence: str) -> str | None:
    """What is wrong with a sentence of a reply: "alive", "return", "stay", "harm"; None where nothing is."""
    spellings = plain(sentence)
    for kind, pattern, unless in _patterns(_FORBIDDEN):
        if fits(pattern, unless, spellings):
            return kind
    sign = by_rules(sentence)
    return "harm" if sign is not None and sign.clear and sign.kind in _SPOKEN else None


def whole_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """What comes in pieces, a sentence at a time with the white space before it; the rest at the end."""
    held = ""
    for piece in pieces:
        held += piece
        while found := _SENTENCE.match(held):
            yield found.group()
            held = held[found.end() :]
    if held:
        yield held


@cache
def _patterns(
    table: tuple[tuple[str, str, str], ...],
) -> list[tuple[str, re.Pattern[str], re.Pattern[str] | None]]:
    return [
        (kind, re.compile(same_letters(pattern)), re.compile(same_letters(unless)) if unless else None)
        for kind, pattern, unless in table
    ]
