"""Mailings, the outbox, what mail servers said of invitations, plans of rounds, and pulses between rounds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plain_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handed_over", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'refused', 'unclear')", name=op.f("ck_plain_mail_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plain_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_plain_mail_key")),
    )
    op.create_table(
        "mail_text",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invitation', 'again', 'reminder', 'extension', 'not_opened', 'cancelled', 'results', 'agreed')",
            name=op.f("ck_mail_text_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_mail_text_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "kind", "language", name=op.f("pk_mail_text")),
    )
    op.create_table(
        "cancellation",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("second_person", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("second_person <> ''", name=op.f("ck_cancellation_second_person_named")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_cancellation_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_cancellation")),
    )
    op.create_index(op.f("ix_cancellation_token_hash"), "cancellation", ["token_hash"])
    op.create_table(
        "mailing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invitation', 'again', 'reminder', 'extension', 'not_opened', 'cancelled', 'results', 'agreed')",
            name=op.f("ck_mailing_kind_known"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_mailing_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
        sa.UniqueConstraint("round_id", "kind", "number", name=op.f("uq_mailing_round_id_kind_number")),
    )
    op.create_index(op.f("ix_mailing_round_id"), "mailing", ["round_id"])
    op.create_table(
        "round_plan",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("reminders", sa.JSON(), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_plan_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_plan")),
    )
    op.create_table(
        "delivery",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.CheckConstraint("outcome IN ('refused', 'returned', 'unclear')", name=op.f("ck_delivery_outcome_known")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_delivery_invitation_id_invitation")
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_delivery")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("mailing_id", sa.Uuid(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handed_over", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_outbox_mailing_id_mailing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_outbox_mailing_id"), "outbox", ["mailing_id"])
    with op.batch_alter_table("partnership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("round_dates", sa.JSON(), nullable=False, server_default="[]"))

    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="full"))
        batch_op.create_check_constraint(op.f("ck_round_kind_known"), "kind IN ('full', 'pulse')")


def downgrade() -> None:
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_round_kind_known"), type_="check")
        batch_op.drop_column("kind")

    with op.batch_alter_table("partnership", schema=None) as batch_op:
        batch_op.drop_column("round_dates")

    op.drop_table("outbox")
    op.drop_table("delivery")
    op.drop_table("round_plan")
    op.drop_table("mailing")
    op.drop_table("cancellation")
    op.drop_table("mail_text")
    op.drop_table("plain_mail")
