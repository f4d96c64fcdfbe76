"""Sessions with the remembrance role for tests: who agrees, and what is typed."""

from __future__ import annotations

from session_talk import PATIENCE, Talk

from persian_assistant.session import Session
from persian_assistant.terminal.loop import Chat, Questions
from persian_assistant.terminal.view import View

AGREED = ("۳۵", "می‌دانم این یک شبیه‌سازی است و خودِ او نیست", "پدر", "علی", "نگین جان")
DISTRESS = "دیگه نمی‌خوام زنده باشم"
LABEL, OUTSIDE = "[شبیه‌سازی]", "[بیرون از نقش]"


class Keyboard:
    """Answers questions in turn; None is Ctrl-C."""

    def __init__(self, *lines: str | None, yes: bool = True) -> None:
        self.lines, self.yes, self.asked = list(lines), yes, []  # type: ignore[var-annotated]

    def __call__(self, question: str) -> bool:
        self.asked.append(question)
        return self.yes

    def line(self, question: str) -> str | None:
        self.asked.append(question)
        return self.lines.pop(0)


class RoleTalk(Talk):
    def role(self, *lines: str | None, wait: bool = True, **changes: object) -> Session:
        ask = Keyboard(*lines) if lines else None
        config = self.config(**{"persona": "remembrance", **changes})
        session = Session.open(config, notice=self.notices.append, ask=ask)
        self._open.append(session)
        if wait:
            assert session.ready(PATIENCE)
        return session


def chat_of(session: Session, ask: Keyboard | None = None, piped: bool = True) -> Chat:
    view = View(apart=True)
    asking = Questions(view, ask, ask.line) if ask is not None else None
    return Chat(session, view, ask=asking, piped=piped)
