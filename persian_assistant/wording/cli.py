"""Sentences of the command line and the settings."""

CATALOGUE = {
    "bad_value": {
        "fa": "مقدار «{value}» برای {name} پذیرفتنی نیست. می‌شود نوشت: {expected}",
        "en": "{value!r} is not a valid {name}: expected {expected}.",
    },
    "unknown_setting": {
        "fa": "تنظیمی به نام «{name}» وجود ندارد ({where}).",
        "en": "there is no setting called {name!r} ({where}).",
    },
    "bad_toml": {
        "fa": "فایل {path} خوانده نشد: {reason}. آن را درست کنید یا کنار بگذارید.",
        "en": "cannot read {path}: {reason}. Mend the file or move it away.",
    },
    "not_installed": {
        "fa": "بستهٔ پایتون {name} نصب نیست. این را بزنید: python -m pip install -r requirements.txt (یا make chat)",
        "en": "the Python package {name} is missing. Run: python -m pip install -r requirements.txt (or make chat)",
    },
    "description": {
        "fa": "گپ فارسی در ترمینال با مدلی که روی همین دستگاه اجرا می‌شود و از گفت‌وگو یاد می‌گیرد",
        "en": "a Persian chat in the terminal, with a model that runs on this machine and learns from the chat",
    },
    "usage": {"fa": "شیوهٔ کاربرد: ", "en": "usage: "},
    "heading_arguments": {"fa": "ورودی‌ها", "en": "arguments"},
    "heading_options": {"fa": "گزینه‌ها", "en": "options"},
    "help_help": {"fa": "همین راهنما", "en": "this help"},
    "help_version": {"fa": "شمارهٔ نسخهٔ برنامه", "en": "the program's version"},
    "argument_required": {
        "fa": "این‌ها را هم باید بنویسید: {name}. راهنما: --help",
        "en": "these are needed, too: {name}. See --help.",
    },
    "argument_unknown": {
        "fa": "«{value}» شناخته نشد. راهنما: --help",
        "en": "{value!r} is not known here. See --help.",
    },
    "argument_choice": {
        "fa": "«{value}» برای {name} پذیرفتنی نیست؛ یکی از این‌ها را بنویسید: {known}.",
        "en": "{value!r} is not a valid {name}; give one of: {known}.",
    },
    "argument_whole": {
        "fa": "«{value}» برای {name} پذیرفتنی نیست؛ یک عدد صحیح بنویسید، مانند 4.",
        "en": "{value!r} is not a valid {name}; give a whole number such as 4.",
    },
    "argument_number": {
        "fa": "«{value}» برای {name} پذیرفتنی نیست؛ یک عدد بنویسید، مانند 0.5 یا 2e-4.",
        "en": "{value!r} is not a valid {name}; give a number such as 0.5 or 2e-4.",
    },
    "argument_bare": {
        "fa": "پس از {name} باید مقدار آن بیاید. راهنما: --help",
        "en": "{name} needs a value after it. See --help.",
    },
    "help_lang": {"fa": "زبان رابط: fa یا en", "en": "language of the interface"},
    "help_rtl": {
        "fa": "متن راست‌به‌چپ را که مرتب می‌کند: ترمینال (logical) یا برنامه (visual یا words)؛ پیش‌فرض auto است",
        "en": "who orders right-to-left text: the terminal (logical) or the program (visual, words); default auto",
    },
    "command_chat": {"fa": "گپ زدن؛ مدل در میان گپ یاد می‌گیرد", "en": "chat; the model learns while you do"},
    "command_pretrain": {"fa": "ساختن مدلی کوچک از متن خام", "en": "build a small model from raw text"},
    "command_train": {
        "fa": "آموزش نخستین نسخهٔ یک پروفایل از مجموعهٔ داده",
        "en": "train the first version of a profile on a data set",
    },
    "command_push": {"fa": "فرستادن آداپتور به هاب", "en": "upload the adapter to the Hub"},
    "command_seed": {"fa": "ساختن نمونه‌های آغازین", "en": "build seed examples"},
    "command_selftrain": {
        "fa": "خودآموزی در فاصلهٔ گپ‌ها، چرخه به چرخه",
        "en": "self-training between chats, cycle by cycle",
    },
    "command_evaluate": {
        "fa": "سنجیدن مدل یا نسخه: سرگشتگی، چندگزینه‌ای، درک متن، پرسش و پاسخ",
        "en": "evaluate a model or version: perplexity, multiple choice, passages, instructions",
    },
    "command_compare": {
        "fa": "سنجیدن روش‌های آموزش در کنار هم",
        "en": "compare ways of teaching a model",
    },
    "command_report": {
        "fa": "یک صفحهٔ HTML از نسخه‌ها، روند یادگیری و آنچه کی تغییر کرد",
        "en": "one HTML page: versions, learning curves, and what changed when",
    },
    "command_bench": {"fa": "اندازه‌گیری", "en": "measure"},
    "no_persona": {
        "fa": "شخصیتی به نام «{name}» نیست. این‌ها هست: {known}؛ یا مسیر یک فایل TOML بدهید.",
        "en": "there is no persona {name!r}. Known: {known}; or give the path of a TOML file.",
    },
    "bad_persona": {
        "fa": "در فایل شخصیت {path} فیلد {field} نیست. هر شخصیت دست‌کم name و system می‌خواهد.",
        "en": "the persona file {path} has no field {field}. A persona needs at least name and system.",
    },
    "cannot_read": {
        "fa": "{path} خوانده نشد: {reason}. ببینید فایل هست و UTF-8 است.",
        "en": "cannot read {path}: {reason}. Check that the file is there and is UTF-8.",
    },
    "not_utf8": {
        "fa": "{path} متن UTF-8 نیست: بایت {byte} از سطر {line} خوانده نمی‌شود. اگر فایل متن است، آن را با کدگذاری UTF-8 ذخیره کنید؛ اگر نیست، فایل دیگری بدهید.",
        "en": "{path} is not UTF-8 text: byte {byte} of line {line} cannot be read. If it is a text, save it as UTF-8; if not, give another file.",
    },
    "damaged": {
        "fa": "{path} خراب یا ناتمام است، یا از نوعی نیست که پسوندش می‌گوید. آن را دوباره بگیرید یا با پسوند درست بدهید.",
        "en": "{path} is damaged or cut short, or not of the kind that its ending says. Get it again, or give it the right ending.",
    },
    "file_exists": {
        "fa": "{path} از پیش هست و رویش نوشته نشد. نام دیگری بدهید.",
        "en": "{path} is there already and was not written over. Give another name.",
    },
    "unexpected": {
        "fa": "خطای پیش‌بینی‌نشده ({kind})؛ جزئیات در {log} است.",
        "en": "an unexpected error ({kind}); details are in {log}.",
    },
    "bad_row": {
        "fa": "سطر {line} در {path} پذیرفتنی نیست ({reason}). هر سطر یک شیء JSON است که messages آن با پاسخ دستیار تمام می‌شود.",
        "en": "line {line} of {path} is not usable ({reason}). Each line is a JSON object whose messages end with an answer.",
    },
}
