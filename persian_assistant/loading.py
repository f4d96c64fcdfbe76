"""The model of a session, loading in a thread of its own while the prompt is there already.

torch and what needs it are imported in that thread. Knows nothing of journals or of when to learn.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persian_assistant.config import ModelConfig
from persian_assistant.errors import AssistantError, ModelError
from persian_assistant.hub import ModelSource
from persian_assistant.persona import Persona
from persian_assistant.versions import VersionStore
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.serving import Serving


PATIENCE = 10.0
"""Seconds that leaving waits for a model in the middle of loading: Python cannot end a thread inside torch
without aborting the whole process."""


@dataclass(frozen=True)
class LoadingState:
    """`text` is one line for the bottom bar, empty once the model serves."""

    text: str
    done: bool = False
    error: BaseException | None = None


class ModelLoader:
    """Loads one model and the version that serves; `loaded` is called in its thread when they do."""

    def __init__(
        self,
        source: ModelSource,
        settings: ModelConfig,
        persona: Persona,
        store: VersionStore,
        notice: Callable[[str], None],
        loaded: Callable[[], object],
    ) -> None:
        self.state = LoadingState(say("model.loading", name=source.name))
        self.serving: Serving | None = None
        self._parts = (source, settings, persona, store, notice)
        self._loaded = loaded
        self._closing = False
        self._thread = threading.Thread(target=self._load, name="model-loader", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def ready(self, timeout: float | None = 0) -> bool:
        """True once the model serves. Raises what went wrong if loading failed."""
        self._thread.join(timeout)
        error = self.state.error
        if isinstance(error, AssistantError):
            raise error
        if error is not None:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError("model.load_failed", path=self._parts[0].path, reason=reason) from error
        return self.state.done

    def close(self) -> None:
        """Give up on a model that is still loading; nothing is called when it is there after all."""
        self._closing = True
        gc.unfreeze()
        if self._thread is not threading.current_thread():
            self._thread.join(PATIENCE)

    def _load(self) -> None:
        try:
            from persian_assistant.serving import Serving

            if self._closing:
                return
            self.serving = Serving.load(*self._parts)
            settle()
        except BaseException as error:
            self.state = LoadingState("", True, error)
            return
        self.state = LoadingState("", True)
        if not self._closing:
            self._loaded()


def settle() -> None:
    """Tell the garbage collector that what is in memory now stays.

    A collection holds the interpreter for as long as it walks torch's and transformers' objects: 0.3 s in
    which no token comes.
    """
    gc.collect()
    gc.freeze()
