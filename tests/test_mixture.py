"""What a pass trains on: shares, weights, and what must never be in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from learning_files import FACTS, talk
from learning_parts import exchanges
from tiny_models import SENTENCES, tiny_tokenizer

from persian_assistant.config import LearningConfig
from persian_assistant.journal import Journal
from persian_assistant.mixture import Ingredients, Mixture, build_mixture
from persian_assistant.records import Exchange, Message
from persian_assistant.template import IGNORED_LABEL, ChatTemplate

SETTINGS = LearningConfig()
PERSONA = "تو دستیاری مهربانی."


@pytest.fixture(scope="module")
def template() -> ChatTemplate:
    return ChatTemplate.for_model(tiny_tokenizer("mini"))


def parts(new: list[Exchange], seeds: int = 40, texts: int = 40) -> Ingredients:
    return Ingredients(
        new,
        [talk(SENTENCES[at % 12], f"پاسخ شمارهٔ {at}: {SENTENCES[(at + 1) % 12]}") for at in range(seeds)],
        [f"متن شمارهٔ {at}. {SENTENCES[at % 12]}" for at in range(texts)],
        PERSONA,
    )


def mix(template: ChatTemplate, ingredients: Ingredients, seed: int = 1, **changes: object) -> Mixture:
    return build_mixture(ingredients, template, replace(SETTINGS, **changes), 200, seed)


def texts_of(template: ChatTemplate, mixture: Mixture) -> str:
    return "\n".join(template.tokenizer.decode(row.input_ids) for row in mixture.examples)


def test_shares_go_by_tokens(template: ChatTemplate) -> None:
    mixture = mix(template, parts(exchanges(60), seeds=300, texts=300))
    own = {"exchanges": 0, "seeds": 0, "texts": 0}
    for row in mixture.examples:
        text = template.tokenizer.decode(row.input_ids)
        kind = "seeds" if PERSONA in text else "texts" if text.startswith("متن") else "exchanges"
        own[kind] += len(row)
    total = sum(own.values())
    assert mixture.counts["tokens"] == total
    assert mixture.counts["exchanges"] == 60
    longest = max(map(len, mixture.examples))
    assert abs(own["exchanges"] - total / 2) <= longest
    assert abs(own["seeds"] - total / 4) <= longest
    assert abs(own["texts"] - total / 4) <= longest


def test_no_shares_means_only_what_is_new(template: ChatTemplate) -> None:
    mixture = mix(template, parts(exchanges(5)), seed_share=0.0, general_share=0.0)
    assert mixture.counts["exchanges"] == len(mixture.examples) == 5
    assert mixture.counts["seed_examples"] == mixture.counts["general_texts"] == 0


def test_a_seed_decides_the_draw_and_the_hash_tells_the_data(template: ChatTemplate) -> None:
    ingredients = parts(exchanges(6))
    first, again, other = (mix(template, ingredients, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.data_hash != other.data_hash
    assert [row.input_ids for row in first.examples] != [row.input_ids for row in other.examples]
    changed = parts([*exchanges(5), Exchange(6, 0.0, "اسم من علی است.", "باشد.")])
    assert mix(template, changed).data_hash != first.data_hash
    assert mix(template, ingredients, user_weight=0.3).data_hash != first.data_hash


def test_weights_are_the_user_s_and_never_the_model_s(template: ChatTemplate) -> None:
    only = {"seed_share": 0.0, "general_share": 0.0}
    new = [Exchange(1, 0.0, FACTS[0], "پاسخِ خودِ مدل")]
    row = mix(template, parts(new), **only).examples[0]
    assert set(row.loss_weights) == {0.0, 0.2}
    told = [token for token, weight in zip(row.input_ids, row.loss_weights, strict=True) if weight]
    assert template.tokenizer.decode(told).strip() == FACTS[0]
    assert "پاسخِ" not in template.tokenizer.decode(row.input_ids)
    for label, token, weight in zip(row.labels, row.input_ids, row.loss_weights, strict=True):
        assert label == (token if weight else IGNORED_LABEL)
    rated = mix(template, parts(new), reply_weight=0.5, **only).examples[0]
    assert set(rated.loss_weights) == {0.0, 0.2, 0.5}
    assert mix(template, parts(new), user_weight=0.0, **only).examples == []


def test_seed_examples_come_with_the_persona_and_carry_loss_on_answers(template: ChatTemplate) -> None:
    mixture = mix(template, replace(parts(exchanges(3)), general_texts=[]))
    rows = [row for row in mixture.examples if PERSONA in template.tokenizer.decode(row.input_ids)]
    assert len(rows) == mixture.counts["seed_examples"] > 0
    for row in rows:
        text = template.tokenizer.decode(row.input_ids)
        assert text.startswith(f"<|system|>{PERSONA}")
        learned = [token for token, weight in zip(row.input_ids, row.loss_weights, strict=True) if weight]
        assert set(row.loss_weights) == {0.0, 1.0}
        answer = text.split("<|assistant|>")[1]
        assert template.tokenizer.decode(learned) == answer  # with the token that ends it
    own = replace(
        parts(exchanges(3)), general_texts=[], seed_examples=[[Message("system", "دیگری"), *talk("یک", "دو")]]
    )
    assert PERSONA not in texts_of(template, mix(template, own))


def test_unanswered_interrupted_and_undone_turns_stay_out(template: ChatTemplate, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.jsonl")
    said = ["گفتهٔ پاسخ‌دار", "گفتهٔ بریده", "گفتهٔ بی‌پاسخ", "گفتهٔ پس‌گرفته"]
    numbers = [journal.append_user(text) for text in said]
    journal.append_assistant(numbers[0], "بله")
    journal.append_assistant(numbers[1], "ناتم", interrupted=True)
    journal.append_assistant(numbers[3], "بله")
    journal.append("undo", target=numbers[3])
    mixture = mix(template, parts(journal.exchanges()))
    text = texts_of(template, mixture)
    assert mixture.counts["exchanges"] == 1
    assert said[0] in text
    assert not any(absent in text for absent in said[1:])


def test_rows_fit_and_those_without_loss_are_left_out(template: ChatTemplate) -> None:
    long = " ".join(SENTENCES * 4)
    ingredients = Ingredients(
        [Exchange(1, 0.0, long, "باشد")], [talk(long, "کوتاه"), talk("کوتاه", "پاسخ")], [long], ""
    )
    mixture = mix(template, ingredients, general_share=0.45, seed_share=0.45)
    assert all(len(row) <= 200 for row in mixture.examples)
    assert all(any(row.loss_weights[1:]) for row in mixture.examples)
    assert mixture.counts["seed_examples"] == 1  # the answer of the other one lies past the end
