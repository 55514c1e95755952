"""Measurements, printed with their method. ``make bench`` runs all; ``python -m bench NAME`` runs one."""
