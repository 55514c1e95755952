"""Nothing that a row says reaches a log: neither ours nor the database server's."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from goodstanding.site.embedded_postgres import Cluster
from goodstanding.site.logs import WithoutValues

from ..registry.factories import make_authority, make_entity, reported, take_in

SECRET = "张三三丰PERSON"


def test_a_refused_row_is_logged_without_its_values(database: str, server: Cluster) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(WithoutValues(settings.LOGGING["formatters"]["line"]["format"]))
    log = logging.Logger("test")
    log.addHandler(handler)
    row = reported(
        make_entity(), make_authority(), personal={"CF_FRDB": SECRET}, legal_basis="", document_no=SECRET
    )
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        take_in(row)
    assert SECRET in str(caught.value), "the database's error does carry the row"
    try:
        raise caught.value
    except IntegrityError as error:
        log.exception("a chunk failed")
        log.error("a chunk failed: %s", error)
    written = out.getvalue()
    assert "adverse_record_has_basis" in written and "values left out" in written
    assert SECRET not in written
    assert SECRET not in Path(server.log).read_text(errors="replace")
