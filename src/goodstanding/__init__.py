"""Goodstanding: the open platform for the public credit of organisations."""
