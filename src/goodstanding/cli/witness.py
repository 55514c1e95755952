"""``goodstanding witness``: a witness of transparency logs, a program of its own with its own store."""

from goodstanding.exchange.witness.program import witness

__all__ = ["witness"]
