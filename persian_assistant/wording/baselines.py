"""Sentences of `compare baselines`."""

CATALOGUE = {
    "help": {
        "fa": "آیا اصلاً آموزش لازم است؟ پرسش ساده، چند نمونه، بازیابی، آموزش، و آموزش با بازیابی، روی دادهٔ خودتان",
        "en": "should it be fine-tuned at all? plain prompt, few-shot, retrieval, fine-tuned and both, on your own data",
    },
    "help_profile": {
        "fa": "دانسته‌های این پروفایل سنجیده شود؛ خود پروفایل دست نمی‌خورد",
        "en": "compare on what this profile was told; the profile itself is not touched",
    },
    "help_data": {
        "fa": "فایل پرسش و پاسخ یا گفت‌وگو، یا hub:owner/name؛ نه این و نه --profile: نمونهٔ همراه برنامه",
        "en": "a file of question/answer pairs or chats, or hub:owner/name; neither this nor --profile: the shipped sample",
    },
    "help_columns": {
        "fa": "نام ستون‌های داده، مثل instruction=q,response=a",
        "en": "how the data calls its columns, like instruction=q,response=a",
    },
    "help_limit": {
        "fa": "بیشترین شمار سطرهایی که از --data خوانده می‌شود (پیش‌فرض {default}؛ ۰ یعنی همه)",
        "en": "rows read from --data at most (default {default}; 0: all)",
    },
    "help_model": {
        "fa": "نام یا پوشهٔ مدل؛ پیش‌فرض: مدل پروفایل، یا همان که گپ برمی‌دارد",
        "en": "name or folder of a model; default: the profile's, or the one the chat takes",
    },
    "help_quant": {"fa": "۴ بیتی یا همان‌طور که هست", "en": "4 bits or as they are"},
    "help_persona": {"fa": "نام شخصیت یا فایل آن", "en": "name or file of a persona"},
    "help_seed": {"fa": "عدد آغاز تصادف", "en": "the random seed"},
    "help_json": {
        "fa": "همهٔ ارقام و پاسخ‌ها در این فایل هم نوشته شود",
        "en": "write all figures and replies to this file, too",
    },
    "one_source": {
        "fa": "یا --profile بدهید یا --data؛ هر دو با هم نمی‌شود.",
        "en": "give --profile or --data, not both.",
    },
    "limit_needs_data": {
        "fa": "--limit تنها از سطرهای --data می‌کاهد. بی آن همهٔ نمونهٔ همراه، یا همهٔ دانسته‌های پروفایل، سنجیده می‌شود (چند دقیقه).",
        "en": "--limit is for the rows of --data alone. Without it, all of the sample or of the profile is measured (minutes).",
    },
    "no_facts": {
        "fa": "در پروفایل «{name}» هنوز دانسته‌ای نیست که بشود پرسید. کمی گپ بزنید یا /teach کنید، یا فایلی به --data بدهید.",
        "en": "the profile {name!r} holds no fact yet that could be asked for. Chat or /teach first, or give a file with --data.",
    },
    "stopped": {
        "fa": "متوقف شد؛ {count} راه از ۵ راه سنجیده شده بود. برای نتیجه‌گیری همین فرمان را دوباره اجرا کنید. به پروفایل‌ها دست نخورد.",
        "en": "stopped; {count} of the 5 ways had been measured. For a verdict run the same command again. No profile was touched.",
    },
    # --- what is going on
    "doing_read": {"fa": "خواندن داده و ساختن نمایه", "en": "reading the data and building the index"},
    "doing_load": {"fa": "بار شدن مدل", "en": "loading the model"},
    "doing_ask": {"fa": "پرسیدن: {way}", "en": "asking: {way}"},
    "doing_train": {"fa": "آموزش", "en": "training"},
    # --- what was compared
    "about_facts": {
        "fa": "{name}: {facts} دانسته، {questions} پرسش در جمله‌بندی‌هایی که آموزش داده نشده‌اند.",
        "en": "{name}: {facts} facts, {questions} questions in wordings that are never trained.",
    },
    "about_pairs": {
        "fa": "{name}: {taught} جفت آموخته شد؛ {asked} تای آن با همان جمله‌ها دوباره پرسیده شد، چون جمله‌بندی دیگری از آن‌ها نیست. "
        "chrF و زیان از {heldout} جفت کنارگذاشته است که هرگز آموخته نشدند.",
        "en": "{name}: {taught} pairs were taught; {asked} of them were asked again in the very same words, for there are no others. "
        "chrF and loss are of {heldout} pairs left out, which were never taught.",
    },
    "about_pairs_all": {
        "fa": "{name}: {taught} جفت آموخته شد و {asked} تای آن با همان جمله‌ها دوباره پرسیده شد؛ برای کنار گذاشتن یک‌دهم، جفت کم است.",
        "en": "{name}: {taught} pairs were taught and {asked} of them asked again in the very same words; too few to leave a tenth out.",
    },
    "this_profile": {"fa": "پروفایل", "en": "profile"},
    # --- the table
    "column_way": {"fa": "راه", "en": "way"},
    "column_recall": {"fa": "یادآوری (بازهٔ ۹۵٪)", "en": "recall (95% interval)"},
    "column_chrf": {"fa": "chrF", "en": "chrF"},
    "column_loss": {"fa": "زیان", "en": "loss"},
    "column_prompt": {"fa": "توکن ورودی", "en": "prompt tokens"},
    "column_seconds": {"fa": "ثانیه برای پاسخ", "en": "s per answer"},
    "column_training": {"fa": "آموزش", "en": "training"},
    "column_serve": {
        "fa": "برای پاسخ‌گویی (مگابایت: وزن‌ها + آداپتور + نمایه)",
        "en": "to serve (MiB: weights + adapter + index)",
    },
    "way_plain": {"fa": "پرسش ساده", "en": "plain prompt"},
    "way_few_shot": {"fa": "چند نمونه", "en": "few-shot"},
    "way_retrieval": {"fa": "بازیابی", "en": "retrieval"},
    "way_fine_tuned": {"fa": "آموزش", "en": "fine-tuned"},
    "way_fine_tuned_retrieval": {"fa": "آموزش و بازیابی", "en": "fine-tuned + retrieval"},
    "training_seconds": {"fa": "{seconds} ثانیه", "en": "{seconds} s"},
    "training": {
        "fa": "هزینهٔ آموزش: {seconds} ثانیه، {tokens} توکن، {examples} سطر، اوج حافظه {memory} مگابایت؛ سرگشتگی روی متن عمومی {ratio} برابر پایه.",
        "en": "Cost of training: {seconds} s, {tokens} tokens, {examples} rows, peak memory {memory} MiB; perplexity on general text ×{ratio} of the base.",
    },
    # --- the verdict
    "verdict_plain": {
        "fa": "آموزش لازم نیست: مدل پایه همین حالا هم با پرسش ساده {recall} را درست می‌گوید و هیچ راه دیگری روشن‌تر از آن نیست.",
        "en": "Do not fine-tune: with a plain prompt the base model gets {recall} right already, and no other way is clearly better.",
    },
    "verdict_few_shot": {
        "fa": "آموزش لازم نیست: چند نمونه در پرسش بس است؛ با آن {recall} درست پاسخ می‌گیرد و آموزش ({other}) روشن‌تر از آن نیست.",
        "en": "Do not fine-tune: a few examples in the prompt are enough; they get {recall} right, and training ({other}) is not clearly better.",
    },
    "verdict_retrieval": {
        "fa": "آموزش لازم نیست: بازیابی بس است. وقتی دانستهٔ مربوط در پرسش گذاشته شود، مدل پایه {recall} را درست پاسخ می‌دهد و آموزش ({other}) روشن‌تر از آن نیست.",
        "en": "Do not fine-tune: retrieval is enough. With what bears on the question in the prompt the base model gets {recall} right, and training ({other}) is not clearly better.",
    },
    "verdict_train": {
        "fa": "آموزش می‌ارزد: «{way}» {recall} را درست پاسخ داد و بهترین راهِ بی‌آموزش، «{against}»، {other} را؛ این تفاوت تصادفی نیست.",
        "en": "Fine-tuning pays: {way} got {recall} right and the best way without training, {against}, {other}; the difference is not chance.",
    },
    "verdict_train_heldout": {
        "fa": "آموزش می‌ارزد: در پرسش‌هایی که هرگز آموخته نشده بود، پاسخ‌های «{way}» به پاسخ‌های شما روشن نزدیک‌تر بود تا «{against}»؛ این تفاوت تصادفی نیست.",
        "en": "Fine-tuning pays: on questions never taught, the answers of {way} came clearly closer to yours than those of {against}; the difference is not chance.",
    },
    "verdict_harmed": {
        "fa": "چنین آموزشی را توصیه نمی‌کنیم: «{against}» {other} را درست پاسخ داد و «{way}» {recall} را، ولی آموزش زبان عمومی مدل را خراب کرد: سرگشتگی {ratio} برابر پایه شد و بیش از {most} پذیرفتنی نیست. نرخ یادگیری یا شمار دورها را در config.toml کمتر کنید، دادهٔ بیشتری بدهید یا مدل بزرگ‌تری بگیرید.",
        "en": "Do not fine-tune like this: {against} got {other} right and {way} {recall}, but training spoilt the model's general language: perplexity rose to ×{ratio} of the base, and more than ×{most} is not acceptable. Lower the learning rate or the epochs in config.toml, give more data or take a larger model.",
    },
    "verdict_none": {
        "fa": "آموزش این مدل را توصیه نمی‌کنیم: هیچ راهی روشن‌تر از پرسش ساده نبود و آن هم فقط {recall} درست است. مدل بزرگ‌تری بگیرید، یا دادهٔ بیشتر و روشن‌تری بدهید.",
        "en": "Do not fine-tune this model: no way was clearly better than a plain prompt, and that gets only {recall} right. Take a larger model, or more and clearer data.",
    },
    "verdict_too_few": {
        "fa": "نمی‌شود گفت: {items} مورد برای داوری کم است؛ دست‌کم {least} مورد لازم است. ارقام بالا را فقط نشانه بدانید.",
        "en": "It cannot be said: {items} items are too few to judge by; at least {least} are needed. Take the figures above as a hint only.",
    },
    "evidence_recall": {
        "fa": "یادآوری: «{way}» {better}، «{against}» {worse}؛ تفاوت {points} واحد (بازهٔ ۹۵٪: {low} تا {high}؛ از {margin} واحد به بالا می‌ارزد).",
        "en": "Recall: {way} {better}, {against} {worse}; difference {points} points (95% interval {low} to {high}; worth it from {margin} points on).",
    },
    "evidence_chrf": {
        "fa": "chrF روی کنارگذاشته‌ها: «{way}» {better}، «{against}» {worse}؛ تفاوت {points} (بازهٔ ۹۵٪: {low} تا {high}؛ از {margin} به بالا می‌ارزد).",
        "en": "chrF on the pairs left out: {way} {better}, {against} {worse}; difference {points} (95% interval {low} to {high}; worth it from {margin} on).",
    },
    "lost": {
        "fa": "ولی رایگان نیست: در پرسش‌هایی که هرگز آموخته نشده بود «{way}» روشن بدتر از پرسش ساده پاسخ داد:",
        "en": "But it has its price: on questions never taught, {way} answered clearly worse than the plain prompt:",
    },
    "saved": {
        "fa": "آنچه آموزش نکردن کم می‌کند: {seconds} ثانیه و {memory} مگابایت حافظه برای هر بار آموزش، و {adapter} مگابایت آداپتور.",
        "en": "What not training saves: {seconds} s and {memory} MiB of memory for each training, and {adapter} MiB of adapter.",
    },
    "break_even": {
        "fa": "اگر فقط سرعت مهم است: «{way}» با ورودی کوتاه‌تر ({tokens} توکن کمتر) هر پاسخ را {faster} ثانیه زودتر می‌دهد؛ زمان آموزش پس از {answers} پاسخ جبران می‌شود.",
        "en": "If speed is all that counts: {way} has a shorter prompt ({tokens} tokens less) and answers {faster} s sooner; the time of training is made up for after {answers} answers.",
    },
    "language_lost": {
        "fa": "ولی آموزش به زبان عمومی مدل آسیب زد: سرگشتگی {ratio} برابر پایه شد (مرز گپ {limit} است).",
        "en": "But training hurt the model's general language: perplexity rose to ×{ratio} of the base (the chat allows ×{limit}).",
    },
}
