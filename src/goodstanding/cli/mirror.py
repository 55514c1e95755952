"""``goodstanding mirror``: the subscriber's side, a program of its own with its own store."""

from goodstanding.exchange.mirror.program import mirror

__all__ = ["mirror"]
