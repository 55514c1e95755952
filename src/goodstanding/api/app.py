"""The API object: its name, its version, and the routers mounted on it."""

from __future__ import annotations

from ninja import NinjaAPI

api = NinjaAPI(title="Goodstanding", version="1.0.0", urls_namespace="api-v1", docs_url=None)
