"""Everyday concepts, each with the words that speak of it: «محل کار», «سر کار», «مغازه» speak of work.

A question and what was told often share a concept and no word. Knows nothing of facts.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate

from persian_assistant.facts import lexicon
from persian_assistant.facts.question_cues import spaced
from persian_assistant.facts.question_values import kinds_named
from persian_assistant.facts.stems import stem
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

# A word stands for all that begin with it, one with «.» at its end for itself and its short endings; «_»
# is a blank that may be left out. What stands behind a bar is one of the concept's kinds: «چه ورزشی» may
# mean football, yet who asks for football does not mean any sport.
_TABLE = """
work: سر_کار محل_کار شغل. کار_می_کن کار_می_کرد کار_کرد شاغل درآمد پول_در نون_در خرج_خونه
 خرج_خانه خرج_زندگی پیشه حرفه مشغول امرار_معاش چیکاره چه_کاره کسب_و_کار کارم_چی کار. | استخدام
 کارمند کارگر اداره شرکت کارخانه کارخونه کارگاه مغازه دفتر_کار شیفت بازنشست بیکار فروشگاه
 کارآموز فریلنس دورکار
serve: خدمت سرباز سربازی نظام_وظیفه | پادگان ارتش
marry: تأهل تاهل ازدواج عروسی عقد. متأهل متاهل مجرد وصلت شوهر_کرد زن_گرفت | نامزد خواستگار
 بله_برون ماه_عسل طلاق
divorce: تأهل تاهل طلاق جدا_شد مطلقه متارکه متأهل متاهل
pet: پرنده. پرندم پرنده_م حیوان حیوون جونور جانور جاندار پت. خونگی خانگی سرپرستی
pain: درد. مریض بیمار مبتلا چشه. ناراحتی ناراحته ناخوش کسالت مشکل عارضه رنج_می | زانودرد کمردرد
 سردرد دل_درد پادرد دندون_درد دیسک میگرن آسم دیابت آرتروز سرطان فشار_خون معلول نابینا ناشنوا لنگ
 سکته کم_خون قند. معیوب سرما_خورد آنفولانزا تب. صرع کرونا نارسایی تیروئید سینوزیت واریس افسردگی
 لکنت بی_خوابی
surgery: چه_عملی عمل_کرد عمل_شد عمل. جراحی | پیوند_زد سزارین
hurt: بدن عضو شکست زخم پیچ_خورد در_رفت ترک_خورد مصدوم آسیب بریده بخیه گچ. کبود تصادف ضربه
learn: بلد یاد_می_گیر یاد_گرفت یاد_بگیر یادگیری آموخت می_آموز آموزش مهارت
study: تحصیل درس_خون درس_خوان درس_می_خ رشته مقطع مدرک چی_خوند خوندم. | دانشجو دانشگاه لیسانس
 فوق_لیسانس دکترا ارشد دیپلم کاردانی دانشکده معدل دانش_آموز
exam: آماده_می_ش کنکور امتحان آزمون کوئیز تست. مصاحبه آیلتس تافل
teach: تدریس درس_می_د درس_داد مدرس یاد_داد یادم_داد | معلم دبیر استاد آموزگار
read: کتاب رمان مطالعه می_خون می_خوان خوندم خواندم خونده خوانده | مجله
watch: تماشا می_بین دیدم
eat: می_خور خوردم خورده بخور خوراک غذا لقمه وعده | ناهار شام. صبحانه صبحونه آشپز می_پز پختم پخته
 لب_به لب_نمی رستوران کباب
meat: گوشت کباب گیاه_خوار وگان جوجه_کباب
drink: نوشیدن می_نوش | قهوه چای. چایی شربت آبمیوه نوشابه دمنوش دوغ
like: دوست_دار دوست_داشت عاشق علاقه محبوب خوشم_می خوش_م_می لذت می_چسب می_چسبه دلخواه طرفدار
 هوادار کیف_می ترجیح می_میرم
hate: متنفر بیزار بدم_می بدم_اومد حالم_به_هم حالم_بهم تنفر نفرت دوست_ندار تحمل_ندار خوشم_نمی
 نمی_تونم_تحمل فراری آزار اذیت رو_مخ رومخ_م کلافه عصبانی_م کفر_م حرصم نباید_داشته
