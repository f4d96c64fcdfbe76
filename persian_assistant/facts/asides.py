"""A turn before it is read: talk around the fact taken away, and speech that hides its clause written out.

Works on the text of one turn; every rule leaves a sentence that the clause reader knows.
"""

from __future__ import annotations

import re

from persian_assistant.facts import lexicon
from persian_assistant.facts.copulas import enclitic
from persian_assistant.facts.times import is_number
from persian_assistant.facts.verbs import Form, readings
from persian_assistant.facts.words import split_owner
from persian_assistant.text import ZWNJ

_J = f"[{ZWNJ} ]?"
_START, _END = rf"(?<![\w{ZWNJ}])", rf"(?![\w{ZWNJ}])"


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(_START + "(?:" + "|".join(alternatives) + ")" + _END)


_OPENERS = _words(
    r"(?:حواست|یادت|خاطرت|تو جریان|در جریان) (?:هم )?(?:باشه|باشد|بمونه|بماند|نره|نرود)(?: که)?",
    r"(?:بذار|بزار|بگذار)(?: (?:اینو|این رو|این را))?(?: بهت)? (?:بگم|بگویم)(?: که)?",
    r"(?:اینو|این رو|این را)(?: هم)?(?: بهت)? (?:بگم|بگویم)(?: که)?",
    r"(?:بهت|برات) (?:بگم|بگویم)(?: که)?",
    r"(?:باید|لازمه|خواستم|می‌خواستم|یادم رفت|یادم رفته بود|نگفتم)(?: بهت)? (?:بگم|بگویم|بدونی|بدانی)(?: که)?",
    r"(?:محض|جهت|برای) اطلاعت?(?: بگم)?(?: که)?",
    r"(?:ناگفته نماند|ناگفته نمونه|از تو چه پنهون|از تو چه پنهان|راستش رو بخوای|راستشو بخوای)(?: که)?",
    r"(?:یه|یک) (?:اعتراف|چیزی|چیز|نکته|رازی?)(?: بهت)? (?:بکنم|بگم|بگویم)[؟?:،]?",
    r"(?:خوبه|بد نیست|جالبه) (?:بدونی|بدانی)(?: که)?",
    r"(?:نه،? )?(?:ببخشید،? |شرمنده،? |معذرت،? )?اشتباه (?:گفتم|شد|کردم|تایپ کردم|نوشتم|گفته بودم)(?: که)?",
    r"از وقتی (?:یادمه|یادم میاد|یادم می‌آید|یادم است)",
    r"(?:برای|واسه) (?:همیشه|خودم|خودمون)",
)
_RHETORIC = re.compile(
    rf"{_START}(?:می{_J}دونستی|می{_J}دونی|می{_J}دانستی|خبر داری|خبر داشتی)(?: که)?،? ([^.!؟?]+)[؟?]"
)
_ASKED = _words("چی|چیه|چه|کی|کیه|کجا|کجاست|چرا|چطور|چطوری|چند|چنده|کدوم|کدام|چقدر|کیست|چیست|چیکار")
_PLANS = (
    (_words(rf"(?:تصمیم|قصد|عزم)(?: رو| را)? ?(?:گرفته{_J}ام|گرفتم|دارم|گرفته{_J}م)(?: که)?"), "می‌خواهم"),
    (_words(rf"(?:تصمیم|قصد) (?:گرفته{_J}ایم|گرفتیم|داریم)(?: که)?"), "می‌خواهیم"),
    (_words(r"(?:در نظر|برنامه|خیال) دارم(?: که)?"), "می‌خواهم"),
    (_words(r"عادت (?:دارم|کرده‌ام|کردم)(?: که)?"), "عادتاً"),
    (_words(r"(?:وقتی|زمانی|موقعی)(?: که)? (?:بچه|کوچک|کوچیک|نوجوان|نوجوون) بود(?:م|یم)"), "بچگی"),
)
_CUT = re.compile(
    rf"(?<=\S)[ ،]+(?:مخصوصا|مخصوصاً|به‌خصوص|بخصوص|به خصوص|خصوصا|خصوصاً|علی‌الخصوص|حتی اگه|حتی اگر|حتی وقتی"
    rf"|حتی|اگه|اگر|وقتی|البته اگه|از بس|ماشالا|ماشالله|ایشالا|ان‌شاءالله){_END}[^.!؟?؛\n]*"
)
_BUSY = re.compile(
    rf"{_START}(در|تو|توی) ([^.!؟?،]{{2,40}}?) (?:مشغول(?: به)?(?: کار)?|سر{_J}کار|شاغل) ?{ZWNJ}?"
    rf"(م|ام|ه|ست|هستم|است|هست|شدم|شده{_J}ام|شده){_END}"
)
_GONE = re.compile(
    rf"{_START}(?:رفته|رفتم|رفت|اومده|اومدم|آمده|آمده{_J}ام|رفته{_J}ام) (?:(?:به|تو|توی|در) )?"
    rf"(\S+(?: \S+)?) (?=(?:زندگی|کار|درس|تحصیل) می{_J})"
)
_SPAN = re.compile(
    rf"{_START}((?:[^\W_]+ و )?[^\W_]+) (سال|ماه|هفته|روز)(ه|{ZWNJ}ست| است| هست"
    rf"|ی (?:می{_J}شه|می{_J}شود|هست|است))( که)?(?= )"
)
_PLAIN_WORDS = (
    (_words("هستش"), "است"),
    (_words("بنده|اینجانب"), "من"),
    (_words(f"در حال حاضر|هم{_J}اکنون"), "الان"),
)
_AS = re.compile(
    rf"{_START}(?:به عنوان|بعنوان|به{ZWNJ}عنوان) ((?!یک|یه)\S+(?: \S+)??|(?:یک|یه) \S+) "
    rf"(?:(?:مشغول(?: به)?(?: کار)?|شاغل) ?{ZWNJ}?(م|ام|هستم|ه|ست|است|هست)|(?:دارم |داره |دارد )?کار "
    rf"(می{_J}کنم|می{_J}کنه|می{_J}کند)){_END}"
)
_I_AM = re.compile(
    rf"(?:^|(?<=[.!؛] )|(?<=سلام )|(?<=سلام، ))من ([^\W\d_]+)،? (?=[0-9۰-۹]+ ?{ZWNJ}?سال(?:مه|م|ه))"
)
_BRIEFLY = re.compile(
    rf"{_START}([0-9۰-۹]+) ?{ZWNJ}?سال(?:ه{ZWNJ}?ام|ه|مه|م)?(?: هستم)?[ ،]+(?:و )?"
    rf"(?:از|اهل|ساکن) ?(?:شهر )?(\S+?)"
    rf"(?: هستم)?(?=$|[.!،؛])"
)
_NOT_SO = re.compile(rf"(?<=\S) ?،? ?(?<![\w{ZWNJ}])نه [^\W_]+(?=\s*(?:[.!؛]|$))")
"""«۲۵ سالشه نه ۲۷»: what is not so, told after what is."""
_SELF_TOLD = _words("من|اسمم|نامم|خودم")
_APPOSED = re.compile(r"^([^\s،]+)، ([^،.!؟?]+?)، ([^،]+)")
_HONORIFIC = r"(?:خانم|آقای|خانوم|دکتر|مهندس|استاد) \S+"
_INTRODUCED = re.compile(rf"{_START}(?:یه|یک) (\S+) (?:دارم|داریم)، ({_HONORIFIC}|\S+)، ")
_HAVE = re.compile(r"[.!؟?؛،\n]| ولی | اما ")


