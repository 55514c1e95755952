"""Anchors: what has a checkpoint of the log kept, or its hour attested, by somebody else than the platform.

Each is behind one interface, ``base.Anchor``; none is needed, any number may be used:

- ``timestamps``: time-stamp authorities (RFC 3161);
- ``chain``: a contract on an EVM chain that stores a root for each size (the extra ``chain``);
- ``line_file``: a file on another disk, one line for each checkpoint.

``config`` reads which ones an installation uses, ``rounds`` anchors what is due and keeps the receipts, ``files``
writes them beside an exported log and checks them there. All but ``rounds`` and ``stored`` need no platform.
"""
