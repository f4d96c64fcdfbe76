"""From raw files to packed tokens: reading, cleaning, duplicates, held-out text, tokenizer, recipes."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pretraining_helpers import documents, write_corpus, write_recipe
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from persian_assistant.errors import UsageError
from persian_assistant.pretraining import corpus
from persian_assistant.pretraining.documents import clean, cut_to_words, read, split_heldout
from persian_assistant.pretraining.duplicates import Duplicates, drop_duplicates
from persian_assistant.pretraining.recipe import Recipe, Source
from persian_assistant.pretraining.tokenizer import (
    SPECIAL_TOKENS,
    as_pretrained,
    plain_ids,
    train_tokenizer,
)
from persian_assistant.template import ChatTemplate

A, B, C = "این نخستین سند است.\nسطر دوم آن هم هست.", "سند دوم اینجاست.", "و این هم سومین سند."
ZWNJ = "\u200c"


# --- reading


def test_every_kind_of_file_gives_its_documents(tmp_path: Path) -> None:
    plain = f"\n\n{A}\n\n \n{B}\n\n{C}"
    rows = (
        "".join(json.dumps({"text": text, "id": 1}, ensure_ascii=False) + "\n" for text in (A, B, C)) + "\n"
    )
    (tmp_path / "a.txt").write_text(plain, encoding="utf-8")
    (tmp_path / "b.TXT.xz").write_bytes(lzma.compress(plain.encode()))
    (tmp_path / "c.md.gz").write_bytes(gzip.compress(plain.encode()))
    (tmp_path / "d.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "e.jsonl.xz").write_bytes(lzma.compress(rows.encode()))
    for path in sorted(tmp_path.iterdir()):
        assert list(read(Source(path.name), tmp_path)) == [A, B, C], path
        assert list(read(Source(str(path)), Path("/nowhere"))) == [A, B, C], path


def test_a_folder_is_read_in_order_to_its_depth(tmp_path: Path) -> None:
    (tmp_path / "text" / "deep").mkdir(parents=True)
    (tmp_path / "text" / "2.txt").write_text(B, encoding="utf-8")
    (tmp_path / "text" / "1.txt").write_text(A, encoding="utf-8")
    (tmp_path / "text" / "deep" / "3.txt").write_text(C, encoding="utf-8")
    (tmp_path / "text" / "picture.png").write_bytes(b"\x89PNG")
    assert list(read(Source("text"), tmp_path)) == [A, B, C]


def refusal(source: Source, root: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        list(read(source, root))
    assert str(caught.value)  # the sentence can be filled in
    return caught.value


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in ("missing.txt", "empty"):
        error = refusal(Source(path), tmp_path)
        assert error.key == "pretrain.no_source"
        assert str(tmp_path / path) in str(error)
    whole = lzma.compress("سلام ".encode() * 10_000)
    (tmp_path / "cut.txt.xz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "not.txt.gz").write_bytes(b"no gzip at all")
    packed = gzip.compress(random.Random(0).randbytes(5000))
    (tmp_path / "cut.txt.gz").write_bytes(packed[:3000])
    for name in ("cut.txt.xz", "not.txt.gz", "cut.txt.gz"):
        error = refusal(Source(name), tmp_path)
        assert error.key == "pretrain.cannot_read"
        assert name in str(error)


@pytest.mark.parametrize("bad", ["{broken", '{"title": "x"}', '{"text": null}', "[1]", '"text"'])
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, bad: str) -> None:
    (tmp_path / "rows.jsonl").write_text(f'{{"text": "یک"}}\n\n{bad}\n', encoding="utf-8")
    error = refusal(Source("rows.jsonl"), tmp_path)
    assert (error.key, error.values["line"]) == ("pretrain.bad_row", 3)
    assert "rows.jsonl" in str(error)


# --- cleaning


def cleaned(*texts: str, **settings: object) -> list[str]:
    return clean(texts, Source("x", **settings))  # type: ignore[arg-type]


def test_one_spelling_and_nothing_that_drives_a_terminal() -> None:
    arabic = "كتاب\u200cهاي خوبي\u0640\u0640 در خانه داريم كه ٣ تا است"
    assert cleaned(arabic) == [f"کتاب{ZWNJ}های خوبی در خانه داریم که ۳ تا است"]
    forms = "\ufeb3\ufefc\ufee1 بر همهٔ مردم این سرزمین \ufed9\ufeec\ufee6"
    assert cleaned(forms) == ["سلام بر همهٔ مردم این سرزمین کهن"]
    escapes = "این متن \x1b[31mسرخ\x1b[0m بود\u202e و \x1b]52;c;cGF3\x07پاک شد\x07   به   همین سادگی"
    assert cleaned(escapes) == ["این متن سرخ بود و پاک شد به همین سادگی"]


def test_lines_that_are_not_persian_prose_go() -> None:
    kept = "این سطر فارسی است و می‌ماند تا آخر."
    for line in (
        "An English line that says nothing here.",
        "1234 5678 ---- 90",
        "----------",
        "a = b + c[0]",
    ):
        assert cleaned(f"{kept}\n{line}\n{kept}") == [f"{kept}\n{kept}"], line
    assert cleaned(f"{kept}\nاین سطر خراب\ufffd است و خوانده نشده.") == [kept]
    assert cleaned("کوتاه است") == []  # too short to learn from
    assert cleaned("Hello world, nothing Persian") == []


def test_max_latin_sets_how_mixed_a_line_may_be() -> None:
    mixed = "برای نصب، دستور pip install را در ترمینال بزنید."
    assert cleaned(mixed) == [mixed]
    assert cleaned(mixed, max_latin=0.1) == []


def test_strip_prefix_takes_the_start_and_nothing_else() -> None:
    text = "خلاصه: متن اصلی از اینجا آغاز می‌شود. خلاصه: دوباره آمد."
    assert cleaned(text, strip_prefix="خلاصه: ") == ["متن اصلی از اینجا آغاز می‌شود. خلاصه: دوباره آمد."]
    assert cleaned(f"  {text}", strip_prefix="^خلاصه: ")[0].startswith("متن اصلی")


def test_boilerplate_goes_and_what_is_whole_stays() -> None:
    footer = "همهٔ حقوق این وب‌گاه محفوظ است."
    pages = documents(13, sentences=2)
    assert cleaned(*(f"{page}\n{footer}" for page in pages)) == pages
    few = [f"{page}\n{footer}" for page in pages[:12]]
    assert cleaned(*few) == few
    assert len(cleaned(*["خیلی ممنون، روز خوبی داشته باشید."] * 20)) == 20  # duplicates are not its business


def test_cutting_keeps_about_so_many_words_and_never_nothing() -> None:
    texts = documents(50)
    cut = cut_to_words(texts, 480, 1)
    assert sum(len(text.split()) for text in cut) == 480
    assert cut == [text for text in texts if text in cut]  # their order is kept
    assert cut != texts[:10]
    assert cut == cut_to_words(texts, 480, 1)
    assert cut_to_words(texts, 0, 1) == texts
    assert len(cut_to_words(texts, 5, 1)) == 1


# --- duplicates


def test_exact_duplicates_apart_from_spacing_and_zwnj() -> None:
    seen = Duplicates()
    assert seen.is_new("این کتاب‌ها را دیروز خریدم.")
    assert not seen.is_new("این کتاب‌ها را دیروز خریدم.")
    assert not seen.is_new("این کتابها  را، دیروز خریدم!")
    assert not seen.is_new("این کتاب ها\nرا دیروز خریدم")
    assert seen.is_new("این کتاب‌ها را امروز خریدم.")


def test_near_duplicates_go_and_different_texts_stay() -> None:
    texts = documents(200, sentences=10)
    assert drop_duplicates(texts, Duplicates()) == texts
    seen, ticks = Duplicates(), []
    drop_duplicates(texts, seen)
    changed = [text.replace("امروز", "دیشب", 1) + "\nپایان این نوشته." for text in texts]
    left = drop_duplicates(changed, seen, ticks.append)
    assert len(left) <= 0.05 * len(texts)
    assert ticks == list(range(1, 201))
    others = documents(200, 9, sentences=5)
    halves = [text[: len(other)] + other for text, other in zip(texts, others, strict=True)]
    assert len(drop_duplicates(halves, seen)) >= 0.98 * len(texts)


# --- held out


def test_heldout_is_by_text_alone_and_apart_from_training() -> None:
    texts = documents(3000, sentences=1)
    train, heldout = split_heldout(texts)
    assert not set(train) & set(heldout)
    assert Counter(train + heldout) == Counter(texts)
    assert 15 <= len(heldout) <= 60  # 12 in a thousand
    shuffled = random.Random(1).sample(texts, 1500)
    assert set(split_heldout(shuffled)[1]) == set(heldout) & set(shuffled)


def test_heldout_text_is_bounded() -> None:
    long = "\n".join(documents(10, sentences=10))
    _, heldout = split_heldout([f"{long}\n{number}" for number in range(3000)])
    assert 60_000 <= sum(map(len, heldout)) < 60_000 + len(long) + 5


# --- tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([*documents(100), "سال ۱۴۰۳ و 2024 بود؛ 12345 و ۱۲۳۴۵ hello"] * 3, 400)


def test_size_and_special_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == 400
    for number, token in enumerate(SPECIAL_TOKENS):
        assert tokenizer.encode(token).ids == [number]
    few = train_tokenizer(["سلام سلام"], 400)
    assert few.get_vocab_size() < 400  # so small a text has no more


def test_digits_stand_apart_and_half_spaces_stay_inside(tokenizer: Tokenizer) -> None:
    for text in ("1234567", "۱۲۳۴۵", "٣٤٥"):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        parts = [tokenizer.decode([token]) for token in ids]
        assert all(len(part) <= 1 for part in parts)  # a Persian digit may be two byte tokens
    assert [tokenizer.decode([i]) for i in tokenizer.encode("2024", add_special_tokens=False).ids] == list(
        "2024"
    )
    word = f"می{ZWNJ}روم"
    assert (
        len(tokenizer.encode(f" {word}", add_special_tokens=False).ids) == 1
    )  # one frequent word, one token
    for token in tokenizer.get_vocab():
        digits = [char for char in token if char.isdigit()]
        assert len(digits) <= 1 or token in SPECIAL_TOKENS, token


@pytest.mark.parametrize(
    "text",
    [
        "سلام، خوبی؟ می‌روم «خانه».",
        "😀👍🏽 👨‍👩‍👧 🇮🇷 emoji",
        "Latin: naïve café, 中文, кириллица, עברית",
        "  دو فاصله\n\n\nو سه سطر\tتب\r\nپایان  ",
        "x\u0000\u200d\u202e ~`@#$%^&*()_+{}|:<>?",
        "۱۲۳ 456 ٧٨٩ ½ ²",
        "",
    ],
)
def test_any_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    expected = unicodedata.normalize("NFC", text)
    wrapped = as_pretrained(tokenizer, 128)
    assert tokenizer.decode(tokenizer.encode(text).ids) == expected
    assert wrapped.decode(plain_ids(wrapped, text)) == expected


def test_the_saved_form_is_the_same_tokenizer(tokenizer: Tokenizer, tmp_path: Path) -> None:
    as_pretrained(tokenizer, 128).save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    text = "سلام، می‌روم به خانه 12 😀"
    assert loaded.encode(text) == tokenizer.encode(text).ids
    assert (loaded.eos_token_id, loaded.pad_token_id) == (1, 0)
    template = ChatTemplate.for_model(loaded)
    assert template.kind == "chat"
    assert template.stop_token_ids == [0, 1, 3]  # padding, the end, and a user's turn
    rendered = loaded.apply_chat_template(
        [{"role": "system", "content": " تو خوبی "}, {"role": "user", "content": "سلام\n"}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert rendered == "<|system|>تو خوبی<|end|><|user|>سلام<|end|><|assistant|>"


def test_plain_ids_reads_no_special_token_and_never_warns(
    tokenizer: Tokenizer, capfd: pytest.CaptureFixture[str]
) -> None:
    wrapped = as_pretrained(tokenizer, 16)
    ids = plain_ids(wrapped, "سلام <|end|> " * 50)
    assert len(ids) > 16
    assert not set(ids) & set(range(len(SPECIAL_TOKENS)))
    assert wrapped.encode("<|end|>") == [1]  # and the tokenizer is as it was
    assert "longer than" not in capfd.readouterr().err


# --- collecting and packing


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    write_corpus(tmp_path)
    return Recipe.load(write_recipe(tmp_path / "tiny.toml"))


def collected(recipe: Recipe, root: Path) -> tuple[list[corpus.SourceText], list[str]]:
    lines: list[str] = []
    return corpus.collect(recipe, root, lines.append), lines


def test_collecting_drops_what_another_source_had(recipe: Recipe, tmp_path: Path) -> None:
    twice = replace(recipe, sources=(*recipe.sources, Source("prose.txt", name="again")))
    texts, lines = collected(twice, tmp_path)
    prose, talk, again = texts
    assert len(prose.train) + len(prose.heldout) == 120
    assert len(talk.train) + len(talk.heldout) == 60
    assert again.train == again.heldout == []
    assert len(lines) == 3
    assert "again" in lines[2]
    assert "۱۲۰" in lines[2]


def test_no_text_at_all_is_an_error(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(
        "این متن به کدگذاری کهنه‌ای نوشته شده است.".replace(ZWNJ, " ").encode("cp1256", "ignore")
    )
    for sources, key in (((Source("old.txt"),), "pretrain.no_text"), ((), "pretrain.no_sources")):
        with pytest.raises(UsageError) as caught:
            collected(replace(recipe, sources=sources), tmp_path)
        assert caught.value.key == key
        assert str(caught.value)


def unpacked(path: Path, tokenizer: Tokenizer) -> list[str]:
    """The documents in a packed file."""
    found, current = [], []
    for token in np.fromfile(path, dtype=np.uint16).tolist():
        if token == 1:
            found.append(tokenizer.decode(current, skip_special_tokens=False))
            current = []
        else:
            current.append(token)
    assert not current  # each document is ended
    return found


def test_packing_holds_every_document_as_often_as_told(recipe: Recipe, tmp_path: Path) -> None:
    texts, _ = collected(recipe, tmp_path)
    texts[0].train[0] += "\n<|end|> همچون متن <|user|> است"
    tokenizer = corpus.build_tokenizer(texts, 400, 1)
    counts = corpus.pack(texts, tokenizer, recipe, tmp_path / "corpus")
    prose, talk = texts
    main, late = (
        Counter(unpacked(tmp_path / "corpus" / f"{name}.bin", tokenizer)) for name in ("main", "late")
    )
    assert set(main) == set(prose.train) | set(talk.train)
    assert all(main[text] == 1 for text in prose.train)
    assert sorted(Counter(main[text] for text in talk.train)) == [1, 2]
    assert sum(main[text] for text in talk.train) == len(talk.train) + round(0.5 * len(talk.train))
    assert set(late) <= set(prose.train)
    assert sum(late.values()) == round(0.5 * len(prose.train))
    assert counts["main_tokens"] == (tmp_path / "corpus" / "main.bin").stat().st_size // 2
    lines = (tmp_path / "corpus" / "heldout.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    assert [row["text"] for row in rows] == prose.heldout + talk.heldout
    assert not {row["text"] for row in rows} & set(main)
    assert json.loads((tmp_path / "corpus" / "corpus.json").read_text(encoding="utf-8")) == counts


def test_rows_are_found_by_number_and_start_over(tmp_path: Path) -> None:
    np.arange(70, dtype=np.uint16).tofile(tmp_path / "x.bin")
    packed = corpus.PackedTokens(tmp_path / "x.bin", 32)
    assert packed.rows == 2
    assert packed.batch(0, 2).tolist() == [list(range(32)), list(range(32, 64))]
    assert packed.batch(3, 1).tolist() == [list(range(32, 64))]
    (tmp_path / "none.bin").touch()
    assert corpus.PackedTokens(tmp_path / "none.bin", 32).rows == 0


def test_text_that_fills_no_row_is_an_error_and_leaves_the_stage_open(recipe: Recipe, tmp_path: Path) -> None:
    texts, _ = collected(recipe, tmp_path)
    tokenizer = corpus.build_tokenizer(texts, 400, 1)
    short = [corpus.SourceText(recipe.sources[0], ["یک جملهٔ کوتاه."], [], 1)]
    with pytest.raises(UsageError) as caught:
        corpus.pack(short, tokenizer, recipe, tmp_path / "corpus")
    assert caught.value.key == "pretrain.too_little"
    assert not (tmp_path / "corpus" / "corpus.json").exists()


def test_the_corpus_hash_is_of_what_decides_the_tokens(recipe: Recipe) -> None:
    first = recipe.sources[0]
    same = [
        replace(recipe, sources=(replace(first, licence="x", url="y"), *recipe.sources[1:])),
        replace(recipe, schedule=replace(recipe.schedule, max_steps=7, learning_rate=0.5)),
        replace(recipe, architecture=replace(recipe.architecture, hidden_size=64)),
    ]
    other = [
        replace(recipe, sources=recipe.sources[:1]),
        replace(recipe, sources=(replace(first, repeat=2), *recipe.sources[1:])),
        replace(recipe, architecture=replace(recipe.architecture, vocab_size=401)),
    ]
    assert {one.corpus_hash() for one in same} == {recipe.corpus_hash()}
    assert len({one.corpus_hash() for one in (recipe, *other)}) == 4
