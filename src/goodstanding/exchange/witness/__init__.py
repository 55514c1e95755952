"""A witness (C2SP tlog-witness): it cosigns a log's checkpoint once it has seen that nothing was taken back.

- ``state``: all that it keeps, in one SQLite file: of each log the last checkpoint that it cosigned, and as evidence
  every signed checkpoint that contradicts it.
- ``service``: the decision and the cosignature for one request.
- ``server``: the same over HTTP.
- ``program``: the command ``goodstanding witness``.

It imports nothing of the platform but ``goodstanding.proof`` (and how the mirror keeps its key file), and should run
where the platform's operator has no hand.
"""
