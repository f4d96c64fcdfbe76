"""Start the chat from a checkout: `python run_chat.py [flags of persian-assistant chat]`."""

import sys

from persian_assistant.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["chat", *sys.argv[1:]]))
