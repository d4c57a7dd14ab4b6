"""People without an e-mail address: they get a printed letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0016", "0015"
branch_labels = depends_on = None

TABLES = ("invitation", "contact")


def upgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.alter_column("email", existing_type=sa.String(), nullable=True)


def downgrade() -> None:
    """The schema before knew nobody without an address: they get one that no mail can reach."""
    connection = op.get_bind()
    for name in TABLES:
        table = sa.table(name, sa.column("id", sa.Uuid()), sa.column("email", sa.String()))
        for key in connection.execute(sa.select(table.c.id).where(table.c.email.is_(None))).scalars().all():
            unreachable = table.update().where(table.c.id == key).values(email=f"{key.hex}@paper.invalid")
            connection.execute(unreachable)
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.alter_column("email", existing_type=sa.String(), nullable=False)
