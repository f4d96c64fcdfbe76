"""Fixed sentences of the views: how a fact is acknowledged, and how one says that it was never told."""

from __future__ import annotations

ACKNOWLEDGED = (  # not «به خاطر سپردم: …»: so the program says what it has kept, and a model's guess must not
    "یادم می‌ماند که {}.",
    "باشد، {}.",
    "متوجه شدم؛ {}.",
    "خوب شد گفتی. پس {}.",
    "چه خوب که گفتی، {}.",
    "فهمیدم، {}.",
)
NOT_TOLD = (
    "این را هنوز به من نگفته‌ای.",
    "در این باره چیزی به من نگفته‌ای.",
    "نمی‌دانم، هنوز این را از تو نشنیده‌ام.",
    "این یکی را برایم نگفته‌ای.",
    "خبر ندارم؛ چیزی درباره‌اش نگفته‌ای.",
    "هنوز نگفته‌ای، پس نمی‌دانم.",
)
NOTED = (
    "ممنون که گفتی، یادم می‌ماند.",
    "متوجه شدم؛ یادم می‌ماند.",
    "ممنون که برایم گفتی.",
    "یادم می‌ماند، ممنون که گفتی.",
)
"""How a small model answers what it was told: good news or bad."""
LISTENING = ("می‌شنوم؛ ادامه بده.", "گوش می‌دهم؛ بیشتر بگو.", "خب، دیگر چه خبر؟")
"""How a very small one answers what it has no words for and was not asked."""
CARE = (
    "متأسفم که این‌قدر درد می‌کشی. تنها نمان؛ همین حالا به یک آدم نزدیک یا به ۱۲۳ زنگ بزن.",
    "ممنون که گفتی. من یک برنامه‌ام و کافی نیستم؛ همین الان با یک نفر نزدیک یا با ۱۲۳ حرف بزن.",
    "حرفت را جدی می‌گیرم. از هر چه آسیب می‌زند دور شو و به ۱۱۵ یا ۱۲۳ زنگ بزن؛ کسی گوش می‌دهد.",
)
"""How a small model answers acute distress, beside the help lines."""
LESSON = "اگر بگویی «{question}»، می‌گویم: {answer}"
"""How a corrected answer is recalled."""
_LESSON_BEGINS, _, _LESSON_GOES_ON = LESSON.removesuffix("{answer}").partition("{question}")
OWNERS = (
    "برادر",
    "خواهر",
    "مادر",
    "پدر",
    "دایی",
    "عمو",
    "خاله",
    "همسایه",
    "همکار",
    "دوست",
    "پسرخاله",
    "دخترعمو",
    "اسب",
    "گربه",
    "سگ",
    "طوطی",
    "ماشین",
    "خانه",
    "دوچرخه",
    "گوشی",
    "معلم",
    "رئیس",
    "پدربزرگ",
    "مادربزرگ",
    "همسر",
    "عینک",
    "کیف",
    "لپ‌تاپ",
)
THINGS = ("ماشین", "خانه", "دوچرخه", "گوشی", "عینک", "کیف", "لپ‌تاپ")
# (question, attribute it asks for, whether its owner is said the spoken way).
# {of} is «برادر من», {own} «برادرم».
UNTOLD: tuple[tuple[str, str, bool], ...] = (
    ("اسم {of} چیست؟", "اسم", False),
    ("{own} اسمش چیه؟", "اسم", True),
    ("رنگ {of} چیست؟", "رنگ", False),
    ("سن {of} چقدر است؟", "سن", False),
    ("{own} چند سالشه؟", "سن", True),
    ("{own} کجاست؟", "جا", True),
    ("{of} را کی دیدم؟", "*", False),
    ("درباره‌ی {of} چه می‌دانی؟", "*", False),
    ("رنگ مورد علاقه‌ی من چیست؟", "رنگ مورد علاقه", False),
    ("غذای مورد علاقه‌ام چیست؟", "غذا/کباب", False),
    ("کجا زندگی می‌کنم؟", "زندگی/ساکن/خانه", False),
    ("کجا کار می‌کنم؟", "کار کردن/شغل/کار", False),
    ("شغل من چیست؟", "شغل/کار کردن/کار", False),
    ("من چند سال دارم؟", "سن|کاربر", False),
    ("اسم من چیست؟", "اسم|کاربر", False),
    ("تولدم کی است؟", "تولد/متولد", False),
    ("اهل کجا هستم؟", "اهل", False),
    ("شماره‌ی شناسنامه‌ام چند است؟", "شناسنامه", False),
    ("گروه خونی من چیست؟", "گروه خونی", False),
    ("پلاک خانه‌ام چند است؟", "پلاک", False),
    ("از چه چیزی می‌ترسم؟", "ترس/وحشت", False),
    ("به چه غذایی حساسیت دارم؟", "حساسیت/آلرژی", False),
    ("دیروز با چه کسی ناهار خوردم؟", "خوردن", False),
    ("پارسال کجا سفر کردم؟", "رفتن/سفر/مسافرت/پارسال", False),
    ("چه سازی می‌زنم؟", "زدن/ساز/گیتار/پیانو", False),
    ("تیم محبوبم کدام است؟", "تیم", False),
    ("قد من چقدر است؟", "قد", False),
    ("چند تا خواهر دارم؟", "خواهر", False),
    ("در دانشگاه چه خواندم؟", "خواندن/رشته/دانشگاه", False),
    ("ساعت چند می‌خوابم؟", "خوابیدن", False),
    ("کلیدم کجاست؟", "کلید", False),
    ("به چه کسی پول بدهکارم؟", "بدهکار/قرض", False),
    ("چه ماشینی دارم؟", "ماشین", False),
    ("شماره‌ی کفشم چند است؟", "کفش", False),
)


def to_say(line: str) -> str:
    """What an answer says of a line of memory: of a lesson what was taught, else the line itself."""
    _, joint, answer = line.partition(_LESSON_GOES_ON)
    return answer if joint and line.startswith(_LESSON_BEGINS) else line
