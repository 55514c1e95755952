"""Casework: restoration and objection, from the application to the decision, on statutory clocks.

Promises: what may happen to a case stands in its chart and nowhere else; every step is kept, with its place in
the journal; a decision and what it does to the record are one transaction; a deadline that the law text seen
does not give is shown as unset, never guessed; nobody reads a case that is not his.

Start with ``commands`` (apply, appeal, move ...), ``objections``, ``queries``, and ``charts/``.
"""