_NEW = re.compile(rf"{_START}(\S+?)(?:{ZWNJ}ی|ی)? (?:جدید|تازه|فعلی)(م|مون|مان){_END}")
_IF = re.compile(r"(^|[.!؟?؛\n]\s*)(?:اگه|اگر) [^.!؟?؛\n]*")
_GRAND = re.compile(rf"{_START}(پدر|مادر|بابا|مامان) بزرگ(?=[مت]|{ZWNJ}|ی? من)")
_MEAL = re.compile(
    rf"{_START}(صبحانه|صبحونه|صبونه|ناهار|نهار|شام|افطار) (?!رو|را|ن?می|و )"
    rf"(?=[^.!؟?،]{{2,30}} (?:می{_J}خور|خورد))"
)
_UNFIT = re.compile(rf"{_START}(\S+(?: \S+)?) (?:بهم|به من) نمی{_J}(?:سازه|سازد){_END}")
_LIKE = re.compile(rf"{_START}(?:دوست|آرزو) دارم(?: که)? ")
_LIPS = re.compile(rf"{_START}لب به (\S+(?: \S+)?) ن(?:می{_J}زنم|زده{_J}ام|زدم|زده{_J}م){_END}")
_COLOURED = re.compile(
    rf"{_START}(\S*[^\Wاو]ه) ({'|'.join(sorted(lexicon.COLOURS))})(?= [^\Wاه])(?! است| هست| بود| شد| کرد)"
)


