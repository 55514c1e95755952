"""Decisions as plain data (`plain`), their receipts (`receipt`), and how these replay years later (`replay`)."""
