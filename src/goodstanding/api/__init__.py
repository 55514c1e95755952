"""The API for programs: OpenAPI 3.1 under ``/api/v1``, the same rules as the pages.

Each endpoint parses, authorises, calls one command or query, and renders. No rule and no SQL is here. What an
actor may not know of is answered exactly like what does not exist.
"""
