"""Intake: the way of a row from an authority's file into the registry.

    file -> contract -> readers -> checks -> link -> classify -> build -> registry, or back with reasons

What it promises:

- Every row ends in exactly one of: committed, unchanged, superseding, rejected with its reasons.
- A chunk of rows is one transaction. A process that dies leaves nothing half done; run again, the batch ends the same.
- The same file sent twice changes nothing. A file that cannot be read to its end changes nothing at all.
- Nobody is linked by a guess: neither a name alone nor a code alone decides whom a row is about.
- A natural person's number is kept as a keyed hash or not at all; the person's name never enters what is public.

Start with ``contract`` (what a file must be), ``commands.receive`` and ``commands.run``, ``queries.returned_file``.
"""
