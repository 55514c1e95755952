"""The registry: entities, the current state of each record, and the journal of everything that happened.

What it promises:

- It is the only writer of records and of the journal. Other rooms call ``commands`` and ``queries``.
- A record's change and its journal event are one transaction.
- Journal positions are 1, 2, 3 ... without a gap, in the order of commits; the database refuses to change or
  delete an event, and refuses a gap (``sql/journal.sql``).
- What the law no longer lets anyone see is left out by date when it is read, not when a worker gets to it.

Start with ``models`` (tables and constraints), ``journal`` (the one way to append), ``commands`` (every write),
``queries`` (every read) and ``seal`` (the journal as a Merkle log).
"""
