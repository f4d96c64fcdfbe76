"""Sentences of the chat about what the user told: teaching, correcting, forgetting, comparing."""

TOLD = {
    "command_teach": {
        "fa": "یاد دادن پاسخ یک پرسش؛ میان آن دو => می‌آید",
        "en": "teach the answer to a question, with => between them",
    },
    "command_fix": {
        "fa": "پاسخ درست به‌جای پاسخ آخر؛ همین یاد گرفته می‌شود",
        "en": "the right reply in place of the last one; it will be learned",
    },
    "command_good": {
        "fa": "پاسخ آخر خوب بود؛ کمی از آن یاد گرفته می‌شود",
        "en": "the last reply was good; a little is learned from it",
    },
    "command_bad": {
        "fa": "پاسخ آخر بد بود؛ از آن نوبت چیزی یاد گرفته نمی‌شود",
        "en": "the last reply was bad; nothing is learned from that exchange",
    },
    "command_forget": {
        "fa": "فراموش کردن: دانسته‌ها و نوبت‌هایی را که این واژه‌ها را دارند نشان می‌دهد و پس از تأیید برای همیشه پاک می‌کند",
        "en": "forget: shows the facts and exchanges with these words and, on yes, removes them for ever",
    },
    "command_facts": {
        "fa": "آنچه از شما می‌داند و از کجا؛ تغییر یا پاک کردن هر کدام",
        "en": "what it knows of you and from where; change or delete one",
    },
    "command_learned": {
        "fa": "آنچه دور یادگیری بعدی می‌آموزد، و چرا بقیه کنار می‌ماند",
        "en": "what the next learning pass trains on, and why the rest is left out",
    },
    "command_compare": {
        "fa": "یک پرسش از دو نسخه، کنار هم و بدون حافظه؛ current نسخهٔ کنونی را بدون حافظه و با حافظه می‌سنجد",
        "en": "one question to two versions side by side, without memory; current: without and with memory",
    },
    # --- the name of a new user; the sentences are read by the rules, which know Persian
    "ask_name": {
        "fa": "شما را به چه نامی صدا کنم؟ (رد شدن: Enter)",
        "en": "What shall I call you? (Enter passes over)",
    },
    "name_passed_over": {
        "fa": "باشد؛ هر وقت خواستید بگویید «اسمم … است».",
        "en": "All right. Tell it at any time: «اسمم … است».",
    },
    "name_learned": {"fa": "به خاطر سپردم: اسم تو {name} است.", "en": "Remembered: your name is {name}."},
    "name_sentence": {"fa": "اسمم {name} است.", "en": "اسمم {name} است."},
    "name_sentence_spoken": {"fa": "اسمم {name}ه.", "en": "اسمم {name}ه."},
    "name_acknowledged": {
        "fa": "به خاطر سپردم: اسم تو {name} است.",
        "en": "به خاطر سپردم: اسم تو {name} است.",
    },
    "name_question": {"fa": "اسم من چیست؟", "en": "اسم من چیست؟"},
    "name_answer": {"fa": "اسم تو {name} است.", "en": "اسم تو {name} است."},
    "name_attribute": {"fa": "اسم", "en": "اسم"},
    "greetings": {"fa": "سلام درود وقت صبح hi hello", "en": "hi hello hey سلام درود"},
    # --- what the user told
    "remembered": {"fa": "به خاطر سپردم: {fact}", "en": "Remembered: {fact}"},
    "remembered_instead": {
        "fa": "به خاطر سپردم: {fact} (به‌جای «{before}»)",
        "en": "Remembered: {fact} (in place of “{before}”)",
    },
    "empty_lesson": {
        "fa": "چیزی برای یاد گرفتن نوشته نشده است؛ متن را پس از دستور بنویسید.",
        "en": "There is nothing to learn; write the text after the command.",
    },
    "nothing_to_fix": {
        "fa": "در این گفت‌وگو هنوز پاسخی نیست که درست شود؛ نخست چیزی بپرسید.",
        "en": "This conversation has no answer to correct yet; ask something first.",
    },
    "nothing_to_rate": {
        "fa": "در این گفت‌وگو هنوز پاسخی نیست که به آن نمره بدهید؛ نخست چیزی بپرسید.",
        "en": "This conversation has no answer to rate yet; ask something first.",
    },
    "nothing_to_compare": {
        "fa": "مدل پایه پاسخ می‌دهد و نسخه‌ای پیش از آن نیست؛ نسخه‌ها: /versions",
        "en": "The base model answers and nothing comes before it; see /versions.",
    },
    "no_such_fact": {
        "fa": "دانسته‌ای با شناسهٔ «{id}» نیست؛ شناسه‌ها: /facts",
        "en": "There is no fact “{id}”; /facts lists them.",
    },
    "taught": {
        "fa": "یاد گرفتم: در پاسخ «{question}» بگویم «{answer}».",
        "en": "Learned: to “{question}” say “{answer}”.",
    },
    "fixed": {
        "fa": "پاسخ درست شد؛ به «{question}» باید گفت «{answer}».",
        "en": "Corrected: the reply to “{question}” is “{answer}”.",
    },
    "rated_good": {"fa": "خوب: «{answer}»", "en": "Good: “{answer}”"},
    "rated_bad_fixed": {
        "fa": "بد: «{answer}»؛ ولی این پاسخ را با /fix نوشته‌اید و آموخته می‌شود: پاسخ تازه‌ای با /fix بنویسید یا با /facts delete پاکش کنید.",
        "en": "Bad: “{answer}”; but you gave this reply with /fix and it is trained: give another with /fix, or remove it with /facts delete.",
    },
    "rated_bad": {
        "fa": "بد: «{answer}»؛ از آن چیزی یاد گرفته نمی‌شود. پاسخ درست را با /fix بنویسید.",
        "en": "Bad: “{answer}”; nothing is learned from it. Give the right reply with /fix.",
    },
    "nothing_to_forget": {
        "fa": "چیزی با «{words}» پیدا نشد؛ فهرست دانسته‌ها: /facts",
        "en": "Nothing was found for “{words}”; /facts lists what is known.",
    },
    "forget_question": {
        "fa": "این {count} مورد برای همیشه فراموش شود؟",
        "en": "Forget what is listed ({count}) for ever?",
    },
    "forget_needs_yes": {
        "fa": "چیزی فراموش نشد. بدون ترمینال نمی‌توان پرسید؛ اگر همین‌ها باید برود، در پایان --yes بنویسید.",
        "en": "Nothing was forgotten. Without a terminal nobody can be asked; if these should go, add --yes.",
    },
    "forget_declined": {"fa": "چیزی فراموش نشد.", "en": "Nothing was forgotten."},
    "forgotten": {
        "fa": "{count} مورد از دانسته‌ها و از دفتر گفت‌وگو پاک شد و دیگر آموخته نمی‌شود. گفت‌وگوهایی که با /save ذخیره کرده‌اید دست نخوردند.",
        "en": "{count} removed from what is known and from the journal; never trained on again. Conversations written with /save were not touched.",
    },
    "no_facts": {
        "fa": "هنوز چیزی از شما نمی‌دانم؛ از خودتان بگویید یا با /teach یاد بدهید.",
        "en": "Nothing is known of you yet; tell something of yourself, or use /teach.",
    },
    "fact_edited": {"fa": "{what} از این پس: {value}", "en": "{what} from now on: {value}"},
    "nothing_learned": {
        "fa": "چیزی برای یاد گرفتن نیست؛ گفت‌وگو کنید یا با /teach یاد بدهید.",
        "en": "There is nothing to learn; talk, or use /teach.",
    },
    "learned_count": {
        "fa": "{included} سطر آموخته می‌شود و {left} سطر کنار می‌ماند. آغاز: /learn",
        "en": "{included} rows are trained on, {left} are left out. Start: /learn",
    },
    "more_rows": {"fa": "… و {count} سطر دیگر", "en": "… and {count} more rows"},
    "reason_fact": {"fa": "دانستهٔ تازه، به {views} شکل", "en": "a new fact, in {views} wordings"},
    "reason_earlier": {
        "fa": "دانستهٔ پیشین؛ به نوبت دوباره مرور می‌شود",
        "en": "an earlier fact; repeated in turn",
    },
    "reason_said": {"fa": "گفتهٔ شما، با وزن کم", "en": "your words, at low weight"},
    "reason_as_said": {"fa": "گفتهٔ شما، همان‌طور که گفتید", "en": "your words, as you said them"},
    "reason_good": {"fa": "پاسخی که خوب بود، با وزن کم", "en": "a reply you called good, at low weight"},
    "reason_unrated": {
        "fa": "پاسخ خود مدل؛ با /good آموخته می‌شود",
        "en": "the model's own reply; trained only with /good",
    },
    "reason_bad": {"fa": "با /bad کنار گذاشته‌اید", "en": "left out with /bad"},
    "reason_distress": {
        "fa": "از حال بدی می‌گوید؛ چنین گفته‌ای آموخته نمی‌شود",
        "en": "it speaks of distress; such turns are never trained on",
    },
    "reason_answered": {
        "fa": "برنامه خودش پاسخ داد، نه مدل",
        "en": "the program itself answered, not the model",
    },
    "reason_unfinished": {"fa": "پاسخش ناتمام ماند", "en": "its answer is unfinished"},
    "reason_read": {
        "fa": "دانسته‌اش به شکل‌های دیگر آموخته می‌شود",
        "en": "its fact is trained in other wordings",
    },
    "reason_corrected": {
        "fa": "به‌جایش پاسخی آموخته می‌شود که با /fix نوشتید",
        "en": "the reply you gave with /fix is trained instead",
    },
    "reason_nothing_said": {"fa": "چیز پایداری نمی‌گوید", "en": "it states nothing that lasts"},
    "reason_facts_off": {
        "fa": "یادگیری از دانسته‌ها خاموش است (learning.facts)",
        "en": "learning from facts is off (learning.facts)",
    },
    "reason_superseded": {"fa": "دانستهٔ تازه‌تری جایش را گرفته است", "en": "a later fact took its place"},
    "nothing_asked": {
        "fa": "هنوز چیزی نپرسیده‌اید؛ پرسش را پس از دستور بنویسید.",
        "en": "Nothing was asked yet; write the question after the command.",
    },
    "compared": {"fa": "پرسش: «{question}»", "en": "Question: “{question}”"},
    "without_memory": {"fa": "{version}، بدون حافظه", "en": "{version}, without memory"},
    "with_memory": {"fa": "{version}، با حافظه", "en": "{version}, with memory"},
    "compare_base": {"fa": "مدل پایه و نسخهٔ کنونی", "en": "the base model and the current version"},
    "compare_last": {"fa": "نسخهٔ پیشین و نسخهٔ کنونی", "en": "the version before and the current one"},
    "compare_current": {
        "fa": "نسخهٔ کنونی، بدون حافظه و با حافظه",
        "en": "the current version, without and with memory",
    },
    "column_kind": {"fa": "نوع", "en": "kind"},
    "column_id": {"fa": "شناسه", "en": "id"},
    "column_what": {"fa": "چه چیز", "en": "what"},
    "column_source": {"fa": "از کجا", "en": "from where"},
    "column_included": {"fa": "آموزش", "en": "trained"},
    "column_text": {"fa": "متن", "en": "text"},
    "column_reason": {"fa": "چرا", "en": "why"},
    "kind_fact": {"fa": "دانسته", "en": "fact"},
    "kind_turn": {"fa": "نوبت", "en": "exchange"},
    "source_stated": {"fa": "گفته‌اید · {time}", "en": "you said · {time}"},
    "source_taught": {"fa": "با /teach · {time}", "en": "by /teach · {time}"},
    "source_fixed": {"fa": "با /fix · {time}", "en": "by /fix · {time}"},
    "status_facts": {"fa": "دانسته‌ها", "en": "facts"},
    "status_memory": {"fa": "حافظه در پرامپت", "en": "memory in the prompt"},
    "on": {"fa": "روشن", "en": "on"},
    "off": {"fa": "خاموش", "en": "off"},
}
