"""Sentences about loading and running the model and its adapters."""

CATALOGUE = {
    "missing_files": {
        "fa": "پوشهٔ مدل {path} کامل نیست: {reason}. مدل را دوباره دریافت کنید یا پوشهٔ دیگری بدهید.",
        "en": "the model folder {path} is incomplete: {reason}. Download the model again or give another folder.",
    },
    "damaged": {
        "fa": "فایل‌های مدل در {path} آسیب دیده‌اند: {reason}. مدل را پاک و دوباره دریافت کنید.",
        "en": "the model files in {path} are damaged: {reason}. Remove the model and download it again.",
    },
    "unsafe_weights": {
        "fa": "وزن‌های {path} چیزی جز عدد در خود دارند و باز نشدند. نسخهٔ safetensors همین مدل را به کار ببرید.",
        "en": "the weights in {path} hold more than numbers and were not opened. "
        "Use a safetensors copy of this model.",
    },
    "missing_weights": {
        "fa": "در وزن‌های {path} این بخش‌ها نیست: {names}. مدل را دوباره دریافت کنید.",
        "en": "the weights in {path} lack these parts: {names}. Download the model again.",
    },
    "unknown_architecture": {
        "fa": "معماری مدل {path} شناخته نشد: {reason}. مدل دیگری برگزینید یا transformers را تازه کنید.",
        "en": "the architecture of {path} is not known: {reason}. Choose another model or update transformers.",
    },
    "remote_code": {
        "fa": "مدل {path} می‌خواهد کد خودش را روی این رایانه اجرا کند؛ این کار انجام نمی‌شود. مدل دیگری برگزینید.",
        "en": "the model {path} wants to run its own code on this machine; that is not done. "
        "Choose another model.",
    },
    "no_tokenizer": {
        "fa": "توکن‌ساز مدل {path} باز نشد: {reason}. فایل tokenizer.json باید کنار وزن‌ها باشد.",
        "en": "cannot open the tokenizer of {path}: {reason}. tokenizer.json belongs beside the weights.",
    },
    "out_of_memory": {
        "fa": "حافظه برای مدل {path} بس نیست. مدل کوچک‌تری برگزینید یا برنامه‌های دیگر را ببندید.",
        "en": "not enough memory for the model {path}. Choose a smaller model or close other programs.",
    },
    "no_device": {
        "fa": "دستگاه «{device}» روی این رایانه نیست. --device auto را به کار ببرید.",
        "en": "this machine has no device {device!r}. Use --device auto.",
    },
    "load_failed": {
        "fa": "مدل {path} بار نشد: {reason}. مدل دیگری برگزینید یا آن را دوباره دریافت کنید.",
        "en": "cannot load the model {path}: {reason}. Choose another model or download it again.",
    },
    "no_4bit": {
        "fa": "۴ بیتی اینجا اجرا نمی‌شود ({reason})؛ مدل بدون فشرده‌سازی بار شد.",
        "en": "4 bits do not run here ({reason}); the model was loaded unquantised.",
    },
    "no_chat_template": {
        "fa": "قالب گفت‌وگوی این مدل به کار نمی‌آید ({reason})؛ قالب سادهٔ فارسی جای آن را گرفت.",
        "en": "this model's chat template is not usable ({reason}); the plain Persian one takes its place.",
    },
    "adapter_missing": {
        "fa": "در {path} آداپتوری نیست: {reason}. نسخهٔ دیگری برگزینید.",
        "en": "there is no adapter in {path}: {reason}. Choose another version.",
    },
    "adapter_unsafe": {
        "fa": "آداپتور {path} در قالب safetensors نیست و باز نشد. آن را با safetensors ذخیره کنید.",
        "en": "the adapter in {path} is not in safetensors form and was not opened. Save it as safetensors.",
    },
    "adapter_damaged": {
        "fa": "آداپتور {path} خوانده نشد: {reason}. نسخهٔ دیگری برگزینید.",
        "en": "cannot read the adapter in {path}: {reason}. Choose another version.",
    },
    "adapter_mismatch": {
        "fa": "آداپتور {path} برای این مدل پایه نیست: {reason}. مدل پایهٔ خودش را بار کنید.",
        "en": "the adapter in {path} does not fit this base model: {reason}. Load the base it was trained on.",
    },
    "no_targets": {
        "fa": "در این مدل لایهٔ خطی‌ای برای آداپتور پیدا نشد. مدل دیگری برگزینید.",
        "en": "this model has no linear layer to adapt. Choose another model.",
    },
    "no_turn": {
        "fa": "گفت‌وگو نوبتی از کاربر ندارد؛ چیزی برای پاسخ دادن نیست. نخست پیامی بنویسید.",
        "en": "the conversation has no turn of the user, so there is nothing to answer. Write a message first.",
    },
    "not_a_number": {
        "fa": "مدل عدد نادرست (NaN) داد و پاسخ قطع شد. با /rollback به نسخهٔ پیشین برگردید.",
        "en": "the model produced invalid numbers (NaN) and the answer was cut. /rollback to an earlier version.",
    },
    "generation_memory": {
        "fa": "حافظه برای ادامهٔ پاسخ بس نیست. گفت‌وگو را با /clear کوتاه کنید.",
        "en": "not enough memory to go on with the answer. Shorten the conversation with /clear.",
    },
    "loading": {"fa": "مدل {name} در حال بار شدن است…", "en": "loading the model {name} …"},
}
