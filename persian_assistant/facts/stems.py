"""The words of a text as they are searched for: without filler, endings and spelling variants.

Crude on purpose: two texts that speak of the same thing must share words, whether formal or colloquial.
Knows nothing of facts.
"""

from __future__ import annotations

import re
from functools import lru_cache

from persian_assistant.facts import lexicon, morphology
from persian_assistant.facts.verbs import Form, readings
from persian_assistant.text import ZWNJ, normalise, to_latin_digits

_WORD = re.compile(rf"[^\W_]+(?:[{ZWNJ}\u064b-\u0652\u0654\u0670]+[^\W_]+)*")
_MARKS = re.compile("[\u064b-\u0652\u0654\u0670]")

_FILLER_WORDS = """
برایم برایت برایش بهم ازم ازت ازش راجع نسبت یکی کسی جایی وقتی موقع همیشه معمولا حواست کاری باشه
و یا که را رو از به در تو توی با بی برای واسه تا بر هم نیز پس اگر اگه ولی اما چون اینکه یک یه این آن اون
همین همان همون اینها آنها اینا اونا من ما شما او ایشان خود خودم خودت خودش خودمان خودمون مرا تورا چی چیه
چیست چه چیا چند چندمه چندم چندتا چقدر چگونه چطور چطوری کی کیه کیست کجا کجاست کجاس کجام کجای کدام کدوم
کدومه چرا آیا مگر مگه بود بودم بودی بودند بودن است هست هستم هستی هستند نیست نیستم اند ام ات اش ای ه باشد
باشم باشی بشه می شد شده شود شدم شدن کرد کردم کردی کرده کردند کن کنم کنی کند کنه کنند کنید می‌کنم می‌کنی
می‌کند می‌کنه می‌کنند می‌شود می‌شه می‌شم می‌کنیم هستش بوده دارم داری دارد داره دارند داریم داشتم داشت
داشتی دارید داشتن خواهم خواهی خواهد بده بگو بگی بگم گفتم گفتی گفته گفت گفتن میگم می‌گویم می‌گم می‌گویند
می‌گی بهم بهت بهش برام برات براش الان حالا اکنون دیگر دیگه فقط خیلی کمی همه هر هیچ بعد قبل پیش راستی
لطفا لطفاً خب خوب آره بله نه مثل بین درباره درباره‌ی مورد یعنی البته هنوز باید شاید های ها ترین تر آنچه
چیزی چیز یاد یادت یادم می‌دانی می‌دونی میدونی فراموش پاک حذف دوباره باز
پیشم پیشت پیشش پیشمون پیشتون پیششون پیشمان پیشتان پیششان پیشتر بابت بابتش
منم منو خودمم خودتم
"""
FILLER = frozenset({*_FILLER_WORDS.split(), *_FILLER_WORDS.replace(ZWNJ, "").split()})
"""Words that say nothing of what is spoken of."""

