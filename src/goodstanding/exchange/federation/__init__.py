"""The federation: instances of the platform (a city, a province, the nation) joined by sharing agreements alone.

An instance follows another's feed as any subscriber does, and what it gets becomes part of its own registry: records
that live elsewhere, held read-only (``registry.foreign``). Its own feed carries them on to whoever the agreements let
have them, and the receipts walk back up.
"""
