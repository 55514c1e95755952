"""Wiring only: settings, addresses, the embedded database server, the worker and the demo."""
