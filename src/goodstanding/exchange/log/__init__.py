"""The transparency log as others hold it: exported as static files, audited, witnessed.

- ``folder``: a log as a folder of files (C2SP tlog-tiles), read and audited without the platform.
- ``export``: writes this installation's log into such a folder and keeps it up to date.
- ``audit``: replays the journal in the database and locates every byte that does not lead to the signed root.

``folder`` imports nothing of the platform but ``goodstanding.proof``.
"""