fear: ترس. می_ترس بترس وحشت هراس فوبیا ترسو
allergy: حساسیت حساس. آلرژی کهیر عطسه
swim: استخر شنا. شناگر آب_تنی
sport: ورزش. ورزشی باشگاه تمرین | بدنساز بدن_ساز فوتبال والیبال بسکتبال شنا. استخر کوه. کوهنورد
 می_دو دویدن پیاده_رو یوگا پیلاتس ایروبیک کشتی تکواندو کاراته بوکس پینگ_پنگ تنیس ژیمناستیک اسکی
 رزمی جودو شمشیر
team: تیم. آبی. قرمز. هوادار طرفدار | پرسپولیس استقلال سپاهان تراکتور بارسا رئال
car: ماشین خودرو اتومبیل سوار_می سوارم | پراید پژو سمند تیبا پیکان ۲۰۶ ۲۰۷ رنو دنا. وانت شاسی
drive: رانند می_رون سوار_می پشت_فرمون پشت_فرمان | اسنپ تاکسی آمبولانس آژانس
commute: چقدر_طول_می_کش مسیر راه. راهه رفت_و_آمد رفت_آمد وسیله_ی_نقلیه وسیله_ی_رفت با_چی_می_ر
 با_چی_رفت چطوری_می_ر چطور_می_ر چه_جوری_می_ر با_چه_وسیله | مترو اتوبوس تاکسی بی_آر_تی سرویس
 پیاده_می می_رسونه دوچرخه اسنپ
put: گذاشت می_ذار می_گذار قایم پنهان مخفی جا_داد نگه_می نگهداری نگه_داشت جاش. جای. چپوند
lend: قرض بدهکار طلب. طلبکار امانت بده_کار بدهی وام_داد پس_بد پس_نداد
loan: وام. قسط اقساط بانک بابت
pay: پول_می_دم پول_داد پرداخت می_دم. می_دهم بابت هزینه خرج | اجاره کرایه قسط شارژ.
price: قیمت چند_خرید پولش_شد آب_خورد | تومن تومان میلیون دلار
buy: خریدم خریدیم خرید. خریده بخرم می_خرم گرفتم. سفارش
sell: فروش فروختم می_فروش فروخت مغازه
move: اسباب_کشی اثاث_کشی خونه_عوض خانه_عوض جابه_جا جابجا نقل_مکان خونه_ی_جدید خانه_ی_جدید کوچ.
 مهاجرت
leave: ول_کرد ترک_کرد رها_کرد گذاشتم_کنار استعفا کنار_گذاشت انصراف اخراج بیرون_اومد دراومدم
sleep: خواب می_خواب بخواب بیدار چرت. کابوس لالا بی_خواب
wake: بیدار پا_می_ش پا_شد کله_سحر آلارم زنگ_ساعت
die: فوت مرده مرد. مرگ مردن درگذشت زنده. از_دنیا رحمت. خاک_سپ چهلم سالگرد_فوت مرحوم عمرش
 از_دست_داد
birth: متولد تولد به_دنیا زاد. زایمان نوزاد زادروز زاییده
expect: باردار حامله بچه_دار
wish: آرزو رویا رؤیا دلم_می_خوا هدف. می_خوام_یه_روز خیال. حسرت
travel: سفر مسافرت مسافر مقصد گشت_و_گذار رفتیم رفتم. می_ریم بریم کجا_می_رم | تعطیلات زیارت پرواز
 بلیط بلیت قطار. تور.
gift: هدیه کادو یادگار بهم_داد به_من_داد برام_خرید برایم_خرید پیشکش | سوغات عیدی ارث
broken: چش_شده چش_بود چه_مشکلی_پیدا عیب. خراب داغون ترک_خورد نابود از_کار_افتاد پکید شکست
 خرابکاری بلا. چی_شد طوری_شد | سوخت. تعمیر پنچر نشتی هنگ.
repair: تعمیر درست_کر درست_می_کن تعمیرکار مکانیک تعمیرگاه گارانتی سرویس_کار
lose: گم. گم_کرد گم_شد جا_گذاشت دزد دزدید جا_موند ناپدید گمشده
find: پیدا. یافتم
calm: سرگرمی آروم آرامش سرگرم اوقات_فراغت حوصله فراغت تفریح وقت_آزاد ناراحتم غمگین دلم_می_گیره
make: درست_می ساختم می_ساز | بافتنی می_باف می_دوز دوخت خیاط سفال
paint: نقاشی آبرنگ رنگ_روغن طراحی
promise: قول. وعده تعهد
speak: گفتار حرف_زدن حرف_می_زن زبان زبون صحبت | لکنت لهجه تلفظ
tooth: دندون دندان
phone: گوشی موبایل تلفن_همراه
computer: کامپیوتر لپ_تاپ رایانه
net: وای_فای اینترنت مودم وصل_ش وایفای
password: رمز. پسورد گذرواژه رمزش باز_می_ش پین. | کد. قفل
number: شماره عدد رقم. | پلاک کد.
boss: رئیس مدیر سرپرست کارفرما
temper: اخلاق جور_آدم چه_جوریه خصوصیت رفتار. شخصیت | بداخلاق خوش_اخلاق سخت_گیر مهربون مهربان
 عصبی شوخ خسیس لجباز پرحرف تنبل حساسه آرومه وسواس خجالتی ساکت کم_حرف مغرور جدیه
