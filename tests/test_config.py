"""Settings: where they come from, in which order, and how a bad one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from persian_assistant.config import (
    Config,
    GenerationConfig,
    LearningConfig,
    ModelConfig,
    data_dir,
    home,
    with_setting,
)
from persian_assistant.errors import UsageError


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


def test_the_defaults_are_the_issue_s() -> None:
    config = Config.load()
    answer = config.generation
    assert (answer.temperature, answer.top_p) == (0.7, 0.9)
    assert (answer.repetition_penalty, answer.max_new_tokens) == (1.2, 300)
    assert config.learning.every == 20 and config.learning.enabled
    assert config.learning.user_weight == 0.2 and config.learning.reply_weight == 0
    assert config.model == ModelConfig(None, None, "nf4", "auto", False)
    assert (config.lang, config.persona, config.profile) == ("fa", "assistant", None)


def test_file_then_environment(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        own_home,
        'lang = "en"\npersona = "programmer"\n[model]\nname = "mini"\nquantization = "none"\n'
        "[generation]\ntemperature = 0\n[learning]\nevery = 7\nenabled = false\n",
    )
    config = Config.load()
    assert (config.lang, config.persona, config.model.name) == ("en", "programmer", "mini")
    assert config.generation == GenerationConfig(temperature=0.0)
    assert config.learning == LearningConfig(every=7, enabled=False)
    monkeypatch.setenv("PERSIAN_ASSISTANT_LANG", "fa")
    monkeypatch.setenv("PERSIAN_ASSISTANT_MODEL", "gpt2-fa")
    monkeypatch.setenv("PERSIAN_ASSISTANT_PERSONA", "")  # empty is not set
    monkeypatch.setenv("PERSIAN_ASSISTANT_PROFILE", "خانه")
    config = Config.load()
    assert (config.lang, config.model.name, config.model.quantization) == ("fa", "gpt2-fa", "none")
    assert (config.persona, config.profile) == ("programmer", "خانه")


def test_a_file_as_windows_editors_save_it(own_home: Path) -> None:
    write(own_home, 'lang = "en"\r\nmodel = "mini"\r\n', "utf-8-sig")
    config = Config.load()
    assert config.lang == "en" and config.model.name == "mini"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lnag = 'fa'", "lnag"),
        ("lang = 'de'", "lang"),
        ("lang = 5", "lang"),
        ("persona = 3", "persona"),
        ("persona = {name = 'x'}", "persona"),
        ("profile = ['a']", "profile"),
        ("model = 4", "model"),
        ("learning = 3", "learning"),
        ("generation = 'fast'", "generation"),
        ("[model]\nquantization = 'int8'", "quantization"),
        ("[model]\ndevice = 'tpu'", "device"),
        ("[model]\nname = 12", "name"),
        ("[model]\nnmae = 'mini'", "nmae"),
        ("[model]\ndownload = 'maybe'", "download"),
        ("[learning]\nevery = 0", "every"),
        ("[learning]\nevery = true", "every"),
        ("[learning]\nevery = 2.5", "every"),
        ("[learning]\nenabled = 'perhaps'", "enabled"),
        ("[learning]\nlearning_rate = 0", "learning_rate"),
        ("[learning]\nlearning_rate = nan", "learning_rate"),
        ("[learning]\nnum_train_epochs = 0", "num_train_epochs"),
        ("[learning]\nbatch_size = 0", "batch_size"),
        ("[learning]\nlora_r = 0", "lora_r"),
        ("[learning]\nlora_dropout = 1", "lora_dropout"),
        ("[learning]\nuser_weight = 1.5", "user_weight"),
        ("[learning]\nreply_weight = -1", "reply_weight"),
        ("[learning]\nseed_share = -0.1", "seed_share"),
        ("[learning]\nseed_share = 0.5\ngeneral_share = 0.6", "seed_share"),
        ("[learning]\nmax_perplexity_ratio = 0.5", "max_perplexity_ratio"),
        ("[learning]\nkeep_versions = 1", "keep_versions"),
        ("[generation]\ntemperature = -1", "temperature"),
        ("[generation]\ntop_p = 0", "top_p"),
        ("[generation]\nrepetition_penalty = 0.5", "repetition_penalty"),
        ("[generation]\nmax_new_tokens = 0", "max_new_tokens"),
        ("[generation]\nrandom_seed = -1", "random_seed"),
        ("this is no toml", "config.toml"),
    ],
)
def test_every_bad_value_is_named(own_home: Path, text: str, named: str) -> None:
    write(own_home, text)
    with pytest.raises(UsageError) as told:
        Config.load()
    assert named in str(told.value)
    assert told.value.exit_code == 2


def test_a_file_that_is_no_text_is_named(own_home: Path) -> None:
    path = write(own_home, "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"config\.toml"):
        Config.load()


@pytest.mark.parametrize("name", ["LANG", "MODEL"])
def test_a_bad_environment_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PERSIAN_ASSISTANT_LANG", "xx")
    with pytest.raises(UsageError, match="lang"):
        Config.load()


@pytest.mark.parametrize(
    ("section", "name", "text", "value"),
    [
        (GenerationConfig(), "temperature", "۰٫۵", 0.5),
        (GenerationConfig(), "temperature", " 0.5 ", 0.5),
        (GenerationConfig(), "max_new_tokens", "۱۲۰", 120),
        (GenerationConfig(), "max_new_tokens", "١٢٠", 120),
        (GenerationConfig(), "do_sample", "off", False),
        (GenerationConfig(), "do_sample", "True", True),
        (GenerationConfig(random_seed=3), "random_seed", "-", None),
        (GenerationConfig(), "random_seed", "۷", 7),
        (LearningConfig(), "every", "۳", 3),
        (LearningConfig(), "learning_rate", "1e-3", 0.001),
        (ModelConfig(revision="main"), "revision", "none", None),
        (ModelConfig(), "quantization", "none", "none"),
    ],
)
def test_settings_from_text(section: object, name: str, text: str, value: object) -> None:
    changed = with_setting(section, name, text)
    assert getattr(changed, name) == value
    assert changed != section or value == getattr(section, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "زیاد"),
        ("temperature", "6"),
        ("top_p", "۱٫۵"),
        ("random_seed", "9" * 30),
        ("do_sample", "2"),
    ],
)
def test_bad_settings_are_told(name: str, text: str) -> None:
    with pytest.raises(UsageError) as told:
        with_setting(GenerationConfig(), name, text)
    assert name in str(told.value)


def test_an_unknown_setting_is_told() -> None:
    with pytest.raises(UsageError, match="warmth"):
        with_setting(GenerationConfig(), "warmth", "1")
    with pytest.raises(UsageError, match=r"generation.*/set"):  # a section is no setting
        with_setting(Config(), "generation", "1")


def test_the_root_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSIAN_ASSISTANT_HOME", "~/state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / "state"
    monkeypatch.delenv("PERSIAN_ASSISTANT_HOME")
    monkeypatch.setattr("sys.platform", "linux")
    assert home() == tmp_path / ".local" / "share" / "persian-assistant"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert home() == tmp_path / "xdg" / "persian-assistant"


def test_the_shipped_data_is_found() -> None:
    assert {path.name for path in data_dir().iterdir()} >= {"personas", "seed", "general", "models"}
