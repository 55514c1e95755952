"""``python -m goodstanding.exchange.mirror``."""

from .program import mirror

mirror(prog_name="goodstanding mirror")