size: سایز اندازه شماره_ی_کفش شماره_ی_پا | متراژ متری متره
height: قد. بلند. سانت متر_و قدم_
weight: وزن کیلو
colour: رنگ | سفید سیاه مشکی آبی. قرمز سبز. زرد. خاکستری نقره_ای طوسی صورتی بنفش نارنجی قهوه_ای
 سرمه_ای زرشکی کرم.
brand: مارک برند شرکت_سازنده ساخت_
music: ساز. می_نواز موسیقی | می_زنم آهنگ گیتار پیانو سه_تار سنتور ویولن تنبک دف. نی. تار.
sing: خواننده آواز | می_خونه صدا. کنسرت ترانه
clothes: لباس | پیراهن شلوار کفش کت. مانتو
plant: می_کاره گل. گلدون گلدان گیاه | کاکتوس باغچه درخت کاشت می_کار کاشتم نهال
drug: دارو دوا. مصرف | قرص آمپول ویتامین انسولین کپسول
doctor: دکتر پزشک نوبت. ویزیت مطب معاینه چکاپ دندون_پزشک دندان_پزشک
meet: می_شناس شناختم آشنایی آشنا_ش ملاقات دیدار | جلسه
friend: دوستم رفیق صمیمی رفاقت
help: کمک یاری نجات دست_گیری
home: خونه خانه منزل آپارتمان سکونت ساکن می_شین زندگی_می محله | مستاجر مستأجر صاحب_خونه
origin: اهل. اصالت اصلیت ریشه زادگاه کجایی ولایت اجداد | بچه_ی_ بزرگ_ش
school: مدرسه کلاس_چند چندمه پایه_ی_چند | دبستان دبیرستان کلاس_اول کلاس_دوم کلاس_سوم کلاس_چهارم
 کلاس_پنجم کلاس_ششم مهدکودک
kid: بچه فرزند اولاد | دوقلو پسر. دختر. نوزاد
childhood: بچگی کودکی بچه_که_بود کوچیک_که_بود کوچک_که_بود خردسال
collect: کلکسیون سرگرمی جمع_می مجموعه جمع_آوری
bank: بانک حساب. پولام پس_انداز سپرده
money: پولام پولم حساب درآمد حقوق. دستمزد
save: پس_انداز پول_جمع جمع_می_کنم کنار_می_ذار
quarrel: دعوا قهر. کدورت جر_و_بحث
event: چه_اتفاقی چه_بلا اتفاق ماجرا حادثه سانحه
accident: تصادف حادثه سانحه چپ_کرد
smoke: سیگار قلیون قلیان
party: مهمونی مهمانی جشن تولد دورهمی پاتختی
guest: مهمون مهمان میاد_خونه
:
glasses: عینک نمره_ی_چشم بینایی نزدیک_بین شماره_ی_چشم
hair: مو. موهام موی | آرایشگاه سلمونی کچل
body: عضو کجای_بدن کجام | دست. پا. کمر زانو زانوم زانوش شونه گردن مچ. قلب کلیه معده
visit: سر_زد سر_می_زن دیدن. ملاقات عیادت
clean: نظافت تمیز ظرف. جارو شستن کار_خونه خونه_داری
cook: آشپزی می_پز پختن دستپخت دست_پخت درست_می_کن درست_کن
shop: مغازه فروشگاه دکان دکون می_فروش کاسب | بوتیک سوپر طلافروشی خیاطی آرایشگاه رستوران_زد
 رستوران_دار
