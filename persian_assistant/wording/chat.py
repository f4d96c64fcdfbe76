"""Sentences of the chat: prompt, bottom line, slash commands, start and end."""

from persian_assistant.wording.chat_told import TOLD

CATALOGUE = TOLD | {
    # --- start and end
    "banner_model": {"fa": "مدل {model}", "en": "model {model}"},
    "banner_profile": {"fa": "پروفایل {profile}", "en": "profile {profile}"},
    "learned_nothing": {
        "fa": "هنوز چیزی نیاموخته است؛ پس از هر {every} نوبت می‌آموزد.",
        "en": "Nothing learned yet; it learns every {every} turns.",
    },
    "learned_never_will": {
        "fa": "چیزی نیاموخته است و یادگیری خاموش است.",
        "en": "Nothing learned, and learning is off.",
    },
    "learned_aside": {
        "fa": "آنچه آموخته بود کنار گذاشته شده است؛ نسخه‌ها: /versions",
        "en": "What it had learned is put aside; see /versions.",
    },
    "learned_version": {"fa": "آخرین یادگیری: {day}", "en": "Learned last: {day}"},
    "learned_number": {
        "fa": "آخرین یادگیری، {day}: {count} دانسته",
        "en": "Learned last, {day}: {count} facts",
    },
    "learned_facts": {"fa": "آخرین یادگیری، {day}: {facts}", "en": "Learned last, {day}: {facts}"},
    "learned_facts_more": {
        "fa": "آخرین یادگیری، {day}: {facts} و {more} چیز دیگر",
        "en": "Learned last, {day}: {facts} and {more} more",
    },
    "help_hint": {
        "fa": "راهنما: /help · خط تازه: Alt+Enter · بریدن پاسخ: Ctrl-C · خروج: /exit",
        "en": "Help: /help · new line: Alt+Enter · cut an answer: Ctrl-C · leave: /exit",
    },
    "interrupt_again": {
        "fa": "برای خروج یک بار دیگر Ctrl-C بزنید.",
        "en": "Press Ctrl-C again to leave.",
    },
    "interrupt_again_pass": {
        "fa": (
            "یک دور یادگیری در پس‌زمینه در جریان است (پایان دادن به آن: /learn --stop). برای خروج یک "
            "بار دیگر Ctrl-C بزنید."
        ),
        "en": (
            "A learning pass runs in the background (/learn --stop ends it). Press Ctrl-C again to leave."
        ),
    },
    "left_pass": {
        "fa": (
            "دور یادگیری نیمه‌کاره کنار گذاشته شد؛ چیزی از دست نرفته است و در شروع بعدی از نو انجام می‌شود."
        ),
        "en": (
            "The running learning pass was put aside; nothing is lost and it runs again at the next start."
        ),
    },
    "waiting_for_pass": {
        "fa": "در انتظار پایان دور یادگیری…",
        "en": "Waiting for the learning pass to end…",
    },
    "empty": {"fa": "پیام خالی است؛ چیزی بنویسید.", "en": "The message is empty; write something."},
    "nothing_to_regenerate": {
        "fa": "در این گفت‌وگو هنوز پیامی نیست که دوباره پاسخ داده شود.",
        "en": "There is no message in this conversation to answer again.",
    },
    "nothing_to_save": {
        "fa": "این گفت‌وگو هنوز خالی است و چیزی برای ذخیره ندارد.",
        "en": "This conversation is still empty; there is nothing to save.",
    },
    "goodbye": {"fa": "خدانگهدار.", "en": "Goodbye."},
    # --- answers
    "thinking": {"fa": "در حال فکر کردن", "en": "thinking"},
    "unfinished": {"fa": "(ناتمام)", "en": "(unfinished)"},
    "no_answer": {"fa": "(بدون پاسخ)", "en": "(no answer)"},
    "stopped": {"fa": "متوقف شد.", "en": "Stopped."},
    "error": {"fa": "خطا: {message}", "en": "Error: {message}"},
    "unexpected": {
        "fa": "خطای پیش‌بینی‌نشده ({kind}). گفت‌وگو ادامه دارد؛ شرح خطا در {log} است.",
        "en": "Unexpected error ({kind}). The chat goes on; the details are in {log}.",
    },
    # --- questions
    "yes_no": {"fa": "(بله/خیر) ", "en": "(yes/no) "},
    "answer_first": {
        "fa": "نخست به این پرسش با «بله» یا «خیر» پاسخ دهید: {question}",
        "en": "First answer this with “yes” or “no”: {question}",
    },
    "question_waits": {
        "fa": "{question} — در خط بعدی بنویسید «بله» یا «خیر».",
        "en": "{question} — type “yes” or “no” at the prompt.",
    },
    # --- bottom line
    "base_version": {"fa": "مدل پایه", "en": "base model"},
    "version_number": {"fa": "نسخهٔ {number}", "en": "version {number}"},
    "until_pass": {"fa": "{turns} نوبت تا یادگیری بعدی", "en": "{turns} turns until the next pass"},
    "learning_off": {"fa": "بدون یادگیری", "en": "learning off"},
    "speed": {"fa": "{speed} توکن در ثانیه", "en": "{speed} tokens/s"},
    "pass_line": {"fa": "{phase} {bar} {percent}٪", "en": "{phase} {bar} {percent}%"},
    "pass_loss": {"fa": "زیان {loss}", "en": "loss {loss}"},
    "pass_left": {"fa": "{time} مانده", "en": "{time} left"},
    "seconds": {"fa": "{n} ثانیه", "en": "{n} s"},
    "minutes": {"fa": "{n} دقیقه", "en": "{n} min"},
    "phase_prepare": {"fa": "آماده‌سازی", "en": "preparing"},
    "phase_train": {"fa": "آموزش", "en": "training"},
    "phase_measure": {"fa": "سنجش", "en": "measuring"},
    "phase_publish": {"fa": "انتشار", "en": "publishing"},
    # --- slash commands in general
    "unknown_command": {
        "fa": (
            "دستوری به نام /{name} نیست؛ فهرست دستورها: /help. برای فرستادن همین متن، پیش از آن یک "
            "فاصله یا یک / دیگر بگذارید."
        ),
        "en": (
            "There is no command /{name}; see /help. To send the text itself, put a space or another "
            "/ before it."
        ),
    },
    "unknown_command_near": {
        "fa": (
            "دستوری به نام /{name} نیست؛ شاید /{nearest} را می‌خواستید. برای فرستادن همین متن، پیش "
            "از آن یک فاصله یا یک / دیگر بگذارید."
        ),
        "en": (
            "There is no command /{name}; perhaps you meant /{nearest}. To send the text itself, put "
            "a space or another / before it."
        ),
    },
    "bad_arguments": {
        "fa": "ورودی «{given}» برای /{name} پذیرفتنی نیست؛ شکل درست: {usage}",
        "en": "/{name} does not take “{given}”; usage: {usage}",
    },
    "how_to_write": {
        "fa": "پس از /{name} چیزی ننوشته‌اید. آن را این‌گونه بنویسید: {usage}",
        "en": "something is missing after /{name}. Write it like this: {usage}",
    },
    "how_to_teach": {
        "fa": "پس از /teach پرسش و پاسخ را بنویسید و میانشان => بگذارید؛ نمونه: /teach اسم گربه‌ام چیست؟ => پیشی",
        "en": "/teach wants a question and an answer with => between them: /teach What is my cat called? => Tom",
    },
    "keys_help": {
        "fa": (
            "هر متنی که با / آغاز نشود برای مدل فرستاده می‌شود. برای فرستادن متنی که با / آغاز "
            "می‌شود، پیش از آن یک فاصله یا یک / دیگر بگذارید. خط تازه: Alt+Enter؛ بریدن پاسخ: Ctrl-C."
        ),
        "en": (
            "Whatever does not start with / goes to the model. To send text that starts with /, put "
            "a space or another / before it. New line: Alt+Enter; cut an answer: Ctrl-C."
        ),
    },
    "column_command": {"fa": "دستور", "en": "command"},
    "column_description": {"fa": "کار", "en": "what it does"},
    "command_help": {"fa": "همین فهرست", "en": "this list"},
    "command_exit": {
        "fa": "خروج؛ با --wait پس از پایان دور یادگیری",
        "en": "leave; with --wait after the running learning pass",
    },
    "command_push": {
        "fa": "بارگذاری آداپتور کنونی در Hugging Face Hub (خصوصی، مگر با --public)",
        "en": "upload the current adapter to the Hugging Face Hub (private unless --public)",
    },
    "command_learn": {
        "fa": "آغاز دور یادگیری؛ --wait صبر می‌کند، --stop آن را پایان می‌دهد",
        "en": "start a learning pass; --wait waits for it, --stop ends it",
    },
    "command_status": {
        "fa": "وضع مدل، نسخه، دفتر گفت‌وگو و یادگیری",
        "en": "model, version, journal and learning",
    },
    "command_versions": {
        "fa": "نسخه‌های آداپتور و امتیازهایشان؛ با plot به‌صورت نمودار",
        "en": "the adapter's versions and their scores; plot draws them",
    },
    "command_rollback": {
        "fa": "بازگشت به نسخهٔ پیشین، نسخه‌ای با شمارهٔ داده‌شده، یا مدل پایه",
        "en": "go back to the version before, to a numbered version, or to the base model",
    },
    "command_regen": {"fa": "پاسخی دیگر به پیام آخر", "en": "another answer to the last message"},
    "command_undo": {
        "fa": "کنار گذاشتن آخرین نوبت از گفت‌وگو و از یادگیری",
        "en": "take the last exchange out of the conversation and of learning",
    },
    "command_clear": {
        "fa": "آغاز گفت‌وگویی تازه؛ دفتر گفت‌وگو دست نمی‌خورد",
        "en": "start a new conversation; the journal keeps everything",
    },
    "command_history": {"fa": "آخرین نوبت‌های گفت‌وگو", "en": "the last exchanges"},
    "command_set": {"fa": "دیدن یا تغییر تنظیم‌ها", "en": "show or change settings"},
    "command_persona": {"fa": "دیدن یا عوض کردن شخصیت دستیار", "en": "show or change the persona"},
    "command_model": {"fa": "دیدن یا عوض کردن مدل", "en": "show or change the model"},
    "command_save": {"fa": "ذخیرهٔ گفت‌وگو در فایل Markdown", "en": "save the conversation as Markdown"},
    "command_rtl": {
        "fa": "دیدن یا عوض کردن شیوهٔ نمایش راست‌به‌چپ",
        "en": "show or change how right-to-left text is shown",
    },
    "command_copy": {
        "fa": "گذاشتن آخرین پاسخ (یا n تا پیش‌تر) در بریده‌دان",
        "en": "put the last answer (or the nth last) on the clipboard",
    },
    "command_pause": {
        "fa": "بیرون آمدن از نقش (تنها در یادبود)؛ از آن پس دستیار ساده پاسخ می‌دهد",
        "en": "step out of the role (remembrance only); the plain assistant answers then",
    },
    "command_resume": {
        "fa": "از سر گرفتن نقش (تنها در یادبود)",
        "en": "take the role up again (remembrance only)",
    },
    "command_farewell": {
        "fa": "خداحافظی (تنها در یادبود): نوشتن گفت‌وگوها در فایل و، با بله، پاک کردن همه‌چیز",
        "en": "goodbye (remembrance only): write the conversations to a file and, on yes, delete everything",
    },
    # --- one command each
    "learn_started": {
        "fa": "گفت‌وگو ادامه دارد؛ پیشرفت در خط پایین دیده می‌شود (پایان دادن: Ctrl-C یا /learn --stop).",
        "en": "The chat goes on; the bottom line shows progress (Ctrl-C or /learn --stop ends it).",
    },
    "pass_stopping": {
        "fa": "دور یادگیری متوقف می‌شود…",
        "en": "The learning pass is being stopped…",
    },
    "no_pass": {
        "fa": "هیچ دور یادگیری‌ای در جریان نیست؛ /learn یکی را آغاز می‌کند.",
        "en": "No learning pass is running; /learn starts one.",
    },
    "no_versions": {
        "fa": "هنوز نسخه‌ای آموخته نشده است و مدل پایه پاسخ می‌دهد؛ /learn نخستین دور را آغاز می‌کند.",
        "en": "Nothing has been learned yet and the base model answers; /learn starts the first pass.",
    },
    "nothing_to_rollback": {
        "fa": "همین حالا مدل پایه پاسخ می‌دهد و نسخه‌ای پیش از آن نیست؛ نسخه‌ها: /versions",
        "en": "The base model answers already and nothing comes before it; see /versions.",
    },
    "rolled_back": {"fa": "از این پس {version} پاسخ می‌دهد.", "en": "From now on {version} answers."},
    "undone": {
        "fa": "این نوبت، با هر چه از آن به خاطر سپرده شد، کنار گذاشته شد: «{text}»",
        "en": "Taken out, with what was remembered of it: “{text}”",
    },
    "nothing_to_undo": {
        "fa": "نوبتی برای کنار گذاشتن نیست.",
        "en": "There is no exchange to take out.",
    },
    "cleared": {
        "fa": "گفت‌وگوی تازه‌ای آغاز شد؛ دفتر گفت‌وگو همه‌چیز را نگه داشته است.",
        "en": "A new conversation begins; the journal keeps everything.",
    },
    "no_history": {"fa": "هنوز گفت‌وگویی نشده است.", "en": "Nothing has been said yet."},
    "you": {"fa": "شما", "en": "You"},
    "set_done": {"fa": "{name} اکنون {value} است.", "en": "{name} is now {value}."},
    "saved": {"fa": "گفت‌وگو در {path} ذخیره شد.", "en": "The conversation is saved in {path}."},
    "column_setting": {"fa": "تنظیم", "en": "setting"},
    "column_value": {"fa": "مقدار", "en": "value"},
    "base_short": {"fa": "مدل پایه", "en": "base"},
    "versions_name": {"fa": "نسخهٔ {number}", "en": "{number}"},
    "versions_number": {"fa": "نسخه", "en": "version"},
    "versions_time": {"fa": "زمان", "en": "when"},
    "versions_facts": {"fa": "دانسته", "en": "facts"},
    "versions_new": {"fa": "تازه", "en": "new"},
    "versions_earlier": {"fa": "پیشین", "en": "earlier"},
    "versions_perplexity": {"fa": "سرگشتگی", "en": "perplexity"},
    "versions_seconds": {"fa": "ثانیه", "en": "s"},
    "versions_scale": {"fa": "سهم", "en": "scale"},
    "versions_legend": {
        "fa": (
            "دانسته: شمار دانسته‌های آموخته؛ تازه و پیشین: پاسخ‌های درست دربارهٔ دانسته‌های تازه و پیشین؛ "
            "سرگشتگی: نسبت به مدل پایه؛ سهم: بخشی از آموخته که به کار رفت."
        ),
        "en": (
            "facts: learned in that pass; new, earlier: right answers about new and earlier facts; "
            "perplexity: ratio to the base; scale: share of the update that is used."
        ),
    },
    "versions_plot": {"fa": "نمودار امتیازها", "en": "the scores as bars"},
    "plot_new_recall": {"fa": "پاسخ درست دربارهٔ دانسته‌های تازه", "en": "Recall of new facts"},
    "plot_earlier_recall": {
        "fa": "پاسخ درست دربارهٔ دانسته‌های پیشین",
        "en": "Recall of earlier facts",
    },
    "plot_perplexity_ratio": {
        "fa": "سرگشتگی: از مدل پایه تا مرز پذیرش (خط عمودی)؛ کمتر بهتر است",
        "en": "Perplexity: from the base to the limit (the upright line); less is better",
    },
    "column_persona": {"fa": "شخصیت", "en": "persona"},
    "column_title": {"fa": "عنوان", "en": "title"},
    "column_model": {"fa": "مدل", "en": "model"},
    "model_mini": {
        "fa": "مدل کوچک فارسی همراه برنامه؛ بی‌نیاز از شبکه",
        "en": "the small Persian model that ships; needs no network",
    },
    "model_gpt2_fa": {
        "fa": "HooshvareLab/gpt2-fa، مدل فارسی ۱۲۴ میلیون پارامتری",
        "en": "HooshvareLab/gpt2-fa, a Persian model of 124 million parameters",
    },
    "model_gemma": {
        "fa": "google/gemma-2-2b-it؛ نیازمند پذیرفتن مجوز آن در Hub",
        "en": "google/gemma-2-2b-it; its licence must be accepted on the Hub",
    },
    "model_other": {
        "fa": "یا هر شناسهٔ Hub، یا مسیر یک پوشه",
        "en": "or any Hub id, or the path of a folder",
    },
    "status_profile": {"fa": "پروفایل", "en": "profile"},
    "status_persona": {"fa": "شخصیت", "en": "persona"},
    "status_base_model": {"fa": "مدل پایه", "en": "base model"},
    "status_quantization": {"fa": "کوانتش وزن‌ها", "en": "quantization"},
    "status_device": {"fa": "دستگاه", "en": "device"},
    "status_version": {"fa": "نسخهٔ پاسخ‌گو", "en": "serving version"},
    "status_learned": {"fa": "آموخته‌ها", "en": "what it learned"},
    "status_trainable_parameters": {"fa": "پارامترهای آموزش‌پذیر", "en": "trainable parameters"},
    "status_exchanges": {"fa": "نوبت‌های دفتر گفت‌وگو", "en": "exchanges in the journal"},
    "status_pending": {"fa": "نوبت‌های هنوز نیاموخته", "en": "exchanges not learned yet"},
    "status_learning": {"fa": "یادگیری", "en": "learning"},
    "status_every": {"fa": "هر {every} نوبت یک دور", "en": "one pass every {every} turns"},
    "status_tokens_per_second": {"fa": "سرعت آخرین پاسخ", "en": "speed of the last answer"},
    "status_home": {"fa": "پوشهٔ داده‌ها", "en": "data folder"},
    # --- flags
    "flag_rtl": {
        "fa": "چه کسی متن راست‌به‌چپ را مرتب کند: ترمینال (logical)، برنامه (visual، words)، یا خودش تشخیص دهد (auto)",
        "en": "who orders right-to-left text: the terminal (logical), the program (visual, words), or auto",
    },
    "flag_memory": {
        "fa": "آنچه از شما می‌داند در پرامپت بیاید (on) یا نه (off)",
        "en": "put what it knows of you into the prompt (on) or not (off)",
    },
    "flag_model": {
        "fa": "mini، gpt2-fa، gemma-2-2b-it، هر شناسهٔ Hub یا مسیر یک پوشه",
        "en": "mini, gpt2-fa, gemma-2-2b-it, any Hub id, or a folder",
    },
    "flag_revision": {"fa": "شاخه، برچسب یا کامیت مدل در Hub", "en": "branch, tag or commit of a Hub model"},
    "flag_download": {"fa": "دانلود مدل بدون پرسش", "en": "download the model without asking"},
    "flag_quantization": {
        "fa": "نگه‌داری وزن‌ها در چهار بیت (nf4) یا بدون کوانتش (none)",
        "en": "hold the weights in 4 bits (nf4) or as they are (none)",
    },
    "flag_persona": {
        "fa": "نام یک شخصیت یا مسیر فایل آن",
        "en": "name of a persona, or the path of its file",
    },
    "flag_profile": {
        "fa": "نام پروفایل: دفتر گفت‌وگو و نسخه‌های جداگانه",
        "en": "name of the profile: a journal and versions of its own",
    },
    "flag_every": {
        "fa": "شمار نوبت‌های تازه‌ای که پس از آن دور یادگیری آغاز می‌شود",
        "en": "new exchanges after which a learning pass starts",
    },
    "flag_no_learn": {"fa": "گفت‌وگوی ساده؛ چیزی آموزش داده نمی‌شود", "en": "plain chat; nothing is trained"},
    "flag_no_wait": {
        "fa": "بدون ترمینال، در پایان ورودی منتظر دور یادگیری نمی‌ماند",
        "en": "without a terminal, do not wait for a running pass at the end of input",
    },
    "flag_temperature": {
        "fa": "دمای نمونه‌گیری؛ ۰ یعنی همیشه محتمل‌ترین توکن",
        "en": "sampling temperature; 0 is greedy",
    },
    "flag_top_p": {"fa": "سهم هسته در نمونه‌گیری (top-p)", "en": "nucleus share (top-p)"},
    "flag_repetition_penalty": {"fa": "جریمهٔ تکرار؛ ۱ یعنی هیچ", "en": "repetition penalty; 1 is none"},
    "flag_max_new_tokens": {"fa": "بیشترین طول پاسخ به توکن", "en": "longest answer, in tokens"},
    "flag_greedy": {
        "fa": "همیشه محتمل‌ترین توکن، بدون نمونه‌گیری",
        "en": "always the likeliest token, no sampling",
    },
    "flag_random_seed": {
        "fa": "عددی برای تکرارپذیر شدن پاسخ‌ها",
        "en": "a number that makes answers repeatable",
    },
    "flag_lang": {
        "fa": "زبان پیام‌های برنامه: fa یا en",
        "en": "language of the program's messages: fa or en",
    },
}
