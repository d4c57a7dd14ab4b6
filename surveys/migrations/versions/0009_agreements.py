"""From findings to agreements that are kept: concerns, disputes, meetings, commitments; old agreements move there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW: dict[str, tuple[Any, str]] = {
    "release_revision": (sa.Integer(), "1"),
    "place": (sa.Integer(), "0"),
    "conclusion": (sa.Text(), ""),
    "version": (sa.Integer(), "1"),
    "changed_by": (sa.String(), ""),
}
CARRIED = ("id", "partnership_id", "target", "status", "agreed_action", "owner_organization_id", "due_on", "outcome")
discussion = sa.table(
    "discussion",
    *map(sa.column, (*CARRIED, "opened_at", "changed_at", "conclusion", "release_digest", "release_revision")),
)
release = sa.table("release", sa.column("digest"), sa.column("revision"))
commitment = sa.table(
    "commitment",
    *map(sa.column, ("id", "partnership_id", "discussion_id", "what", "owner_organization_id", "due_on", "target")),
    *map(sa.column, ("status", "evidence", "done_on", "verified_by", "note", "agreed_on", "reminded")),
    *map(sa.column, ("is_open_to_all", "version", "changed_by", "changed_at")),
)


def upgrade() -> None:
    _create_disputes()
    _create_record()
    _create_meetings()
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        for name, (kind, default) in NEW.items():
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    _move_agreements()
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_discussion_owner_organization_id"))
        batch_op.drop_constraint(batch_op.f("ck_discussion_agreed_is_complete"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_discussion_status_known"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_discussion_owner_organization_id_organization"), type_="foreignkey")
        for name in ("owner_organization_id", "outcome", "agreed_action", "due_on"):
            batch_op.drop_column(name)
    op.execute(discussion.update().where(discussion.c.status == "done").values(status="agreed"))
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        batch_op.create_check_constraint(op.f("ck_discussion_status_known"), "status IN ('open', 'agreed', 'dropped')")


def _move_agreements() -> None:
    """Whatever had an owner becomes a commitment; the number of the entry serves it too."""
    changed, opened = discussion.c.changed_at, discussion.c.opened_at
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    day, begun = (sa.cast(at, sa.Date) if is_postgresql else sa.func.date(at) for at in (changed, opened))
    owned = discussion.c.owner_organization_id.is_not(None) & (discussion.c.agreed_action != "")
    status = sa.case(
        (discussion.c.status == "dropped", "dropped"),
        (discussion.c.due_on.is_(None), "draft"),
        (discussion.c.status == "open", "draft"),
        else_=discussion.c.status,
    )
    rows = sa.select(
        discussion.c.id,
        discussion.c.partnership_id,
        discussion.c.id.label("discussion_id"),
        discussion.c.agreed_action,
        discussion.c.owner_organization_id,
        discussion.c.due_on,
        discussion.c.target,
        status,
        discussion.c.outcome,
        sa.case((discussion.c.status == "done", day), else_=None),
        sa.literal(""),
        sa.literal(""),
        begun,
        sa.literal(""),
        sa.true(),
        sa.literal(1),
        sa.literal(""),
        discussion.c.changed_at,
    ).where(owned)
    op.execute(commitment.insert().from_select([column.name for column in commitment.c], rows))
    cited = sa.select(release.c.revision).where(release.c.digest == discussion.c.release_digest).limit(1)
    op.execute(
        discussion.update().values(
            conclusion=discussion.c.agreed_action,
            release_revision=sa.func.coalesce(cited.scalar_subquery(), 1),
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_action", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("outcome", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("owner_organization_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f("ix_discussion_owner_organization_id"), ["owner_organization_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_discussion_owner_organization_id_organization"),
            "organization",
            ["owner_organization_id"],
            ["id"],
        )
        batch_op.drop_constraint(batch_op.f("ck_discussion_status_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_discussion_status_known"), "status IN ('open', 'agreed', 'done', 'dropped')"
        )
    _move_back()
    with op.batch_alter_table("discussion", schema=None) as batch_op:
        batch_op.create_check_constraint(
            batch_op.f("ck_discussion_agreed_is_complete"),
            "status <> 'agreed' OR (agreed_action <> '' AND owner_organization_id IS NOT NULL AND due_on IS NOT NULL)",
        )
        for name in NEW:
            batch_op.drop_column(name)
    for name in ("meeting_item", "meeting", "reply_link", "reply", "commitment", "dispute_document", "dispute_note"):
        op.drop_table(name)
    for name in ("dispute_step", "party", "dispute", "acknowledgement", "concern"):
        op.drop_table(name)


def _move_back() -> None:
    """The first commitment of an entry is its agreement; an entry agreed without one is open again."""
    mine = commitment.c.discussion_id == discussion.c.id

    def first(column: str) -> sa.ScalarSelect[object]:
        rows = sa.select(commitment.c[column]).where(mine, commitment.c.due_on.is_not(None))
        return rows.order_by(commitment.c.agreed_on, commitment.c.id).limit(1).scalar_subquery()

    op.execute(
        discussion.update()
        .where(sa.exists().where(mine, commitment.c.due_on.is_not(None)))
        .values(
            agreed_action=first("what"),
            owner_organization_id=first("owner_organization_id"),
            due_on=first("due_on"),
            outcome=first("evidence"),
            status=sa.case((first("status").in_(("done", "verified")), "done"), else_=discussion.c.status),
        )
    )
    op.execute(
        discussion.update()
        .where(discussion.c.status == "agreed", discussion.c.owner_organization_id.is_(None))
        .values(status="open")
    )


def _create_disputes() -> None:
    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("principle", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("hoped_for", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("release_digest", sa.String(), nullable=False),
        sa.Column("release_revision", sa.Integer(), nullable=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('raised', 'acknowledged', 'answered', 'taken_up', 'withdrawn')",
            name=op.f("ck_concern_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_concern_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_concern_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_concern_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
    )
    op.create_index(op.f("ix_concern_organization_id"), "concern", ["organization_id"])
    op.create_index(op.f("ix_concern_partnership_id"), "concern", ["partnership_id"])
    op.create_index(op.f("ix_concern_round_id"), "concern", ["round_id"])
    op.create_table(
        "acknowledgement",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_acknowledgement_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_acknowledgement")),
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("raised_for_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("hoped_for", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("release_digest", sa.String(), nullable=False),
        sa.Column("release_revision", sa.Integer(), nullable=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("facilitator_id", sa.Uuid(), nullable=True),
        sa.Column("adjudicator_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('raised', 'acknowledged', 'direct_talks', 'facilitated', 'steering_group', 'external', 'agreed', 'monitoring', 'closed', 'withdrawn')",
            name=op.f("ck_dispute_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('agreed', 'monitoring', 'closed') OR agreement <> ''",
            name=op.f("ck_dispute_agreed_on_a_text"),
        ),
        sa.CheckConstraint(
            "adjudicator_id IS NULL OR adjudicator_id <> facilitator_id", name=op.f("ck_dispute_adjudicator_is_another")
        ),
        sa.ForeignKeyConstraint(["adjudicator_id"], ["account.id"], name=op.f("fk_dispute_adjudicator_id_account")),
        sa.ForeignKeyConstraint(["concern_id"], ["concern.id"], name=op.f("fk_dispute_concern_id_concern")),
        sa.ForeignKeyConstraint(["facilitator_id"], ["account.id"], name=op.f("fk_dispute_facilitator_id_account")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_dispute_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["raised_for_id"], ["organization.id"], name=op.f("fk_dispute_raised_for_id_organization")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_dispute_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_adjudicator_id"), "dispute", ["adjudicator_id"])
    op.create_index(op.f("ix_dispute_concern_id"), "dispute", ["concern_id"])
    op.create_index(op.f("ix_dispute_facilitator_id"), "dispute", ["facilitator_id"])
    op.create_index(op.f("ix_dispute_partnership_id"), "dispute", ["partnership_id"])
    op.create_index(op.f("ix_dispute_raised_for_id"), "dispute", ["raised_for_id"])
    op.create_index(op.f("ix_dispute_round_id"), "dispute", ["round_id"])
    op.create_table(
        "party",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_because", sa.String(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_party_dispute_id_dispute")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_party_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("dispute_id", "organization_id", name=op.f("pk_party")),
    )
    op.create_index(op.f("ix_party_organization_id"), "party", ["organization_id"])
    op.create_table(
        "dispute_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('raised', 'acknowledged', 'direct_talks', 'facilitated', 'steering_group', 'external', 'agreed', 'monitoring', 'closed', 'withdrawn')",
            name=op.f("ck_dispute_step_state_known"),
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_step_dispute_id_dispute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_step")),
        sa.UniqueConstraint("dispute_id", "place", name=op.f("uq_dispute_step_dispute_id_place")),
    )
    op.create_index(op.f("ix_dispute_step_dispute_id"), "dispute_step", ["dispute_id"])


def _create_record() -> None:
    op.create_table(
        "dispute_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("audience IN ('own', 'facilitator', 'all')", name=op.f("ck_dispute_note_audience_known")),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_note_dispute_id_dispute")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_dispute_note_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_note")),
    )
    op.create_index(op.f("ix_dispute_note_dispute_id"), "dispute_note", ["dispute_id"])
    op.create_index(op.f("ix_dispute_note_organization_id"), "dispute_note", ["organization_id"])
    op.create_table(
        "dispute_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("suffix", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "audience IN ('own', 'facilitator', 'all')", name=op.f("ck_dispute_document_audience_known")
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_document_dispute_id_dispute")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_dispute_document_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_document")),
        sa.UniqueConstraint(
            "dispute_id",
            "digest",
            "audience",
            "author",
            name=op.f("uq_dispute_document_dispute_id_digest_audience_author"),
        ),
    )
    op.create_index(op.f("ix_dispute_document_dispute_id"), "dispute_document", ["dispute_id"])
    op.create_index(op.f("ix_dispute_document_organization_id"), "dispute_document", ["organization_id"])
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("discussion_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner_organization_id", sa.Uuid(), nullable=False),
        sa.Column("to_organization_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("verified_for_id", sa.Uuid(), nullable=True),
        sa.Column("verified_by", sa.String(), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("reminded", sa.String(), nullable=False),
        sa.Column("is_open_to_all", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'verified') = (verified_for_id IS NOT NULL)", name=op.f("ck_commitment_verified_by_somebody")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'agreed', 'done', 'verified', 'dropped')", name=op.f("ck_commitment_status_known")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'dropped') OR due_on IS NOT NULL", name=op.f("ck_commitment_dated_unless_draft")
        ),
        sa.CheckConstraint(
            "verified_for_id IS NULL OR verified_for_id <> owner_organization_id",
            name=op.f("ck_commitment_verified_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["discussion_id"], ["discussion.id"], name=op.f("fk_commitment_discussion_id_discussion")
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_commitment_dispute_id_dispute")),
        sa.ForeignKeyConstraint(
            ["owner_organization_id"],
            ["organization.id"],
            name=op.f("fk_commitment_owner_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_commitment_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["to_organization_id"], ["organization.id"], name=op.f("fk_commitment_to_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["verified_for_id"], ["organization.id"], name=op.f("fk_commitment_verified_for_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
    )
    op.create_index(op.f("ix_commitment_discussion_id"), "commitment", ["discussion_id"])
    op.create_index(op.f("ix_commitment_dispute_id"), "commitment", ["dispute_id"])
    op.create_index(op.f("ix_commitment_owner_organization_id"), "commitment", ["owner_organization_id"])
    op.create_index(op.f("ix_commitment_partnership_id"), "commitment", ["partnership_id"])
    op.create_index(op.f("ix_commitment_to_organization_id"), "commitment", ["to_organization_id"])
    op.create_index(op.f("ix_commitment_verified_for_id"), "commitment", ["verified_for_id"])


def _create_meetings() -> None:
    op.create_table(
        "reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("discussion_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["discussion_id"], ["discussion.id"], name=op.f("fk_reply_discussion_id_discussion")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_reply_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("discussion_id", "organization_id", name=op.f("uq_reply_discussion_id_organization_id")),
    )
    op.create_index(op.f("ix_reply_discussion_id"), "reply", ["discussion_id"])
    op.create_index(op.f("ix_reply_organization_id"), "reply", ["organization_id"])
    op.create_table(
        "reply_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_reply_link_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_reply_link_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_link")),
    )
    op.create_index(op.f("ix_reply_link_organization_id"), "reply_link", ["organization_id"])
    op.create_index(op.f("ix_reply_link_partnership_id"), "reply_link", ["partnership_id"])
    op.create_index(op.f("ix_reply_link_token_hash"), "reply_link", ["token_hash"])
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("chaired_by", sa.String(), nullable=False),
        sa.Column("present", sa.JSON(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'held', 'cancelled')", name=op.f("ck_meeting_state_known")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_meeting_takes_time")),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_meeting_dispute_id_dispute")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_meeting_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    op.create_index(op.f("ix_meeting_dispute_id"), "meeting", ["dispute_id"])
    op.create_index(op.f("ix_meeting_partnership_id"), "meeting", ["partnership_id"])
    op.create_table(
        "meeting_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("discussion_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("dissent", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision = '' OR rule <> ''", name=op.f("ck_meeting_item_decided_by_a_rule")),
        sa.ForeignKeyConstraint(
            ["discussion_id"], ["discussion.id"], name=op.f("fk_meeting_item_discussion_id_discussion")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_item_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_item")),
        sa.UniqueConstraint("meeting_id", "discussion_id", name=op.f("uq_meeting_item_meeting_id_discussion_id")),
    )
    op.create_index(op.f("ix_meeting_item_discussion_id"), "meeting_item", ["discussion_id"])
    op.create_index(op.f("ix_meeting_item_meeting_id"), "meeting_item", ["meeting_id"])
