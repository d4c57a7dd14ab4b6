"""A login ends when it was not used for a while: when it was used last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveys.database import UtcDateTime

revision, down_revision = "0017", "0016"
branch_labels = depends_on = None


def upgrade() -> None:
    """Of logins that are there nothing more is known than when they began."""
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.add_column(sa.Column("used_at", UtcDateTime(), nullable=True))
    login = sa.table("login", sa.column("began_at"), sa.column("used_at"))
    op.execute(login.update().values(used_at=login.c.began_at))
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.alter_column("used_at", existing_type=UtcDateTime(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_column("used_at")
