"""``python -m goodstanding`` is the command line."""

from goodstanding.cli import main

main()
