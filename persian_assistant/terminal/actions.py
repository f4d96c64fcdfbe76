"""What each slash command does: one function a command, and the table `/help` is built from.

A function is handed the chat and the rest of the line; it shows what happened and raises AssistantError.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from persian_assistant.calendar_fa import day
from persian_assistant.config import data_dir, read_toml
from persian_assistant.errors import AssistantError, UsageError
from persian_assistant.figures import exact
from persian_assistant.terminal import remembrance_actions, rtl_actions, told_actions, version_actions
from persian_assistant.terminal.slash import Choices, Command, number, split_flags
from persian_assistant.terminal.start import last_learned
from persian_assistant.terminal.told_actions import shortened
from persian_assistant.terminal.toolbar import pass_line, speed, version_name
from persian_assistant.terminal.view import figure
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat


def help_(chat: Chat, rest: str) -> None:
    rows = [(command.usage, command.description) for command in COMMANDS]
    chat.view.table((say("chat.column_command"), say("chat.column_description")), rows)
    chat.view.notice(say("chat.keys_help"))


def exit_(chat: Chat, rest: str) -> None:
    flags, words = split_flags(COMMAND["exit"], rest, "--wait")
    if words:
        raise COMMAND["exit"].refuse(rest)
    chat.leaving = True
    chat.wait_at_end = chat.wait_at_end or bool(flags)


def push(chat: Chat, rest: str) -> None:
    command = COMMAND["push"]
    flags, words = split_flags(command, rest, "--public", "--yes")
    if len(words) != 1:
        raise command.refuse(rest)
    chat.session.push(words[0], public="--public" in flags, yes="--yes" in flags, ask=chat.ask)


def learn(chat: Chat, rest: str) -> None:
    flags, words = split_flags(COMMAND["learn"], rest, "--wait", "--stop")
    if words or len(flags) > 1:
        raise COMMAND["learn"].refuse(rest)
    if "--stop" in flags:
        stopped = chat.session.cancel_pass()
        chat.view.notice(say("chat.pass_stopping" if stopped else "chat.no_pass"))
        return
    if chat.wait_for_versions() and not chat.session.status().pending:
        return  # the pass that ran by itself has learned it
    chat.session.learn()
    if flags or chat.piped:
        chat.wait_for_pass()
    else:
        chat.asked_for_pass = True
        chat.view.notice(say("chat.learn_started"))


def status(chat: Chat, rest: str) -> None:
    if rest:
        raise COMMAND["status"].refuse(rest)
    now = chat.session.status()
    persona = chat.session.profile.persona
    if now.pass_running:
        learning = pass_line(chat.session.pass_state)
    elif now.learning_enabled:
        turns = say("chat.until_pass", turns=figure(now.turns_until_pass))
        learning = f"{say('chat.status_every', every=figure(now.every))} · {turns}"
    else:
        learning = say("chat.learning_off")
    values: dict[str, object] = {
        "profile": now.profile,
        "persona": f"{persona.title} ({persona.name})",
        "base_model": now.base_model,
        "quantization": now.quantization,
        "device": now.device,
        "version": version_name(now.version),
        "learned": last_learned(chat.session, now, 55),
        "trainable_parameters": now.trainable_parameters or None,  # not known while the model loads
        "exchanges": now.exchanges,
        "facts": now.facts,
        "memory": say("chat.on" if now.memory else "chat.off"),
        "pending": now.pending if now.learning_enabled else None,
        "learning": learning,
        "tokens_per_second": speed(now.tokens_per_second),
        "home": now.home,
    }
    rows = [
        (say(f"chat.status_{name}"), figure(value))
        for name, value in values.items()
        if value is not None and value != ""
    ]
    chat.view.table((say("chat.column_setting"), say("chat.column_value")), rows)


def regen(chat: Chat, rest: str) -> None:
    if rest:
        raise COMMAND["regen"].refuse(rest)
    chat.show_answer(chat.session.regenerate)


def undo(chat: Chat, rest: str) -> None:
    if rest:
        raise COMMAND["undo"].refuse(rest)
    gone = chat.session.undo()
    if gone is None:
        chat.view.notice(say("chat.nothing_to_undo"))
    else:
        chat.view.notice(say("chat.undone", text=shortened(gone.user)))


def clear(chat: Chat, rest: str) -> None:
    if rest:
        raise COMMAND["clear"].refuse(rest)
    chat.session.clear()
    chat.view.notice(say("chat.cleared"))


def history(chat: Chat, rest: str) -> None:
    exchanges = chat.session.history(number(COMMAND["history"], rest) if rest else 10)
    if not exchanges:
        chat.view.notice(say("chat.no_history"))
    title = chat.session.profile.persona.title
    role = getattr(chat.session, "role", None)
    shown = ""
    for exchange in exchanges:
        if (date := day(exchange.time)) != shown:
            chat.view.notice(date, style="dim")
            shown = date
        chat.view.notice(f"{say('chat.you')}: {exchange.user}", style="bold")
        answer = exchange.assistant or ("" if exchange.interrupted else say("chat.no_answer"))
        if exchange.interrupted:
            answer = f"{answer} {say('chat.unfinished')}".strip()
        label = f" [{role.label(exchange.seq)}]" if role else ""
        chat.view.notice(f"{title}{label}: {answer}")


def set_(chat: Chat, rest: str) -> None:
    name, _, value = rest.replace("=", " ", 1).partition(" ")
    if not name:
        rows = [(key, _shown(value)) for key, value in chat.session.settings().items()]
        chat.view.table((say("chat.column_setting"), say("chat.column_value")), rows)
        return
    if not value.strip():
        settings = chat.session.settings()
        if name not in settings:
            raise UsageError("cli.unknown_setting", name=name, where="/set")
        chat.view.notice(f"{name} = {_shown(settings[name])}")
        return
    chat.session.set(name, value.strip())
    chat.view.notice(say("chat.set_done", name=name, value=_shown(chat.session.settings()[name])))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value is None else exact(value) if isinstance(value, (int, float)) else str(value)


def persona(chat: Chat, rest: str) -> None:
    if rest:
        chat.switch(persona=_unquoted(rest))
        return
    now = chat.session.profile.persona.name
    rows = [(("● " if name == now else "  ") + name, title) for name, title in persona_choices(chat)]
    chat.view.table((say("chat.column_persona"), say("chat.column_title")), rows)


def model(chat: Chat, rest: str) -> None:
    if rest:
        chat.switch(model=_unquoted(rest))
        return
    chat.view.notice(f"● {chat.session.profile.base_model}")
    chat.view.table((say("chat.column_model"), say("chat.column_description")), model_choices(chat))
    chat.view.notice(say("chat.model_other"))


def save(chat: Chat, rest: str) -> None:
    path = chat.session.save(Path(_unquoted(rest)).expanduser() if rest else None)
    chat.view.notice(say("chat.saved", path=path))


def _unquoted(rest: str) -> str:
    return rest[1:-1] if len(rest) > 2 and rest[0] == rest[-1] and rest[0] in "\"'" else rest


def persona_choices(chat: Chat) -> Choices:
    """The shipped personas as (name, title); a file that cannot be read is left out."""
    found = []
    for path in sorted((data_dir() / "personas").glob("*.toml")):
        try:
            table = read_toml(path)
        except AssistantError:
            continue
        title = table.get("title_en" if language() == "en" else "title") or table.get("title", "")
        found.append((path.stem, str(title)))
    return found


def model_choices(chat: Chat) -> Choices:
    """The models that have a short name."""
    from persian_assistant.hub import KNOWN, MINI

    told = {"gpt2-fa": say("chat.model_gpt2_fa"), "gemma-2-2b-it": say("chat.model_gemma")}
    return [(MINI, say("chat.model_mini")), *((name, told.get(name, repo)) for name, repo in KNOWN.items())]


def setting_choices(chat: Chat) -> Choices:
    """The names `/set` takes, with their values."""
    return [(name, _shown(value)) for name, value in chat.session.settings().items()]


COMMANDS: tuple[Command, ...] = (
    Command("help", help_),
    *told_actions.COMMANDS,
    Command("learn", learn, "[--wait|--stop]", lambda chat: [("--wait", ""), ("--stop", "")]),
    Command("status", status),
    *version_actions.COMMANDS,
    Command("regen", regen),
    Command("undo", undo),
    Command("clear", clear),
    Command("history", history, "[n]"),
    Command("set", set_, "[name [value]]", setting_choices),
    Command("persona", persona, "[name|path]", persona_choices),
    Command("model", model, "[name|id|path]", model_choices),
    Command("save", save, "[path]"),
    *rtl_actions.COMMANDS,
    *remembrance_actions.COMMANDS,
    Command("push", push, "user/repo [--public] [--yes]"),
    Command("exit", exit_, "[--wait]", lambda chat: [("--wait", "")]),
)
COMMAND = {command.name: command for command in COMMANDS}
