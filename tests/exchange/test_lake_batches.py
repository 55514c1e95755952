"""A mirror follows a journal with batches of mass facts in it, and gets the record that was promoted out of one."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from goodstanding import proof
from goodstanding.exchange import queries
from goodstanding.exchange.mirror import Mirror
from goodstanding.registry import commands as registry
from goodstanding.registry.lake_batches import promote

from ..registry.factories import make_authority
from ..registry.test_lake_batches import announced, lake_row, proved
from .stage import make_subscriber, now, seal_all, serving, today, token_of

pytestmark = pytest.mark.usefixtures("database")


def test_a_batch_is_a_leaf_to_a_mirror_and_its_promoted_row_is_a_record_like_any_other(
    tmp_path: Path,
) -> None:
    source, rows = make_authority(), [sha256(b"%d" % number).digest() for number in range(20)]
    batch = announced(rows, source)
    subscriber, key = make_subscriber()
    seal_all()
    with serving() as url:
        mirror = Mirror(url, token_of(subscriber), tmp_path / "mirror.sqlite3", key)
        before = mirror.follow_once()
        assert before.position >= batch.event_id and before.held == 0
        window = {
            "publish_from": today() - timedelta(days=9),
            "publish_until": today() + timedelta(days=300),
        }
        row = lake_row(source, rows[4], **window)
        record = promote(row, index=4, hashes=proved(batch, rows, 4), today=today(), at=now())
        seal_all()
        assert mirror.follow_once().held == 1
        holding = mirror.verify_holding(str(record.public_id))
        assert holding.event["kind"] == "record.promoted"
        # What the mirror holds is enough to see that the row stood in the batch that was announced before.
        proof.verify_inclusion(
            leaf_hash=proof.leaf_hash(bytes.fromhex(holding.event["digest"])),
            index=holding.event["index"],
            size=batch.rows,
            proof=proved(batch, rows, 4),
            root=bytes.fromhex(holding.event["root"]),
        )
        registry.restore(record_id=record.pk, at=now())
        seal_all()
        progress = mirror.follow_once()
        assert (progress.held, progress.dropped, progress.receipts) == (0, 1, 1)
        (holder,) = [found for found in queries.holders(record, today()) if found.subscriber == subscriber]
        assert holder.state == "dropped"
