"""The first schema: partnerships, rounds, the sealed box, releases, discussions, accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import surveys.database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint(
            "role IN ('administrator', 'facilitator', 'representative', 'reader')", name=op.f("ck_account_role_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", surveys.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "instrument_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_version")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_instrument_version_code_version")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_national", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('central_government', 'local_government', 'national_ngo', 'national_private', 'national_academic', 'donor_country', 'un_agency', 'lending_agency', 'international_ngo', 'foreign_investor', 'external_academic')",
            name=op.f("ck_organization_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_table(
        "partnership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("instrument_code", sa.String(), nullable=False),
        sa.Column("dyadic_mode", sa.String(), nullable=False),
        sa.Column("disclosure_level", sa.String(), nullable=False),
        sa.Column("pairing", sa.Boolean(), nullable=False),
        sa.Column("rhythm_months", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.CheckConstraint("disclosure_level IN ('A', 'B', 'C')", name=op.f("ck_partnership_disclosure_level_known")),
        sa.CheckConstraint("dyadic_mode IN ('positions', 'personal')", name=op.f("ck_partnership_dyadic_mode_known")),
        sa.CheckConstraint(
            "phase IN ('idea', 'pilot', 'review', 'scale_up', 'sustained', 'closed', 'imported')",
            name=op.f("ck_partnership_phase_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
        sa.UniqueConstraint("code", name=op.f("uq_partnership_code")),
    )
    op.create_table(
        "account_partnership",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_partnership_account_id_account")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_account_partnership_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("account_id", "partnership_id", name=op.f("pk_account_partnership")),
    )
    with op.batch_alter_table("account_partnership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_partnership_partnership_id"), ["partnership_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("role IN ('lead', 'external_lead', 'member')", name=op.f("ck_membership_role_known")),
        sa.CheckConstraint("left_on IS NULL OR left_on >= joined_on", name=op.f("ck_membership_dates_in_order")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_membership_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_membership_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "partnership_id",
            "organization_id",
            "joined_on",
            name=op.f("uq_membership_partnership_id_organization_id_joined_on"),
        ),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_partnership_id"), ["partnership_id"], unique=False)

    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opens_at", surveys.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", surveys.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("invited", sa.JSON(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("box_size", sa.Integer(), nullable=False),
        sa.Column("keys_state", sa.String(), nullable=False),
        sa.Column("dyadic_mode", sa.String(), nullable=False),
        sa.Column("disclosure_level", sa.String(), nullable=False),
        sa.CheckConstraint(
            "keys_state IN ('none', 'live', 'shred_pending', 'destroyed')", name=op.f("ck_round_keys_state_known")
        ),
        sa.CheckConstraint(
            "state IN ('prepared', 'open', 'closed', 'released', 'not_opened', 'cancelled')",
            name=op.f("ck_round_state_known"),
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_round_closes_after_opening")),
        sa.ForeignKeyConstraint(
            ["instrument_version_id"],
            ["instrument_version.id"],
            name=op.f("fk_round_instrument_version_id_instrument_version"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_round_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("partnership_id", "number", name=op.f("uq_round_partnership_id_number")),
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_instrument_version_id"), ["instrument_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_round_partnership_id"), ["partnership_id"], unique=False)

    op.create_table(
        "ballot",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_ballot_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ballot_round_id"), ["round_id"], unique=False)

    op.create_table(
        "carry_over",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_carry_over_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_carry_over_round_id_round")),
        sa.PrimaryKeyConstraint("partnership_id", name=op.f("pk_carry_over")),
    )
    with op.batch_alter_table("carry_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_carry_over_round_id"), ["round_id"], unique=False)

    op.create_table(
        "comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.CheckConstraint("audience IN ('all', 'facilitator')", name=op.f("ck_comment_audience_known")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_comment_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comment_round_id"), ["round_id"], unique=False)

    op.create_table(
        "discussion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("release_digest", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("agreed_action", sa.Text(), nullable=False),
        sa.Column("owner_organization_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("opened_at", surveys.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", surveys.database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'agreed' OR (agreed_action <> '' AND owner_organization_id IS NOT NULL AND due_on IS NOT NULL)",
            name=op.f("ck_discussion_agreed_is_complete"),
        ),
        sa.CheckConstraint("status IN ('open', 'agreed', 'done', 'dropped')", name=op.f("ck_discussion_status_known")),
        sa.ForeignKeyConstraint(
            ["owner_organization_id"],
            ["organization.id"],
            name=op.f("fk_discussion_owner_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_discussion_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_discussion_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion")),
    )
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_discussion_owner_organization_id"), ["owner_organization_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_discussion_partnership_id"), ["partnership_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_discussion_round_id"), ["round_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_draft_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_round_id"), ["round_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_invitation_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_invitation_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("round_id", "email", name=op.f("uq_invitation_round_id_email")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_token_hash"), ["token_hash"], unique=False)

    op.create_table(
        "release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("previous_digest", sa.String(), nullable=False),
        sa.Column("stored_at", surveys.database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_release_revision_counts")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_release_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("round_id", "revision", name=op.f("uq_release_round_id_revision")),
    )
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_round_id"), ["round_id"], unique=False)

    op.create_table(
        "response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("construct", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_response_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_response_round_id"), ["round_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_response_round_id"))

    op.drop_table("response")
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_release_round_id"))

    op.drop_table("release")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_token_hash"))
        batch_op.drop_index(batch_op.f("ix_invitation_round_id"))
        batch_op.drop_index(batch_op.f("ix_invitation_organization_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_round_id"))

    op.drop_table("draft")
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_discussion_round_id"))
        batch_op.drop_index(batch_op.f("ix_discussion_partnership_id"))
        batch_op.drop_index(batch_op.f("ix_discussion_owner_organization_id"))

    op.drop_table("discussion")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comment_round_id"))

    op.drop_table("comment")
    with op.batch_alter_table("carry_over", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_carry_over_round_id"))

    op.drop_table("carry_over")
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ballot_round_id"))

    op.drop_table("ballot")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_partnership_id"))
        batch_op.drop_index(batch_op.f("ix_round_instrument_version_id"))

    op.drop_table("round")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_partnership_id"))
        batch_op.drop_index(batch_op.f("ix_membership_organization_id"))

    op.drop_table("membership")
    with op.batch_alter_table("account_partnership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_partnership_partnership_id"))

    op.drop_table("account_partnership")
    op.drop_table("partnership")
    op.drop_table("organization")
    op.drop_table("instrument_version")
    op.drop_table("audit")
    op.drop_table("account")