_CALLED = re.compile(
    r"^((?:سلام|درود|خب|ببین|آره|نه|راستی)?[ ،]*)(?:(?:پسرم|دخترم|عزیزم|جونم|جانم|داداشم?|رفیق|حاجی|آقا)[،!] "
    r"|(?:داداش|رفیق|حاجی) (?=من [^،.!؟]*م(?:[،.!؟]|$)))"
)
_LIVING_IN = re.compile(rf"، (ساکن|اهل|مقیم|بچه{_J}ی) ([^\W\d_]+)(?=\s*(?:[.!؛،]|$))")
_YEARS_OLD = re.compile(
    rf"{_START}(یک|دو|سه|چهار|پنج|شش|شیش|هفت|هشت|نه|ده|یازده|دوازده|سیزده|چهارده|پونزده|شونزده|بیست)(سالمه|سالشه|ساله)"
    rf"{_END}"
)
_HAS_COME = re.compile(
    rf"{_START}(\S+(?: و \S+)?) (سال|ماه)(?:ه|{ZWNJ}ست)(?: که)? (اومدم|اومدیم|آمدم|آمده{_J}ام|رفتم|رفتیم) "
    rf"(?:به )?([^\W\d_]+)(?=$|[ .،!؛])"
)
_TOLD_TO = re.compile(
    rf"(^|[.!؛،] )[^.!؟?؛،\n]{{2,25}}? (?:گفت|گفته|می{_J}گه|می{_J}گوید|گفتن|گفتند)(?: بهم)?(?: که)?،? "
    r"(?=(?:باید|نباید) )"
)
"""«دکتر گفت باید …»: what is to be done, whoever said so."""
_QUARREL = re.compile(rf"{_START}(بحث|دعوا|جر ?و ?بحث){_J}(م|مون|مان)(?: هم)? (?:شد|شده){_END}")
"""«با رئیسم دعوام شد»"""
_SPOKEN_SO = ((_words(r"دوس(?= ن?دار)"), "دوست"),)


_FIGURES = re.compile(
    rf"{_START}(قد|وزن|سن|معدل)م ([0-9۰-۹]+(?:[./٫][0-9۰-۹]+)?)(?= *(?:$|[،.؛]|و? ?(?:قد|وزن|سن|معدل)م))"
)
"""«قدم ۱۷۵ وزنم ۶۸»"""


def _added(match: re.Match[str]) -> str:
    """«… هفتاد سالمه، ساکن اراک»: the copula that is left out."""
    before = match.string[: match.start()]
    told = match[2] in lexicon.PLACES and (_SELF_TOLD.search(before) or re.search("سال(?:مه|م|ه)$", before))
    return f"{match.group()} هستم" if told else match.group()


def _settled(match: re.Match[str]) -> str:
    """«دو ساله اومدم مونترال»: where one lives now, and since when."""
    number, unit, verb, place = match.groups()
    if not all(is_number(part) for part in number.replace(" و ", " ").split()):
        return match.group()
    return f"از {number} {unit} پیش در {place} زندگی می‌کن{'یم' if verb.endswith('یم') else 'م'}"


