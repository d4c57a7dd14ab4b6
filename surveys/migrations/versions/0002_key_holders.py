"""Several keys: holders, locks, their shares, rehearsals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("partnership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("keys_needed", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(
            batch_op.f("ck_partnership_one_key_or_several"), "keys_needed = 0 OR keys_needed >= 2"
        )
    _create_holders()
    _create_locks()


def _create_holders() -> None:
    op.create_table(
        "key_holder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("tested_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_key_holder_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_holder")),
    )
    for column in ("partnership_id", "token_hash"):
        op.create_index(op.f(f"ix_key_holder_{column}"), "key_holder", [column], unique=False)


def _create_locks() -> None:
    op.create_table(
        "key_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.CheckConstraint("purpose IN ('rehearsal', 'round', 'carry_over')", name=op.f("ck_key_lock_purpose_known")),
        sa.CheckConstraint("needed >= 2", name=op.f("ck_key_lock_several_needed")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_key_lock_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_key_lock_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_lock")),
    )
    for column in ("partnership_id", "round_id"):
        op.create_index(op.f(f"ix_key_lock_{column}"), "key_lock", [column], unique=False)
    op.create_table(
        "key_share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lock_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("entered", sa.LargeBinary(), nullable=False),
        sa.Column("is_lost", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lock_id"], ["key_lock.id"], name=op.f("fk_key_share_lock_id_key_lock")),
        sa.ForeignKeyConstraint(["holder_id"], ["key_holder.id"], name=op.f("fk_key_share_holder_id_key_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_share")),
        sa.UniqueConstraint("lock_id", "holder_id", name=op.f("uq_key_share_lock_id_holder_id")),
        sa.UniqueConstraint("lock_id", "place", name=op.f("uq_key_share_lock_id_place")),
    )
    for column in ("lock_id", "holder_id"):
        op.create_index(op.f(f"ix_key_share_{column}"), "key_share", [column], unique=False)
    op.create_table(
        "rehearsal",
        sa.Column("lock_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("boxes", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("outcome IN ('waiting', 'passed', 'failed')", name=op.f("ck_rehearsal_outcome_known")),
        sa.ForeignKeyConstraint(["lock_id"], ["key_lock.id"], name=op.f("fk_rehearsal_lock_id_key_lock")),
        sa.PrimaryKeyConstraint("lock_id", name=op.f("pk_rehearsal")),
    )


def downgrade() -> None:
    for table in ("rehearsal", "key_share", "key_lock", "key_holder"):
        op.drop_table(table)
    with op.batch_alter_table("partnership", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_partnership_one_key_or_several"), type_="check")
        batch_op.drop_column("keys_needed")
