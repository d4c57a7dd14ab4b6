"""Alembic's room: one head, reversible, tested with data on both databases."""