def plain(text: str) -> str:
    """`text` without the talk around its facts."""
    text = _CALLED.sub(r"\1", text)
    text = _YEARS_OLD.sub(r"\1 \2", text)
    for pattern, instead in _SPOKEN_SO:
        text = pattern.sub(instead, text)
    text = _QUARREL.sub(lambda m: f"{m[1]} کرد{'م' if m[2] == 'م' else 'یم'}", text)
    text = _TOLD_TO.sub(r"\1", text)
    text = _HAS_COME.sub(_settled, text)
    text = _FIGURES.sub(r"\1م \2 است،", text)
    text = _LIVING_IN.sub(_added, text)
    text = text.replace("هٔ", f"ه{ZWNJ}ی").replace("ۀ", f"ه{ZWNJ}ی")
    text = _RHETORIC.sub(lambda m: m.group() if _ASKED.search(m.group(1)) else m.group(1) + ".", text)
    text = _OPENERS.sub(" ", text)
    for pattern, instead in _PLANS:
        text = pattern.sub(instead, text)
    text = _NEW.sub(_renewed, text)
    text = _IF.sub(r"\1", text)
    text = _GRAND.sub(
        lambda m: m.group(1) + ("بزرگ" if m.group(1) in ("پدر", "مادر") else f"{ZWNJ}بزرگ"), text
    )
    for pattern, instead in _PLAIN_WORDS:
        text = pattern.sub(instead, text)
    text = _NOT_SO.sub(_denied, text)
    text = _AS.sub(_as_trade, text)
    text = _I_AM.sub(lambda m: f"اسمم {m[1]} است، " if m[1] in lexicon.NAMES else m.group(), text)
    text = _BRIEFLY.sub(_in_brief, text)
    text = _UNFIT.sub(r"به \1 حساسیت دارم", text)
    text = _LIKE.sub(_wished, _MEAL.sub(r"برای \1 ", text))
    text = _CUT.sub("", " ".join(text.split()))
    text = _BUSY.sub(_worked, text)
    text = _GONE.sub(r"در \1 ", text)
    text = _LIPS.sub(r"\1 نمی‌خورم", text)
    text = _COLOURED.sub(_linked, text)
    text = _SPAN.sub(_since, text)
    text = _INTRODUCED.sub(_introduced, text)
    return " ".join(_APPOSED.sub(_apposed, text).split()).strip(" ،")


def _denied(match: re.Match[str]) -> str:
    before = re.split(r"[.!؟?؛،]", match.string[: match.start()])[-1].split()
    told = bool(before) and (enclitic(before) is not None or bool(readings(before[-1])))
    return "" if told and before[-1] != "و" else match.group()


def _as_trade(match: re.Match[str]) -> str:
    """«در X به عنوان حسابدار مشغول کارم» → «در X کار می‌کنم، شغلم حسابدار است»."""
    trade, ending, verb = match.groups()
    mine = (verb or ending) in ("م", "ام", "هستم") or (verb or "").endswith("نم")
    who = "شغلم" if mine else "شغلش"
    return f"کار می‌{'کنم' if mine else 'کند'}، {who} {trade} است"


def _in_brief(match: re.Match[str]) -> str:
    """«من هلیام، ۲۶ ساله، از گرگان» → «… ۲۶ سالمه، اهل گرگان هستم»."""
    before = match.string[: match.start()]
    age, place = match.groups()
    if place not in lexicon.PLACES or not _SELF_TOLD.search(before):
        return match.group()
    return f"{age} سالمه، اهل {place} هستم"


def _wished(match: re.Match[str]) -> str:
    """«دوست دارم خلبان بشم»: what one wants to do, not what one likes."""
    form = _last_form(match.string[match.end() :])
    wish = form is not None and form.tense == "subjunctive" and form.person == 1
    return "می‌خواهم " if wish else match.group()


