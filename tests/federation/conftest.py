"""A city, a province and a nation, joined by agreements: the province follows the city, the nation the province."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from goodstanding.site.embedded_postgres import Cluster

from .instances import BUREAU, Instance, create_database, drop_database


@pytest.fixture(scope="module")
def federation(server: Cluster, template_database: str) -> Iterator[dict[str, Instance]]:
    """The three instances, serving."""
    connections["default"].close()
    root = Path(tempfile.mkdtemp(prefix="goodstanding-federation-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        made = {}
        for name in ("city", "province", "nation"):
            (root / name).mkdir()
            made[name] = instance = Instance(name, root / name, server)
            create_database(server, instance.database, template=template_database)
            stack.callback(drop_database, server, instance.database)
            if name != "nation":
                instance.run("authority", *BUREAU)
            instance.serve()
            stack.callback(instance.stop)
        city, province, nation = made.values()
        city.run("account", "bureau", "--role", "authority", "--authority", BUREAU[0], "--no-password")
        province.follows(city, name_zh="临江省信用平台", onward=("全国信用平台",))
        nation.follows(province, name_zh="全国信用平台")
        yield made
