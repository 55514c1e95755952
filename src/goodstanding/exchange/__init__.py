"""The exchange: who may hold which records, how changes reach them, and the proof that removals arrived.

What it promises:

- Cursors, not queues: a subscriber is one row with one position; nothing is stored per delivery.
- The feed has an entry for every sealed position. What lies in a subscriber's scope comes with its content, all
  else as a leaf hash alone, so a follower proves that nothing was kept from it and learns nothing more.
- Nothing that may not be published today leaves, however old the event is that once published it.
- A removal counts as done by a holder when its signed receipt is here and verified.

Start with ``models`` (subscriber, agreement, receipt), ``feed`` (what a subscriber gets), ``commands`` and
``queries``. ``mirror`` is the subscriber's side and imports nothing of the platform but ``goodstanding.proof``; ``log``
exports and audits the transparency log and asks witnesses, and ``witness`` is one.
"""