def _renewed(match: re.Match[str]) -> str:
    """«خونه‌ی جدیدمون» is asked for as «خونه‌مون»."""
    noun, ending = match.groups()
    if lexicon.SPOKEN.get(noun, noun) not in lexicon.POSSESSED:
        return match.group()
    return noun + (ZWNJ if noun.endswith("ه") else "") + ending


def _linked(match: re.Match[str]) -> str:
    """«دوچرخه نارنجی» → «دوچرخه‌ی نارنجی»."""
    noun, colour = match.groups()
    known = noun in lexicon.POSSESSED or lexicon.SPOKEN.get(noun, noun) in lexicon.POSSESSED
    return f"{noun}{ZWNJ}ی {colour}" if known else match.group()


def _worked(match: re.Match[str]) -> str:
    done = match.group(3) in ("ه", "ست", "است", "هست", "شده")
    return f"{match.group(1)} {match.group(2)} کار {'می‌کند' if done else 'می‌کنم'}"


def _last_form(text: str) -> Form | None:
    """The last finite verb before `text` stops."""
    stop = _HAVE.search(text)
    found = [form for word in text[: stop.start() if stop else None].split() for form in readings(word)[:1]]
    return found[-1] if found else None


def _since(match: re.Match[str]) -> str:
    """«سه ساله سنتور می‌زنم»: since three years ago; «پسر سه ساله» stays an age."""
    number, unit, _, linked = match.groups()
    if not all(is_number(part) for part in number.replace(" و ", " ").split()):
        return match.group()
    form = _last_form(match.string[match.end() :])
    before = match.string[: match.start()].rstrip()
    if not linked:
        opens = not before or before[-1] in ".!؟?؛،" or _names(before.split()[-1])
        being = form is None or form.verb in ("بودن", "شدن")
        if not opens or (being and not _of_trade(match.string[match.end() :])):
            return match.group()
    ended = form is not None and form.tense in ("past", "perfect", "pluperfect") and not form.negative
    return f"{'' if ended else 'از '}{number} {unit} پیش"


def _of_trade(text: str) -> bool:
    """Whether the clause at the start of `text` says what somebody's trade is: «… طراحه», «… معلم است»."""
    stop = _HAVE.search(text)
    told = text[: stop.start() if stop else None].split()
    if not told:
        return False
    if told[-1] in ("است", "هست", "هستم") and len(told) > 1:
        return any(word in lexicon.TRADES for word in told)
    found = enclitic(told)
    return found is not None and (found[0] in lexicon.TRADES or bool(lexicon.TRADES & set(told)))


def _names(word: str) -> bool:
    stem, owner, sure = split_owner(word)
    if owner == 1 and sure:
        return True
    return (
        word in ("من", "ما", "که", "الان", "هم", "حدود", "تقریبا", "تقریباً")
        or word in lexicon.NAMES
        or (stem in lexicon.KIN and owner > 0)
    )


def _apposed(match: re.Match[str]) -> str:
    """«نیلوفر، همکلاسیم، رفت» → «اسم همکلاسیم نیلوفر است. همکلاسیم رفت»."""
    first, second, rest = match.groups()
    if not (form := _last_form(rest)) or form.person not in (3, 6):
        return match.group()
    for who, name in ((second, first), (first, second)):
        stem = split_owner(who.split()[0])[0]
        related = stem.split(ZWNJ + "ی")[0] in lexicon.KIN and any(
            split_owner(w)[1] == 1 for w in who.split()
        )
        if related and not readings(name) and len(name.split()) < 4:
            return f"اسم {who} {name} است. {who} {rest}"
    return match.group()


def _introduced(match: re.Match[str]) -> str:
    """«یه همکار دارم، خانم صبوری، …» → «یه همکار دارم. اسم همکارم خانم صبوری است. همکارم …»."""
    who, name = match.groups()
    related = who in lexicon.KIN or who in lexicon.ANIMALS
    form = _last_form(match.string[match.end() :])
    if not related or readings(name) or form is None or form.person not in (3, 6):
        return match.group()
    mine = who + (f"{ZWNJ}ام" if who.endswith(("ه", "ی")) else "م")
    return f"یک {who} دارم. اسم {mine} {name} است. {mine} "