brave: افتخار قهرمان جایزه مدال برنده مقام. المپیاد
project: پروژه پایان_نامه پایان_نام
writer: می_نویس شعر. شاعر وبلاگ خاطرات
faith: خرافات شگون باور_
"""
_ENDINGS = wordset(
    "م ت ش ه ی ا ها هام های هاش هایم هایش مون مان شون شان یم یه ست س ام اش و رو ای است مه شه مو شو"
) | {""}
_Rows = dict[str, frozenset[str]]
_OF_ATTRIBUTE = {"job": "work", "live": "home", "illness": "pain", "instrument": "music"}
_ALSO = {
    "age": "سال ساله سن",
    "name": "اسم نام",
    "birth": "تولد",
    "wake": "بیدار",
    "weight": "کیلو",
    "price": "تومان",
}
_VERB = ("", "نمی", "می", "ب", "ن")
_LONGEST = 18
_BY_KIND = {"=job": "work", "=illness": "pain", "=instrument": "music", "=colour": "colour"}
"""Concepts of the kinds of listed values: «نجار» is said of work."""


@lru_cache(maxsize=1)
def _table() -> tuple[_Rows, _Rows]:
    """What begins a word, and what is a whole word without its ending → concepts; «-» before a kind's."""
    begins: dict[str, set[str]] = {}
    whole: dict[str, set[str]] = {}
    for row in _TABLE.strip().replace("\n ", " ").splitlines():
        name, _, words = row.partition(":")
        sign = "+"
        for word in words.split():
            plain = word.replace("_", "").replace(ZWNJ, "")
            if plain == "|":
                sign = "-"
                continue
            into = whole if plain.endswith(".") else begins
            into.setdefault(plain.removesuffix("."), set()).add(f"{sign}{name}")
    for animal in lexicon.ANIMALS:
        whole.setdefault(animal.replace(ZWNJ, ""), set()).add("-pet")
    return ({k: frozenset(v) for k, v in begins.items()}, {k: frozenset(v) for k, v in whole.items()})


@lru_cache(maxsize=8192)
def _spoken(text: str) -> dict[str, frozenset[str]]:
    words = spaced(text).words
    plain = [word.replace(ZWNJ, "") for word in words]
    found: dict[str, frozenset[str]] = {}
    for at in range(len(words)):
        for concept, upto in _at(plain, at):
            for word in words[at:upto]:
                found[word] = found.get(word, frozenset()) | concept
    return found


def asked(text: str) -> dict[str, frozenset[str]]:
    """The words of a question, as written, that name a concept («+work») as a whole, with its concepts."""
    named = {word: frozenset(one for one in some if one[0] == "+") for word, some in _spoken(text).items()}
    return {word: some for word, some in named.items() if some}


def of_words(text: str) -> frozenset[str]:
    """The concepts that the words of a statement speak of."""
    return frozenset(f"+{one[1:]}" for some in _spoken(text).values() for one in some)


def stated(text: str) -> frozenset[str]:
    """The concepts of a statement: of its words, and of the kinds of what it lists."""
    return of_words(text) | _of_kinds(text)


def _of_kinds(text: str) -> frozenset[str]:
    return frozenset(f"+{_BY_KIND[kind]}" for kind in kinds_named(text) if kind in _BY_KIND)


def _at(plain: list[str], at: int) -> list[tuple[frozenset[str], int]]:
    """Concepts of what begins at a word, each with the place behind its last word."""
    begins, whole = _table()
    joined = "".join(plain[at : at + 4])
    ends = list(accumulate(len(word) for word in plain[at : at + 4]))
    found = []
    for verb in _VERB:
        if not joined.startswith(verb):
            continue
        for size in range(len(verb) + 2, min(len(joined), len(verb) + _LONGEST) + 1):
            part = joined[len(verb) : size]
            last = next(place for place, end in enumerate(ends) if end >= size)
            if part in begins:
                found.append((begins[part], at + last + 1))
            if part in whole and joined[size : ends[last]] in _ENDINGS:
                found.append((whole[part], at + last + 1))
    return found


@lru_cache(maxsize=1)
def _plain_of() -> dict[str, tuple[str, ...]]:
    words: dict[str, list[str]] = {}
    for table in _table():
        for word, concepts in table.items():
            for one in concepts:
                words.setdefault(one[1:], []).append(stem(word))
    return {name: tuple(dict.fromkeys(some)) for name, some in words.items()}


def asked_with(mark: str) -> tuple[str, ...]:
    """The words of a concept or an attribute («+work», «=job»), as stems; nothing for a word."""
    if mark[0] not in "+=":
        return ()
    name = mark[1:]
    return (*_plain_of().get(_OF_ATTRIBUTE.get(name, name), ()), *map(stem, _ALSO.get(name, "").split()))
