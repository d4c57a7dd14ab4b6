"""Charters in versions with signatures, registers, lessons, facts of rounds, and what changes in a partnership."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveys.database import UtcDateTime

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("put_on", sa.Date(), nullable=True),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.CheckConstraint("state = 'draft' OR digest <> ''", name=op.f("ck_charter_signed_text_is_fixed")),
        sa.CheckConstraint(
            "state IN ('draft', 'signing', 'in_force', 'superseded', 'withdrawn')", name=op.f("ck_charter_state_known")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_charter_version_counts")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_charter_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter")),
        sa.UniqueConstraint("partnership_id", "version", name=op.f("uq_charter_partnership_id_version")),
    )
    op.create_index(op.f("ix_charter_partnership_id"), "charter", ["partnership_id"])

    op.create_table(
        "lesson",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("learned_on", sa.Date(), nullable=False),
        sa.CheckConstraint("audience IN ('partnership', 'everybody')", name=op.f("ck_lesson_audience_known")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_lesson_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
    )
    op.create_index(op.f("ix_lesson_partnership_id"), "lesson", ["partnership_id"])

    op.create_table(
        "organization_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('renamed', 'merged', 'split')", name=op.f("ck_organization_change_kind_known")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_organization_change_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["organization.id"], name=op.f("fk_organization_change_other_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_change")),
    )
    op.create_index(op.f("ix_organization_change_organization_id"), "organization_change", ["organization_id"])
    op.create_index(op.f("ix_organization_change_other_id"), "organization_change", ["other_id"])

    op.create_table(
        "partnership_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_partnership_event_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership_event")),
    )
    op.create_index(op.f("ix_partnership_event_partnership_id"), "partnership_event", ["partnership_id"])

    op.create_table(
        "register_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("register_code", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_register_entry_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
    )
    op.create_index(op.f("ix_register_entry_partnership_id"), "register_entry", ["partnership_id"])
    op.create_index(op.f("ix_register_entry_register_code"), "register_entry", ["register_code"])

    op.create_table(
        "rule_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_rule_reason_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_reason")),
        sa.UniqueConstraint("partnership_id", "rule", "about", name=op.f("uq_rule_reason_partnership_id_rule_about")),
    )
    op.create_index(op.f("ix_rule_reason_partnership_id"), "rule_reason", ["partnership_id"])

    op.create_table(
        "charter_signature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("charter_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("(way = '') = (signed_on IS NULL)", name=op.f("ck_charter_signature_signed_or_not")),
        sa.CheckConstraint("way IN ('', 'link', 'account', 'paper')", name=op.f("ck_charter_signature_way_known")),
        sa.ForeignKeyConstraint(["charter_id"], ["charter.id"], name=op.f("fk_charter_signature_charter_id_charter")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_charter_signature_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter_signature")),
        sa.UniqueConstraint(
            "charter_id", "organization_id", name=op.f("uq_charter_signature_charter_id_organization_id")
        ),
    )
    op.create_index(op.f("ix_charter_signature_charter_id"), "charter_signature", ["charter_id"])
    op.create_index(op.f("ix_charter_signature_organization_id"), "charter_signature", ["organization_id"])
    op.create_index(op.f("ix_charter_signature_token_hash"), "charter_signature", ["token_hash"])

    op.create_table(
        "fact_sheet",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("ratios", sa.JSON(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_fact_sheet_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_fact_sheet")),
    )
    with op.batch_alter_table("partnership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("further_goals", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("focus", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("modality", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("modality_note", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("parent_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_partnership_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_partnership_parent_id_partnership"), "partnership", ["parent_id"], ["id"]
        )
        batch_op.create_check_constraint(
            op.f("ck_partnership_modality_known"), "modality IN ('', 'national', 'external')"
        )
        batch_op.create_check_constraint(op.f("ck_partnership_above_another"), "parent_id IS NULL OR parent_id <> id")


def downgrade() -> None:
    with op.batch_alter_table("partnership", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_partnership_above_another"), type_="check")
        batch_op.drop_constraint(op.f("ck_partnership_modality_known"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_partnership_parent_id_partnership"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_partnership_parent_id"))
        batch_op.drop_column("parent_id")
        batch_op.drop_column("priority")
        batch_op.drop_column("modality_note")
        batch_op.drop_column("modality")
        batch_op.drop_column("focus")
        batch_op.drop_column("further_goals")

    op.drop_table("fact_sheet")

    op.drop_table("charter_signature")

    op.drop_table("rule_reason")

    op.drop_table("register_entry")

    op.drop_table("partnership_event")

    op.drop_table("organization_change")

    op.drop_table("lesson")

    op.drop_table("charter")
