"""``python -m goodstanding.exchange.witness``: the witness without the rest of the command line."""

from .program import witness

witness(prog_name="goodstanding witness")
