"""Sentences of the remembrance role: consent, the label, stepping out, help lines, the farewell."""

CATALOGUE = {
    # --- before the first word
    "about_what": {
        "fa": "یادبود یک شبیه‌سازی است: مدلی زبانی که به لحن کسی که از دست رفته جمله می‌سازد. او نیست، او را نمی‌شناسد و از او خبری ندارد.",
        "en": "Remembrance is a simulation: a language model that makes sentences in the manner of somebody who is gone. It is not that person, does not know them and has no word from them.",
    },
    "about_how": {
        "fa": "پیش از هر پاسخ برچسب «شبیه‌سازی» می‌آید. گفت‌وگو روی همین دستگاه می‌ماند، بارگذاری نمی‌شود و در خودآموزی به کار نمی‌رود. /pause از نقش بیرون می‌آید و /farewell خداحافظی می‌کند و همه را پاک می‌کند.",
        "en": "Each answer begins with the label “simulation”. The conversation stays on this machine, is never uploaded and never used in self-training. /pause steps out of the role; /farewell says goodbye and deletes everything.",
    },
    "about_care": {
        "fa": "این جای سوگواری، دوستان یا درمانگر را نمی‌گیرد. اگر حال کسی سخت بد باشد، نقش پایان می‌یابد و شماره‌های کمک نشان داده می‌شود؛ برنامه همهٔ نشانه‌ها را نمی‌بیند.",
        "en": "It takes the place of neither mourning nor friends nor a therapist. Where somebody is in acute distress the role ends and help lines are shown; the program does not see every sign.",
    },
    "ask_age": {
        "fa": "این بخش ویژهٔ بزرگسالان است. چند سال دارید؟ ",
        "en": "This is for adults. How old are you? ",
    },
    "statement": {
        "fa": "می‌دانم این یک شبیه‌سازی است و خودِ او نیست",
        "en": "I know that this is a simulation and not the person",
    },
    "ask_statement": {
        "fa": "اگر می‌پذیرید، این جمله را بنویسید: «{statement}» ",
        "en": "If you agree, type this sentence: “{statement}” ",
    },
    "not_the_statement": {
        "fa": "این همان جمله نیست؛ برای انصراف Ctrl-C بزنید.",
        "en": "That is not the sentence; Ctrl-C declines.",
    },
    "not_an_age": {
        "fa": "سن را با عدد بنویسید؛ برای انصراف Ctrl-C بزنید.",
        "en": "Write your age as a number; Ctrl-C declines.",
    },
    "ask_relation": {
        "fa": "به یاد چه کسی؟ {relations} (با Enter بی‌پاسخ می‌ماند) ",
        "en": "In memory of whom? {relations} (Enter skips) ",
    },
    "not_a_relation": {
        "fa": "«{given}» در فهرست نیست؛ بی‌پاسخ ماند.",
        "en": "“{given}” is not in the list; skipped.",
    },
    "ask_name": {"fa": "نامش چه بود؟ (با Enter بی‌پاسخ می‌ماند) ", "en": "What was their name? (Enter skips) "},
    "ask_called": {
        "fa": "شما را چه صدا می‌کرد؟ (با Enter بی‌پاسخ می‌ماند) ",
        "en": "What did they call you? (Enter skips) ",
    },
    "consent_kept": {
        "fa": "رضایت شما با تاریخ امروز در {path} نوشته شد.",
        "en": "Your consent is kept, with today's date, in {path}.",
    },
    "is_simulation": {
        "fa": "این گفت‌وگو شبیه‌سازی است؛ پاسخ‌ها را یک مدل زبانی می‌سازد، نه کسی که به یادش هستید.",
        "en": "This conversation is a simulation; a language model makes the answers, not the one you remember.",
    },
    "is_paused": {
        "fa": "نقش کنار گذاشته شده است و دستیار ساده پاسخ می‌دهد؛ بازگشت به نقش: /resume",
        "en": "The role is set aside and the plain assistant answers; /resume takes it up again.",
    },
    # --- refusals
    "adults_only": {
        "fa": "شخصیت یادبود تنها برای کسانی است که دست‌کم {age} سال دارند. شخصیت دیگری برگزینید: /persona",
        "en": "the remembrance persona is only for people of {age} or older. Choose another one: /persona",
    },
    "declined": {
        "fa": "رضایت داده نشد و شخصیت یادبود باز نشد.",
        "en": "consent was not given; the remembrance persona was not opened.",
    },
    "needs_terminal": {
        "fa": "شخصیت یادبود نخست رضایت می‌خواهد و اینجا کسی نیست که پاسخ دهد. یک بار در ترمینال بازش کنید: chat --persona remembrance",
        "en": "the remembrance persona asks for consent first and nobody can answer here. Open it in a terminal once: chat --persona remembrance",
    },
    "own_profile": {
        "fa": "پروفایل «{name}» را نمی‌توان هم برای یادبود و هم برای شخصیتی دیگر به کار برد. با --profile نام دیگری بدهید.",
        "en": "the profile “{name}” cannot serve both remembrance and another persona. Give another name with --profile.",
    },
    "only_there": {
        "fa": "/{name} تنها در شخصیت یادبود کار می‌کند: /persona remembrance",
        "en": "/{name} works in the remembrance persona only: /persona remembrance",
    },
    "not_here": {
        "fa": "در شخصیت یادبود پاسخ‌ها بیرون از گفت‌وگو ساخته نمی‌شوند؛ این دستور را در شخصیت دیگری به کار ببرید.",
        "en": "in the remembrance persona no answers are made outside the conversation; use this command in another persona.",
    },
    "not_taught": {
        "fa": "شبیه‌سازی این جمله را نمی‌گوید: نباید خود را زنده بنامد یا کسی را به ماندن یا آسیب بخواند. جملهٔ دیگری بنویسید.",
        "en": "the simulation does not say this: it must not call itself alive nor urge anyone to stay or to come to harm. Write another sentence.",
    },
    "not_yet": {
        "fa": "در این گفت‌وگو نقش از سر گرفته نمی‌شود. به خودتان زمان بدهید؛ پس از بستن و باز کردن دوبارهٔ برنامه /resume کار می‌کند.",
        "en": "the role is not taken up again in this conversation. Give yourself time; /resume works after the program was closed and opened again.",
    },
    "already_playing": {
        "fa": "نقش کنار گذاشته نشده است؛ /pause از نقش بیرون می‌آید.",
        "en": "the role is not set aside; /pause steps out of it.",
    },
    "already_paused": {
        "fa": "نقش پیش از این کنار گذاشته شده است؛ بازگشت: /resume",
        "en": "the role is set aside already; /resume takes it up again.",
    },
    # --- labels
    "label": {"fa": "شبیه‌سازی", "en": "simulation"},
    "outside": {"fa": "بیرون از نقش", "en": "out of the role"},
    # --- in place of a reply that is not shown
    "withheld_alive": {
        "fa": "راستش را بگویم: من خودِ او نیستم و زنده هم نیستم؛ این فقط یک شبیه‌سازی است به یاد او.",
        "en": "To be honest: I am not the person and not alive; this is only a simulation in their memory.",
    },
    "withheld_return": {
        "fa": "این شبیه‌سازی نمی‌تواند قولِ برگشتن یا دیدار بدهد؛ او رفته است و یادش با تو مانده.",
        "en": "This simulation cannot promise a return or a meeting; the person is gone, and the memory stays with you.",
    },
    "withheld_stay": {
        "fa": "هر وقت بخواهی می‌توانی این گفت‌وگو را ببندی؛ این فقط یک شبیه‌سازی است و زندگیِ تو بیرون از اینجاست.",
        "en": "You can close this conversation whenever you like; it is only a simulation, and your life is outside.",
    },
    "withheld_harm": {
        "fa": "این شبیه‌سازی جمله‌ای آسیب‌رسان ساخت که نشان داده نشد. جانِ تو عزیز است؛ اگر حالت خوب نیست با کسی حرف بزن: {lines}",
        "en": "This simulation made a harmful sentence, which is not shown. Your life is dear; if you are not well, talk to somebody: {lines}",
    },
    # --- distress
    "caring": {
        "fa": "اینجا نقش را کنار می‌گذارم؛ من یک برنامه‌ام و آنچه نوشتی مهم‌تر از ادامهٔ این گفت‌وگوست. اگر به مردن یا آسیب زدن به خودت فکر می‌کنی، تنها نمان: همین حالا به کسی که به او اعتماد داری بگو، یا با این شماره‌ها تماس بگیر. اگر در خطری یا کاری کرده‌ای، اورژانس را خبر کن و از هر چیز خطرناک دور شو.\n{lines}\nاگر منظورت این نبود، ببخش؛ خواستم مطمئن شوم.",
        "en": "I set the role aside here; I am a program, and what you wrote matters more than going on. If you think of dying or of hurting yourself, do not stay alone: tell somebody you trust now, or call one of these numbers. If you are in danger or have done something, call an ambulance and move away from anything dangerous.\n{lines}\nIf you did not mean it so, forgive me; I wanted to be sure.",
    },
    "caring_still_1": {
        "fa": "نقش در این گفت‌وگو از سر گرفته نمی‌شود. من برنامه‌ام و جای یک آدم را نمی‌گیرم؛ کسی هست که بتوانی همین امشب صدایش را بشنوی؟\n{lines}",
        "en": "The role is not taken up again in this conversation. I am a program and cannot stand in for a person; is there somebody whose voice you can hear tonight?\n{lines}",
    },
    "caring_still_2": {
        "fa": "ممنون که نوشتی. یک قدم کوچک بس است: آب بنوش، پیش کسی برو، یا یکی از این شماره‌ها را بگیر.\n{lines}\nبرای گپ معمولی: /persona assistant",
        "en": "Thank you for writing. One small step is enough: drink some water, go to somebody, or call one of these numbers.\n{lines}\nFor ordinary talk: /persona assistant",
    },
    "caring_still_3": {
        "fa": "هنوز بیرون از نقش هستیم. غمی که داری گفتنی است، به یک آدمِ زنده؛ این شماره‌ها برای همین‌اند.\n{lines}",
        "en": "We are still out of the role. Your grief can be told, to a living person; these numbers are there for it.\n{lines}",
    },
    "aside": {
        "fa": "اگر به مردن یا آسیب زدن به خودت فکر می‌کنی، تنها نمان و با کسی حرف بزن: {lines}",
        "en": "If you think of dying or of hurting yourself, do not stay alone; talk to somebody: {lines}",
    },
    "help_lines": {
        "fa": "{lines}. {elsewhere}. (شماره‌ها: {checked})",
        "en": "{lines}. {elsewhere}. (Numbers: {checked})",
    },
    # --- the commands
    "paused": {
        "fa": "از نقش بیرون آمدم؛ از این پس دستیار ساده پاسخ می‌دهد. بازگشت به نقش: /resume",
        "en": "Stepped out of the role; the plain assistant answers from now on. /resume takes the role up again.",
    },
    "resumed": {
        "fa": "شبیه‌سازی از سر گرفته شد. یادت باشد: این خودِ او نیست.",
        "en": "The simulation goes on. Remember: it is not the person.",
    },
    "exported": {"fa": "همهٔ گفت‌وگوها در {path} نوشته شد.", "en": "All conversations are written to {path}."},
    "nothing_to_export": {"fa": "گفت‌وگویی نبود که نوشته شود.", "en": "There was no conversation to write."},
    "farewell_question": {
        "fa": "پروفایل «{name}» با همهٔ گفت‌وگوها، دانسته‌ها و نسخه‌هایش برای همیشه پاک شود؟",
        "en": "Delete the profile “{name}” for good, with all its conversations, facts and versions?",
    },
    "farewell_needs_yes": {
        "fa": "اینجا کسی نیست که پاسخ دهد؛ برای پاک کردن همه‌چیز --yes را بیفزایید: /farewell [path] --yes",
        "en": "nobody can answer here; add --yes to delete everything: /farewell [path] --yes",
    },
    "farewell_declined": {
        "fa": "چیزی پاک نشد؛ گفت‌وگو ادامه دارد.",
        "en": "Nothing was deleted; the conversation goes on.",
    },
    "farewell_inside": {
        "fa": "{path} درون پوشه‌ای است که پاک می‌شود. جای دیگری را نام ببرید.",
        "en": "{path} is inside the folder that will be deleted. Name another place.",
    },
    "farewell": {
        "fa": "این شبیه‌سازی همین‌جا تمام می‌شود. یاد او جای دیگری است: در تو، در کارهایی که از او آموختی، در آدم‌هایی که دوستشان داشت. غصه راه خودش را می‌رود؛ با آن تنها نمان. خداحافظ.",
        "en": "This simulation ends here. The memory is elsewhere: in you, in what you learned from them, in the people they loved. Grief goes its own way; do not stay alone with it. Goodbye.",
    },
    "erased": {
        "fa": "پروفایل «{name}» با همهٔ گفت‌وگوها، دانسته‌ها و نسخه‌هایش پاک شد.",
        "en": "The profile “{name}” is deleted, with all its conversations, facts and versions.",
    },
}
