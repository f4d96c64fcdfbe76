"""Sentences about learning passes and the gate."""

CATALOGUE = {
    "nothing_to_train": {
        "fa": "هنوز چیزی برای یاد گرفتن نیست؛ اول چند جمله گپ بزنید.",
        "en": "there is nothing to learn yet; chat a little first.",
    },
    "nothing_new": {
        "fa": "از دور یادگیری پیش چیز تازه‌ای گفته نشده است؛ کمی گپ بزنید و دوباره /learn بزنید.",
        "en": "there is no new exchange since the last pass; chat a little and try /learn again.",
    },
    "running": {
        "fa": "همین حالا یک دور یادگیری در جریان است؛ پیشرفتش در نوار پایین است.",
        "en": "a learning pass is running already; the bottom line shows how far it is.",
    },
    "disabled": {
        "fa": "یادگیری با --no-learn خاموش است؛ برنامه را بدون آن اجرا کنید.",
        "en": "learning is off (--no-learn); start without it.",
    },
    "not_loaded": {
        "fa": "مدل هنوز بار نشده است؛ چند ثانیه دیگر دوباره بزنید.",
        "en": "the model is still loading; try again in a few seconds.",
    },
    "no_memory": {
        "fa": "حافظه برای دور یادگیری کافی نبود؛ نسخهٔ پیشین سر جایش است. برنامه‌های دیگر را ببندید یا مدل کوچک‌تری بگیرید.",
        "en": "not enough memory for the pass; the version before it still serves. Close other programs or take a smaller model.",
    },
    "not_finite": {
        "fa": "آموزش از هم پاشید (زیان عدد نبود)؛ نسخهٔ پیشین سر جایش است. نرخ یادگیری را کمتر کنید.",
        "en": "training broke down (the loss was not a number); the version before it still serves. Lower the learning rate.",
    },
    "cancelled": {
        "fa": "دور یادگیری متوقف شد؛ پاسخ‌گو همان است که بود و چیزی گم نشد.",
        "en": "The learning pass was stopped; what answered before goes on answering and nothing is lost.",
    },
    "started": {
        "fa": "دور یادگیری روی {count} نوبت تازه شروع شد؛ می‌توانید به گپ ادامه بدهید.",
        "en": "A learning pass over {count} new exchanges has begun; you can go on chatting.",
    },
    "resumed": {
        "fa": "دور یادگیری نیمه‌کارهٔ بار پیش از نو شروع شد ({count} نوبت).",
        "en": "The pass that was cut off last time runs again ({count} exchanges).",
    },
    "unlearned": {
        "fa": "نسخه‌هایی که آن را یاد گرفته بودند پاک شدند؛ از همین حالا {serving} پاسخ می‌دهد.",
        "en": "The versions that had learned it are removed; from now on {serving} answers.",
    },
    "relearning": {
        "fa": "آنچه می‌ماند از نو یاد گرفته می‌شود ({count} نوبت)؛ می‌توانید به گپ ادامه بدهید.",
        "en": "What is left is being learned anew ({count} exchanges); you can go on chatting.",
    },
    "published": {
        "fa": "نسخهٔ {number} یاد گرفته شد و از همین حالا پاسخ می‌دهد: {exchanges} نوبت، زیان {loss}، سرگشتگی {ratio} برابر مدل پایه، {seconds} ثانیه.",
        "en": "Version {number} is learned and answers from now on: {exchanges} exchanges, loss {loss}, perplexity ×{ratio} of the base, {seconds} s.",
    },
    "published_facts": {
        "fa": "نسخهٔ {number} یاد گرفته شد و از همین حالا پاسخ می‌دهد: {facts} دانستهٔ تازه از {exchanges} نوبت، {recall} پرسش‌های تازه درست{earlier}، سرگشتگی {ratio} برابر مدل پایه، {seconds} ثانیه.{part}",
        "en": "Version {number} is learned and answers from now on: {facts} new facts from {exchanges} exchanges, {recall} of new questions right{earlier}, perplexity ×{ratio} of the base, {seconds} s.{part}",
    },
    "published_earlier": {
        "fa": "، {recall} دانسته‌های پیشین سر جا",
        "en": ", {recall} of what it knew before kept",
    },
    "published_part": {
        "fa": " برای آنکه چیزی از دست نرود {share} تغییر به کار رفت.",
        "en": " {share} of the update was used, so that nothing is lost.",
    },
    "rejected": {
        "fa": "نسخهٔ تازه پذیرفته نشد و {serving} همچنان پاسخ می‌دهد: {reason}",
        "en": "The new version was not accepted and {serving} goes on answering: {reason}",
    },
    "failed": {
        "fa": "دور یادگیری به پایان نرسید: {reason}",
        "en": "The learning pass did not finish: {reason}",
    },
    "serving_version": {"fa": "نسخهٔ {number}", "en": "version {number}"},
    "serving_base": {"fa": "مدل پایه", "en": "the base model"},
    "gate_not_finite": {
        "fa": "عددهای سنجش معنا نداشت (NaN).",
        "en": "its figures were not numbers (NaN).",
    },
    "gate_perplexity": {
        "fa": "زبانش ضعیف‌تر شد (سرگشتگی {ratio} برابر مدل پایه، مرز {limit}).",
        "en": "its language got worse (perplexity ×{ratio} of the base, limit ×{limit}).",
    },
    "gate_stop": {
        "fa": "دیگر به‌موقع ساکت نمی‌شود ({rate} پاسخ‌ها، مدل پایه {base}).",
        "en": "it no longer stops by itself ({rate} of answers, base {base}).",
    },
    "gate_perplexity_current": {
        "fa": "زبانش از نسخهٔ کنونی ضعیف‌تر شد (سرگشتگی {ratio} برابر، مرز {limit}).",
        "en": "its language got worse than the current version's (perplexity ×{ratio}, limit ×{limit}).",
    },
    "gate_repetition": {
        "fa": "حرف‌هایش را تکرار می‌کند ({rate} تکرار، مدل پایه {base}).",
        "en": "it repeats itself (rep-4 {rate}, base {base}).",
    },
    "gate_instruction": {
        "fa": "در پاسخ به پرسش‌های همیشگی ضعیف‌تر شد (زیان {loss}، مدل پایه {base}).",
        "en": "it answers ordinary questions worse (loss {loss}, base {base}).",
    },
    "gate_new": {
        "fa": "آنچه گفتید را یاد نگرفت ({rate} پاسخ‌ها درست، پیش از آن {base}).",
        "en": "it did not learn what you told it ({rate} of answers right, {base} before).",
    },
    "gate_earlier": {
        "fa": "بخشی از دانسته‌های پیشین را از یاد برد ({rate} پاسخ‌ها درست، پیش از آن {base}).",
        "en": "it forgot some of what it knew ({rate} of answers right, {base} before).",
    },
    "version_skipped": {
        "fa": "نسخهٔ {number} بار نشد ({reason})؛ مدل پایه پاسخ می‌دهد.",
        "en": "version {number} could not be loaded ({reason}); the base model answers.",
    },
    "new_base": {
        "fa": "مدل {name} عوض شده است؛ گفت‌وگو در پروفایل تازهٔ «{profile}» پیش می‌رود و پروفایل «{before}» دست‌نخورده مانده است.",
        "en": "the model {name} has changed; the chat goes on in the new profile '{profile}', and '{before}' stays as it is.",
    },
    "unexpected": {
        "fa": "خطای پیش‌بینی‌نشده ({kind})؛ جزئیات در {log} است.",
        "en": "an unexpected error ({kind}); details are in {log}.",
    },
}
