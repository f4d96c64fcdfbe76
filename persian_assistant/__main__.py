"""`python -m persian_assistant`."""

from persian_assistant.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
