"""Sentences of reading conversations out of files and Hub data sets."""

CATALOGUE = {
    "no_file": {
        "fa": "فایل {path} نیست. مسیر را بررسی کنید.",
        "en": "there is no file {path}. Check the path.",
    },
    "unknown_kind": {
        "fa": "نوع فایل {path} شناخته نشد. این‌ها خوانده می‌شوند: {kinds} (هم فشرده با xz یا gz)؛ یا hub:شناسهٔ یک مجموعهٔ داده.",
        "en": "the kind of {path} is not known. These are read: {kinds} (also .xz or .gz); or hub:ID of a data set.",
    },
    "no_hub_source": {
        "fa": "مجموعهٔ دادهٔ «{name}» از هاب خوانده نشد: {reason}. شناسه و اتصال را بررسی کنید؛ شکل آن hub:شناسه[@نسخه][:پیکربندی] است.",
        "en": "cannot read the data set {name!r} from the Hub: {reason}. Check the id and the connection; the form is hub:ID[@revision][:configuration].",
    },
    "empty": {
        "fa": "در {path} هیچ سطری نیست؛ چیزی برای خواندن نمی‌ماند.",
        "en": "there is no row in {path}, so there is nothing to read.",
    },
    "too_many_bad": {
        "fa": "از {total} سطر {path}، {count} سطر پذیرفتنی نیست؛ بیش از یک‌دهم. نخستین آن‌ها:\n{shown}\nفایل را درست کنید؛ اگر نام ستون‌ها دیگر است، آن‌ها را با --columns بدهید.",
        "en": "{count} of {total} rows of {path} are not usable: more than a tenth. The first of them:\n{shown}\nMend the file; where its columns have other names, give them with --columns.",
    },
    "left_out": {
        "fa": "{count} سطر از {total} سطر کنار گذاشته شد؛ نخستین: {where}: {reason}",
        "en": "{count} of {total} rows were left out; the first: {where}: {reason}",
    },
    "bad_columns": {
        "fa": "ستون‌ها «{value}» پذیرفتنی نیست. شکل آن instruction=ستون,response=ستون یا messages=ستون است؛ نام‌ها: {names}.",
        "en": "{value!r} does not name the columns. The form is instruction=COLUMN,response=COLUMN or messages=COLUMN; names: {names}.",
    },
    "no_column": {
        "fa": "{path} ستونی به نام {column} ندارد؛ ستون‌هایش: {columns}.",
        "en": "{path} has no column {column}; it has: {columns}.",
    },
    # --- why a row is left out
    "not_json": {"fa": "JSON درستی نیست ({reason})", "en": "not JSON ({reason})"},
    "not_an_object": {"fa": "شیء JSON نیست ({kind})", "en": "not a JSON object ({kind})"},
    "wrong_cells": {"fa": "شمار خانه‌ها با سرستون‌ها نمی‌خواند", "en": "not as many cells as the header has"},
    "not_text": {"fa": "متن نیست ({kind})", "en": "not text ({kind})"},
    "not_a_list": {"fa": "فهرستی از نوبت‌ها نیست", "en": "not a list of turns"},
    "no_columns": {
        "fa": "نه messages دارد و نه جفتی مانند instruction و response؛ ستون‌ها: {columns}",
        "en": "neither messages nor a pair like instruction and response; columns: {columns}",
    },
    "bad_turn": {
        "fa": "نوبتی هست که گوینده یا متن آن خوانده نمی‌شود",
        "en": "a turn whose speaker or text cannot be read",
    },
    "no_turns": {
        "fa": "نوبت‌ها یک‌درمیان از کاربر و دستیار نیست، یا یکی خالی است، یا پاسخ دستیار در پایان نیست",
        "en": "the turns are not user and assistant in turn, or one is empty, or no answer ends them",
    },
}