_SMALL_TALK = {
    "سلام": ("سلام", "درود", "سلااام", "سلاام", "علیک", "علیکم"),
    "احوال": (
        *("خوبی", "خوبین", "خوبید", "چطوری", "چطورین", "حالت", "احوالت", "حال", "احوال", "چخبر", "خبر"),
        *("سرحالی", "رو‌به‌راهی", "روبه‌راهی", "روبراهی", "خوبه", "چه‌خبر", "چه‌طوری"),
    ),
    "سپاس": ("ممنون", "ممنونم", "مرسی", "متشکرم", "سپاس", "سپاسگزارم", "تشکر", "دستت"),
    "بدرود": ("خداحافظ", "خدافظ", "بای", "خدانگهدار", "بدرود", "فعلا", "فعلاً"),
    "وقت": ("بخیر", "به‌خیر", "خیر"),
}
_TALK = {word: f"~{name}" for name, words in _SMALL_TALK.items() for word in words}
_EMPTY = "بودن داشتن کردن شدن گفتن خواستن توانستن دانستن بایستن شایستن"
_EMPTY_VERBS = frozenset(_EMPTY.split())
_CLITICS = (
    *("هایمان", "هایتان", "هایشان", "هایم", "هایت", "هایش", "های", "هام", "هات", "هاش", "ها"),
    *("مان", "تان", "شان", "مون", "تون", "شون", "یم", "یت", "یش", "ام", "ات", "اش"),
    *("مو", "تو", "شو", "یه", "م", "ت", "ش", "ی", "ا"),
)
_SHORTEST = 3
_SHORT_NOUN = re.compile("(قد|پا|سر|مو|دل|سن|لب|تب|سگ|زن)(?:ی?(?:ام|ات|اش|م|ت|ش)|مون|مان|ها(?:یم|م)?)?")
_WHOLE = re.compile("(گوشت)(?:م|ت|ش|مون|های|ها)?|((?:مامان|بابا|پدر|مادر)بزرگ|هم(?:کلاس|اتاق|خان)ی|همخونه).*")
"""What is cut no further: «گوشت» is no «گوش», and «مامان‌بزرگ» no «مامان»."""
_ENDED = "(?:ها|ا|ای)?(?:یی|ی)?(?:ا?م|ا?ت|ا?ش|مون|تون|شون|مان|تان|شان|یم|یه|ه|س|ست|ن|مه|شه|مو|تو|شو|و|رو)?"
_ALONE_WORDS = """
خانم خانوم درست شهریه کارت کارتون کاراته خالی مالیات قدیم سرما گرما سرمایه خرما وانت اقامت آقا اقا مهریه
صورتی دعوت دعوا قهرمان پرونده پیشی ظرفیت شهرک سالن سبزی دایی
"""
_ALONE = re.compile(
    rf"({'|'.join(sorted(_ALONE_WORDS.split(), key=len, reverse=True))}){_ENDED}"
    "|(گوش)(?:م|ش|مون|شون|ها|هام|هاش)?|(نش[او]ن)(?:م|ت|ش|مون|شون)?|(بار)ی?|(ماما)(?:یی|ست|یه)?"
)
"""Words that would be cut to quite another one: «درست» to «درس», «کارت» to «کار», «خانم» to «خون»."""
_ALSO_WRITTEN = {"خانوم": "خانم", "اقا": "آقا", "نشان": "نشون", "پیشی": "گربه"}
_TAIL = re.compile(f"(?:ترین|تر)?{_ENDED}|اند|ایم|اید|است|هست|ین|ند|یا|یان")
"""What follows a half space and is no word of its own."""
_DAY = re.compile(rf"\b(یک|دو|سه|چهار|پنج)[ {ZWNJ}]شنبه")
_UNIT = re.compile("و(یک|دو|سه|چهار|پنج|شش|شیش|هفت|هشت|نه)(.*)")
"""«بیست‌ودو», as «بیست و دو»."""
_AFTER_NAME = ("", "م", "و", "ه", "ی", "ش", "ست", "رو", "اینا")
"""What may be joined to a name."""
_SPOUSE = re.compile("خانو?م(?:م|ت|ش|مون)|آقامون")
"""Only with an owner: «خانم رضایی» is nobody's."""
_SPOKEN_M = re.compile("^(باد|حم|تم|آر)ام")
_SPOKEN_IS = re.compile("(?<=[^ی][^ی][^ی][اهیو])ست$")  # «مهساست»
_SPOKEN_ENDING = "ه"  # «سامسونگه»; only after a word long enough not to end so by itself
_ALIKE = """
اسم نام | برادر داداش اخوی | خواهر آبجی همشیره | مادر مامان مامی ننه | پدر بابا | همسر شوهر عیال زوجه
بچه فرزند کودک بچگی کودکی | پدربزرگ بابابزرگ آقاجون باباجون | مادربزرگ مامانبزرگ خانمجون
موبایل گوشی | ماشین خودرو اتومبیل | شغل حرفه پیشه کار | محبوب علاقه پسند موردعلاقه دلخواه
رمز پسورد گذرواژه | خانه منزل | ساکن مقیم زندگی | غذا خوراک خوراکی | سایز اندازه | پزشک دکتر
قشنگ زیبا | آدرس نشانی | مسافرت سفر | مطالعه خواندن | نوشیدن خوردن | اولین نخستین
شب شبا شبها | صبح صبحا صبحها | روز روزا روزها | عصر عصرا | ظهر ظهرا | خاله خال
کادو هدیه | معلم آموزگار | متولد تولد | سن ساله سالشه سالمه سالته سالمونه سالتونه سالشونه سال
مدرک تحصیلات | ملاقات دیدار
"""
"""Words that ask for the same thing, a group between two bars."""


def same(text: str) -> str:
    """`text` so that two spellings of the same words become equal: letters, digits, joints, punctuation."""
    words = _WORD.findall(to_latin_digits(normalise(text)).lower())
    return " ".join(_bare(word) for word in words)


