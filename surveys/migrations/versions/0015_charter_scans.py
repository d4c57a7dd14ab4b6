"""The scan of a charter that was signed on paper, and who entered it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0015", "0014"
branch_labels = depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("charter_signature", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entered_by", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "charter_scan",
        sa.Column("signature_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("suffix", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["charter_signature.id"], name=op.f("fk_charter_scan_signature_id_charter_signature")
        ),
        sa.PrimaryKeyConstraint("signature_id", name=op.f("pk_charter_scan")),
    )


def downgrade() -> None:
    op.drop_table("charter_scan")
    with op.batch_alter_table("charter_signature", schema=None) as batch_op:
        batch_op.drop_column("entered_by")
