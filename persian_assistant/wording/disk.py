"""What is said about files: a full disk, a damaged version, a locked profile, a torn journal line."""

from __future__ import annotations

CATALOGUE: dict[str, dict[str, str]] = {
    # --- what the operating system answered
    "full": {
        "fa": "روی دیسک جا نیست و {path} نوشته نشد. کمی جا باز کنید و دوباره امتحان کنید؛ "
        "آنچه پیش‌تر ذخیره شده سر جایش است.",
        "en": "The disk is full: {path} was not written. Free some space and try again; "
        "what was saved before is still there.",
    },
    "quota": {
        "fa": "سهم دیسک شما پر شده و {path} نوشته نشد. فایل‌های بی‌مصرف را پاک کنید یا سهم بیشتری بگیرید؛ "
        "آنچه پیش‌تر ذخیره شده سر جایش است.",
        "en": "Your disk quota is used up: {path} was not written. Delete files you do not need "
        "or ask for more; what was saved before is still there.",
    },
    "too_big": {
        "fa": "{path} از اندازه‌ای که سیستم اجازه می‌دهد بزرگ‌تر می‌شود و نوشته نشد. "
        "محدودیت اندازهٔ فایل (ulimit -f) را بیشتر کنید.",
        "en": "{path} would grow past the file size the system allows and was not written. "
        "Raise the file size limit (ulimit -f).",
    },
    "denied": {
        "fa": "اجازهٔ دسترسی به {path} نیست. مالک و مجوزهای آن را درست کنید، "
        "یا با PERSIAN_ASSISTANT_HOME پوشهٔ دیگری بدهید.",
        "en": "No permission for {path}. Correct its owner and mode, "
        "or name another folder with PERSIAN_ASSISTANT_HOME.",
    },
    "read_only": {
        "fa": "{path} روی دیسکی است که فقط خواندنی است. "
        "با PERSIAN_ASSISTANT_HOME پوشه‌ای روی دیسک دیگری بدهید.",
        "en": "{path} is on a read-only disk. Name a folder on another disk with PERSIAN_ASSISTANT_HOME.",
    },
    "missing": {
        "fa": "{path} پیدا نشد. مسیر را بررسی کنید؛ شاید جابه‌جا یا پاک شده باشد.",
        "en": "{path} was not found. Check the path; it may have been moved or deleted.",
    },
    "wrong_kind": {
        "fa": "در مسیر {path} به‌جای پوشه فایل هست یا به‌جای فایل پوشه. آن را جابه‌جا کنید یا مسیر دیگری بدهید.",
        "en": "On the path {path} there is a file where a folder belongs, or the reverse. "
        "Move it away or give another path.",
    },
    "io": {
        "fa": "دیسک هنگام کار با {path} خطا داد. سلامت دیسک را بررسی کنید و از داده‌ها نسخهٔ پشتیبان بگیرید.",
        "en": "The disk failed while working on {path}. Check the disk and back up your data.",
    },
    "too_many_open": {
        "fa": "فایل‌های باز بیش از اندازه‌اند و {path} باز نشد. چند برنامه را ببندید و دوباره امتحان کنید.",
        "en": "Too many open files: {path} could not be opened. Close some programs and try again.",
    },
    "name_too_long": {
        "fa": "نام {path} برای این دیسک بلندتر از اندازه است. نام کوتاه‌تری بدهید.",
        "en": "The name {path} is too long for this disk. Give a shorter one.",
    },
    "failed": {
        "fa": "کار با {path} نشد ({reason}). مسیر و دیسک را بررسی کنید و دوباره امتحان کنید.",
        "en": "{path} could not be used ({reason}). Check the path and the disk and try again.",
    },
    # --- journal
    "torn": {
        "fa": "سطر آخر دفتر گفت‌وگو نیمه‌کاره بود و به {torn} منتقل شد. بقیهٔ دفتر سالم است.",
        "en": "The last line of the journal was half-written and was moved to {torn}. "
        "The rest of it is sound.",
    },
    "bad_line": {
        "fa": "سطر {line} دفتر گفت‌وگو ({path}) خراب است و نادیده گرفته شد. آن سطر در فایل می‌ماند.",
        "en": "Line {line} of the journal ({path}) is damaged and was skipped. It stays in the file.",
    },
    "changed_outside": {
        "fa": "دفتر گفت‌وگو ({path}) بیرون از برنامه تغییر کرده بود و دوباره خوانده شد.",
        "en": "The journal ({path}) was changed from outside and has been read again.",
    },
    "torn_not_redacted": {
        "fa": "در {torn} تکه‌ای نیمه‌کاره از دفتر گفت‌وگو کنار گذاشته شده است که شاید همین واژه‌ها را دارد و "
        "دست نخورد. اگر به آن نیاز ندارید، پاکش کنید.",
        "en": "A torn piece of the journal was put aside in {torn}; it may hold the same words and was not "
        "touched. Delete it if you do not need it.",
    },
    "damaged_not_redacted": {
        "fa": "در دفتر گفت‌وگو ({path}) سطر خرابی هست که خوانده نمی‌شود؛ شاید همین واژه‌ها را دارد و دست نخورد. "
        "آن سطر را خودتان ببینید.",
        "en": "The journal ({path}) has a damaged line that cannot be read; it may hold the same words and was "
        "not touched. Look at that line yourself.",
    },
    # --- versions
    "no_such_version": {
        "fa": "نسخهٔ {number} نیست. نسخه‌های موجود: {known}.",
        "en": "There is no version {number}. Versions here: {known}.",
    },
    "no_versions": {"fa": "هیچ؛ هنوز چیزی آموخته نشده است", "en": "none; nothing has been learned yet"},
    "damaged_version": {
        "fa": "نسخهٔ {number} خراب است: فایلٔ {file} نیست یا تغییر کرده است ({path}). "
        "با /rollback نسخهٔ دیگری را برگزینید.",
        "en": "Version {number} is damaged: the file {file} is missing or was changed ({path}). "
        "Choose another version with /rollback.",
    },
    "fell_back": {
        "fa": "نسخهٔ {number} خراب است یا پیدا نشد؛ به‌جای آن نسخهٔ {used} کار می‌کند. "
        "با /versions نسخه‌ها را ببینید.",
        "en": "Version {number} is damaged or missing; version {used} serves instead. See /versions.",
    },
    "fell_back_to_base": {
        "fa": "نسخهٔ {number} خراب است یا پیدا نشد و نسخهٔ سالم دیگری نیست؛ مدل پایه کار می‌کند. "
        "با /learn دوباره بیاموزید.",
        "en": "Version {number} is damaged or missing and no other sound one is there; the base model "
        "serves. Learn again with /learn.",
    },
    "unsafe_weights": {
        "fa": "فایلٔ {file} پذیرفته نیست: وزن‌های یک نسخه فقط به‌شکل safetensors ذخیره می‌شوند. "
        "آداپتور را با safe_serialization=True ذخیره کنید.",
        "en": "The file {file} is not accepted: a version's weights are kept as safetensors only. "
        "Save the adapter with safe_serialization=True.",
    },
    "no_weights": {
        "fa": "در {path} هیچ وزنی (*.safetensors) ذخیره نشده است؛ این نسخه منتشر نمی‌شود.",
        "en": "No weights (*.safetensors) were saved in {path}; this version is not published.",
    },
    # --- profiles
    "bad_profile_name": {
        "fa": "«{name}» نام پروفایل نمی‌شود: فقط حرف، رقم، «-»، «_» و «.»، "
        "تا ۶۴ نویسه، و نقطه نه در آغاز و نه در پایان.",
        "en": "'{name}' cannot name a profile: only letters, digits, '-', '_' and '.', "
        "up to 64 characters, no dot at either end.",
    },
    "no_such_profile": {
        "fa": "پروفایل «{name}» نیست. پروفایل‌های موجود: {known}.",
        "en": "There is no profile '{name}'. Profiles here: {known}.",
    },
    "no_profiles": {"fa": "هیچ", "en": "none"},
    "damaged_profile": {
        "fa": "فایلٔ {path} خوانده نمی‌شود. آن را از نسخهٔ پشتیبان برگردانید، "
        "یا با --profile نام دیگری بدهید؛ گفت‌وگوها دست‌نخورده‌اند.",
        "en": "{path} cannot be read. Restore it from a backup, or give another name with --profile; "
        "the conversations are untouched.",
    },
    "other_base": {
        "fa": "پروفایل «{name}» برای مدل پایهٔ {recorded} ساخته شده است، نه {given}. "
        "با همان مدل بازش کنید، یا برای مدل تازه --profile نام دیگری بدهید.",
        "en": "The profile '{name}' was made for the base model {recorded}, not {given}. "
        "Open it with that model, or give the new model its own --profile.",
    },
    "locked": {
        "fa": "پروفایل «{name}» در برنامهٔ دیگری باز است. آن را ببندید، "
        "یا با --profile OTHER پروفایل دیگری باز کنید.",
        "en": "The profile '{name}' is open in another process. "
        "Close that one, or open another with --profile OTHER.",
    },
}