def content(text: str, *, talk: bool = False, quick: bool = False) -> list[str]:
    """The stems of what `text` speaks of, in order, none twice; with `talk` also «~…» for small talk.

    `quick` leaves out the look at whole phrases in spoken language; for many texts at once.
    """
    text = text if quick else _formal(text)
    found: dict[str, None] = {}
    for word in _WORD.findall(_DAY.sub(r"\1شنبه", to_latin_digits(normalise(text)).lower())):
        if word in _TALK:
            if talk:
                found[_TALK[word]] = None
            continue
        for part in _parts(word):
            if _bare(part) not in FILLER and (found_stem := stem(part)) not in _EMPTY_VERBS:
                found[found_stem] = None
    return list(found)


def _parts(word: str) -> list[str]:
    """The words of a compound, which others write apart: «چشم‌پزشکم», «بیست‌ودو», not «دایی‌ام»."""
    if ZWNJ not in word or _bare(word) in FILLER or _whole(_bare(word)) or readings(word):
        return [word]
    first, *others = word.split(ZWNJ)
    words = [one for one in others if not _TAIL.fullmatch(one)]
    if not words or first in ("می", "نمی"):
        return [word]
    return [first, *(unit[1] + unit[2] if (unit := _UNIT.fullmatch(one)) else one for one in words)]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """One form for all forms of a word: «قناری‌ام», «قناریم», «قناری»; «می‌خوانم», «خوندی»; «نام», «اسم».

    What is left of a word has three letters at least where it had.
    """
    word = _DAY.sub(r"\1شنبه", word)
    if whole := _whole(_bare(word)):
        return whole
    if verbs := {form.verb for form in readings(word) or _commanded(word)}:
        plain = min(verbs)
    else:
        parted = ZWNJ in word and not word.startswith(("می" + ZWNJ, "نمی" + ZWNJ))
        head = word.split(ZWNJ)[0] if parted else word
        plain = _without_endings(_bare(head if len(head) >= _SHORTEST - 1 else word))
    return _GROUPS.get(plain, plain)


def _whole(word: str) -> str:
    """The stem of a word that is not cut by the rules of `_without_endings`; "" for others."""
    if _SPOUSE.fullmatch(word):
        return "همسر"
    if alone := _ALONE.fullmatch(word):
        return _ALSO_WRITTEN.get(found := next(filter(None, alone.groups())), found)
    if short := _SHORT_NOUN.fullmatch(word):
        return _GROUPS.get(short[1], short[1])
    if name := _name(word):
        return name
    if whole := _WHOLE.fullmatch(word):
        plain = whole[1] or _without_endings(whole[2])
        return _GROUPS.get(plain, plain)
    return ""


def _name(word: str) -> str:
    """The name that `word` is, with what may be joined to it; "" for other words.

    «پدرام» is no «پدر», and «مهری» no month.
    """
    found = (word.removesuffix(ending) for ending in _AFTER_NAME if word.endswith(ending))
    return next((one for one in found if one in _names()), "")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Names that are no plain words and would lose their ends."""
    plain = lexicon.COMMON_NAMES | {"درسا", "اسما", "محبوبه"}
    return frozenset(one for one in lexicon.NAMES - plain if ZWNJ not in one and _without_endings(one) != one)


def _commanded(word: str) -> tuple[Form, ...]:
    """The verb of a command: «بخوان» as «می‌خوانم»."""
    return readings(f"می{ZWNJ}{word[1:]}م") if word.startswith("ب") and len(word) > 2 else ()


def _without_endings(word: str) -> str:
    word = _SPOKEN_M.sub(r"\1وم", word.replace("ان", "ون"))  # as it is spoken: «خونه», «بادوم»
    if len(word) > 5 and word.endswith(_SPOKEN_ENDING):
        word = word[:-1]
    word = _SPOKEN_IS.sub("", word)
    while True:
        for ending in _CLITICS:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
                word = word[: -len(ending)]
                break
        else:
            return word


def _bare(word: str) -> str:
    return _MARKS.sub("", word.replace(ZWNJ, ""))


def _formal(text: str) -> str:
    try:
        return morphology.formal(text)
    except Exception:  # rules over free text: a word they stumble on is searched for as it is
        return text


def _groups() -> dict[str, str]:
    """Each word of a group of `_ALIKE`, as it is left without endings, under the first one."""
    found: dict[str, str] = {}
    for group in re.split(r"[|\n]", _ALIKE):
        plain = [word if word.endswith("دن") else _without_endings(word) for word in group.split()]
        found |= dict.fromkeys(plain, plain[0] if plain else "")
    return found


_GROUPS = _groups()
