"""Out of the outbox, each mail once: planned mailings, crashes, unwilling servers, several processes at a time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session, select

from server.backup import back_up, restore
from server.mail import Post
from server.mailing import Composer
from server.sending import Office, Sent, fill_outbox, read_message_id, send_due
from server.settings import Settings
from server.ticker import tick
from surveys import accounts, ballots, commitments, discussions, mailings, outbox, rounds
from surveys.database import make_engine, transaction
from surveys.invitations import personal_secret
from surveys.models import Delivery, Mailing, OutboxRow, PlainMail, Round
from surveys.problems import InvalidInput
from tests.factories import NOW, cast_all, make_account, make_round, payload_of
from tests.post_office import open_post_office


@pytest.fixture(scope="module")
def shared_office():
    with open_post_office() as office:
        yield office


@pytest.fixture
def mailbox(shared_office):
    shared_office.taken.clear()
    shared_office.recipients.clear()
    shared_office.at_rcpt = shared_office.at_data = lambda _address: None
    return shared_office


@pytest.fixture
def asked(fresh_engine, keystore):
    """Opens now, closes in fourteen days: reminders are due after 7 and after 12 days."""
    with transaction(fresh_engine) as session:
        return make_round(session, keystore, opens_at=NOW, closes_at=NOW + timedelta(days=14))


@pytest.fixture
def deliver(fresh_engine, keystore, mailbox):
    def at(now, *, limit=100, **given) -> Sent:
        settings = mailbox.settings()
        fill_outbox(fresh_engine, keystore, now=now)
        post = Post(settings, patience=5, patience_after_body=0.4)
        return send_due(Office(fresh_engine, keystore, settings, Composer(settings), post, now, **given), limit=limit)

    return at


def everybody(engine, round_):
    with Session(engine) as session:
        return sorted(one.email for one in rounds.invitations_of(session, round_))


def answer_first(engine, keystore, round_, count):
    with transaction(engine) as session:
        people = list(rounds.invitations_of(session, round_))
        for one in people[:count]:
            ballots.cast(session, round_, keystore.load(round_.id), one.id, payload_of(one, T1=5))
        return sorted(one.email for one in people[count:])


def sent_of(engine, kind):
    with Session(engine) as session:
        return [one.sent for one in session.exec(select(Mailing).where(Mailing.kind == kind)).all()]


def test_it_works(fresh_engine, keystore, mailbox, asked, deliver):
    assert deliver(NOW).sent == 8
    assert sorted(mailbox.recipients) == everybody(fresh_engine, asked)
    assert sent_of(fresh_engine, "invitation") == [8]
    with Session(fresh_engine) as session:
        person = next(iter(rounds.invitations_of(session, asked)))
        code = personal_secret(keystore.load(asked.id), person.id)
        said = mailbox.texts()[mailbox.recipients.index(person.email)]
        assert session.exec(select(OutboxRow)).all() == []
    assert f"http://127.0.0.1:8000/i#{code}" in said
    assert f"Dear {person.person}," in said
    assert "the facilitator does not see who has answered" in said
    assert "22 June 2026, 27 June 2026" in said  # when reminders come
    assert len(set(mailbox.texts())) == 8


def test_nothing_before_the_opening(deliver, asked, mailbox):
    assert deliver(NOW - timedelta(minutes=1)).sent == 0
    assert mailbox.taken == []


def test_sent_once(deliver, asked, mailbox):
    deliver(NOW)
    deliver(NOW + timedelta(hours=1))
    assert len(mailbox.taken) == 8


def test_reminder_goes_to_those_who_have_not_answered(fresh_engine, keystore, mailbox, asked, deliver):
    deliver(NOW)
    mailbox.recipients.clear()
    left = answer_first(fresh_engine, keystore, asked, 5)
    deliver(NOW + timedelta(days=7))
    assert sorted(mailbox.recipients) == left
    assert sorted(sent_of(fresh_engine, "reminder"), key=str) == [3, None]


def test_reminder_to_everybody(fresh_engine, keystore, mailbox, asked, deliver):
    with transaction(fresh_engine) as session:
        session.get_one(Round, asked.id).state = "prepared"
        mailings.set_plan(session, session.get_one(Round, asked.id), reminders=[7], everybody=True)
        session.get_one(Round, asked.id).state = "open"
    deliver(NOW)
    mailbox.recipients.clear()
    answer_first(fresh_engine, keystore, asked, 5)
    deliver(NOW + timedelta(days=7))
    assert len(mailbox.recipients) == 8


def test_answering_between_row_and_mail(fresh_engine, keystore, mailbox, asked, deliver):
    """Rows are there already when somebody hands in: that person is not reminded any more."""
    deliver(NOW)
    mailbox.recipients.clear()
    fill_outbox(fresh_engine, keystore, now=NOW + timedelta(days=7))
    left = answer_first(fresh_engine, keystore, asked, 6)
    deliver(NOW + timedelta(days=7))
    assert sorted(mailbox.recipients) == left


def dump(engine):
    """Everything in the database, row for row."""
    with engine.connect() as connection:
        return {
            table: sorted(map(str, connection.execute(text(f'SELECT * FROM "{table}"')).all()))
            for table in inspect(engine).get_table_names()
        }


def test_reminder_changes_a_count_and_nothing_else(fresh_engine, keystore, mailbox, asked, deliver):
    deliver(NOW)
    answer_first(fresh_engine, keystore, asked, 5)
    before = dump(fresh_engine)
    deliver(NOW + timedelta(days=7))
    after = dump(fresh_engine)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"mailing"}
    (old,) = set(before["mailing"]) - set(after["mailing"])
    (new,) = set(after["mailing"]) - set(before["mailing"])
    assert old.replace("None", "3") == new


def test_rows_of_a_mailing_look_alike(fresh_engine, keystore, asked, deliver):
    """Also while they wait: as many as people, one size, one date, ids that nobody can compute without the keys."""
    deliver(NOW)
    answer_first(fresh_engine, keystore, asked, 5)
    fill_outbox(fresh_engine, keystore, now=NOW + timedelta(days=7))
    with Session(fresh_engine) as session:
        rows = session.exec(select(OutboxRow)).all()
        assert len(rows) == 8
        assert len({(len(row.box), row.due_at, row.attempts, row.handed_over) for row in rows}) == 1
        assert [row.id for row in rows] == sorted(row.id for row in rows) or fresh_engine.dialect.name != "sqlite"
        for one in rounds.invitations_of(session, asked):
            assert not any(one.id.bytes in row.box or one.id.bytes == row.id for row in rows)


def test_gone_people_get_nothing(fresh_engine, keystore, mailbox, asked, deliver):
    with transaction(fresh_engine) as session:
        person = next(iter(rounds.invitations_of(session, asked)))
        rounds.declare_gone(session, asked, person.id)
    assert deliver(NOW).sent == 7
    assert person.email not in mailbox.recipients


def test_no_mail_server_loses_nothing(fresh_engine, keystore, tmp_path, mailbox, asked, deliver):
    report = tick(fresh_engine, keystore, tmp_path, now=NOW, settings=Settings())
    assert (report.mails, report.problems) == (0, [])
    with Session(fresh_engine) as session:
        assert outbox.count_waiting(session) == 8
    later = tick(fresh_engine, keystore, tmp_path, now=NOW + timedelta(days=1), settings=mailbox.settings())
    assert later.mails == 8


def test_rate_is_limited(fresh_engine, keystore, tmp_path, mailbox, asked):
    settings = mailbox.settings(mail_per_minute=3)
    sent = [
        tick(fresh_engine, keystore, tmp_path, now=NOW + timedelta(minutes=n), settings=settings).mails
        for n in range(4)
    ]
    assert sent == [3, 3, 2, 0]


def test_order_is_random(fresh_engine, keystore, mailbox, deliver):
    orders = set()
    for _ in range(4):
        with transaction(fresh_engine) as session:
            round_ = make_round(session, keystore, opens_at=NOW, closes_at=NOW + timedelta(days=14))
        mailbox.recipients.clear()
        deliver(NOW)
        places = everybody(fresh_engine, round_)
        orders.add(tuple(places.index(one) for one in mailbox.recipients))
    assert len(orders) > 1


class PowerCut(BaseException):
    """Not an error anybody handles."""


def cut_at(point, *, after=0):
    passed = Counter()

    def reached(name):
        passed[name] += 1
        if name == point and passed[name] > after:
            raise PowerCut

    return reached


@pytest.mark.parametrize("point", ["claimed", "handed_over", "answered"])
def test_power_cut_in_the_middle(fresh_engine, mailbox, asked, deliver, point):
    """At most one mail is unclear, nobody gets two, and everybody else gets one."""
    with pytest.raises(PowerCut):
        deliver(NOW, reached=cut_at(point, after=2))
    deliver(NOW + timedelta(minutes=1))
    assert max(Counter(mailbox.recipients).values()) == 1
    done = deliver(NOW + timedelta(hours=1))
    counts = Counter(mailbox.recipients)
    assert max(counts.values()) == 1
    assert len(counts) == (7 if point == "handed_over" else 8)
    assert done.unclear == (0 if point == "claimed" else 1)
    with Session(fresh_engine) as session:
        assert session.exec(select(OutboxRow)).all() == []
        troubles = [one.outcome for one in session.exec(select(Delivery))]
    assert troubles == ([] if point == "claimed" else ["unclear"])


def test_unwilling_servers(fresh_engine, mailbox, asked, deliver):
    """One address is refused, one put off, one line drops after the body, one is silent: each once, none twice."""
    people = everybody(fresh_engine, asked)
    refused, put_off, dropped, silent = people[:4]
    mailbox.at_rcpt = {refused: "550 5.1.1 unknown", put_off: "450 4.2.0 later"}.get
    mailbox.at_data = {dropped: "drop", silent: "silence"}.get
    for minute in range(3):
        deliver(NOW + timedelta(minutes=minute))
    mailbox.at_rcpt = mailbox.at_data = lambda _address: None
    deliver(NOW + timedelta(hours=1))
    assert Counter(mailbox.recipients) == Counter(set(people) - {refused, dropped})
    with Session(fresh_engine) as session:
        troubles = {
            one.email: mailings.troubles(session, asked).get(one.id) for one in rounds.invitations_of(session, asked)
        }
        said = {email: (one.outcome, one.code) for email, one in troubles.items() if one}
        assert said == {refused: ("refused", "550 5.1.1"), dropped: ("unclear", ""), silent: ("unclear", "")}
    assert sent_of(fresh_engine, "invitation") == [5]


def test_put_off_for_days_is_given_up(fresh_engine, mailbox, asked, deliver):
    person = everybody(fresh_engine, asked)[0]
    mailbox.at_rcpt = lambda address: "450 4.2.0 later" if address == person else None
    for hour in range(0, 24 * 6, 6):
        deliver(NOW + timedelta(hours=hour))
    with Session(fresh_engine) as session:
        assert [(one.outcome, one.code) for one in session.exec(select(Delivery))] == [("refused", "450 4.2.0")]


def test_trouble_of_the_server_is_nobodys_refusal(fresh_engine, keystore, mailbox, asked, deliver):
    """However often it was tried in vain: when the mail server is back, everybody gets the invitation."""
    fill_outbox(fresh_engine, keystore, now=NOW)
    with transaction(fresh_engine) as session:
        for row in session.exec(select(OutboxRow)):
            row.attempts = 50
    settings = mailbox.settings(mail_port=1)
    office = Office(fresh_engine, keystore, settings, Composer(settings), Post(settings), NOW)
    assert send_due(office, limit=100).later == 1  # the first trouble ends the turn
    assert deliver(NOW + timedelta(minutes=31)).sent == 8
    with Session(fresh_engine) as session:
        assert session.exec(select(Delivery)).all() == []


def test_restored_backup_sends_nothing_twice(fresh_engine, keystore, tmp_path, mailbox, asked, deliver):
    """What waited in the backup was sent after it was made: it is reported as unclear."""
    fill_outbox(fresh_engine, keystore, now=NOW)
    with transaction(fresh_engine) as session:
        outbox.post(session, to="amina@example.org", subject="s", text="t", key="k")
    path = back_up(fresh_engine, tmp_path, now=NOW)
    restored = f"sqlite:///{tmp_path / 'restored.db'}"
    restore(path, restored)
    engine = make_engine(restored)
    settings = mailbox.settings()
    office = Office(engine, keystore, settings, Composer(settings), Post(settings), NOW + timedelta(minutes=1))
    assert send_due(office, limit=100).unclear == 8
    assert mailbox.taken == []
    with Session(engine) as session:
        assert {one.outcome for one in session.exec(select(Delivery))} == {"unclear"}
        assert outbox.find_state(session, "k") == ("unclear", "")
    engine.dispose()


def test_refused_reminder_leaves_no_trace(fresh_engine, keystore, mailbox, asked, deliver):
    deliver(NOW)
    mailbox.at_rcpt = lambda _address: "550 5.1.1 unknown"
    deliver(NOW + timedelta(days=7))
    with Session(fresh_engine) as session:
        assert session.exec(select(Delivery)).all() == []
        assert session.exec(select(OutboxRow)).all() == []


def test_reminders_missed_are_not_made_up(fresh_engine, mailbox, asked, deliver):
    """The service stood still for a month: no invitation to a round that has closed, no reminder after it."""
    with transaction(fresh_engine) as session:
        session.get_one(Round, asked.id).state = "closed"
    deliver(NOW + timedelta(days=30))
    assert mailbox.taken == []


def test_two_reminders_due_at_once_are_one(fresh_engine, mailbox, asked, deliver):
    deliver(NOW)
    mailbox.recipients.clear()
    deliver(NOW + timedelta(days=13))
    assert max(Counter(mailbox.recipients).values()) == 1


def test_corrected_address_is_used(fresh_engine, keystore, mailbox, asked, deliver):
    fill_outbox(fresh_engine, keystore, now=NOW)
    with transaction(fresh_engine) as session:
        next(iter(rounds.invitations_of(session, asked))).email = "corrected@example.org"
    deliver(NOW)
    assert "corrected@example.org" in mailbox.recipients


def test_sent_again_to_one_person(fresh_engine, mailbox, asked, deliver):
    person = everybody(fresh_engine, asked)[0]
    mailbox.at_rcpt = lambda address: "550 5.1.1 no" if address == person else None
    deliver(NOW)
    mailbox.at_rcpt = lambda _address: None
    mailbox.recipients.clear()
    with transaction(fresh_engine) as session:
        one = next(one for one in rounds.invitations_of(session, asked) if one.email == person)
        mailings.send_again(session, asked, one, NOW)
    deliver(NOW + timedelta(minutes=1))
    assert mailbox.recipients == [person]
    assert read_message_id(mailbox.taken[-1]["Message-ID"]) == one.id
    with Session(fresh_engine) as session:
        assert session.exec(select(Delivery)).all() == []


def test_people_whose_answers_came_all_get_no_reminder(fresh_engine, keystore, mailbox, asked, deliver):
    deliver(NOW)
    mailbox.recipients.clear()
    with transaction(fresh_engine) as session:
        cast_all(session, keystore, asked, T1=4)
    deliver(NOW + timedelta(days=7))
    assert mailbox.recipients == []
    assert sorted(sent_of(fresh_engine, "reminder"), key=str) == [0, None]


def test_names_are_not_placeholders(fresh_engine, mailbox, asked, deliver):
    with transaction(fresh_engine) as session:
        one = next(iter(rounds.invitations_of(session, asked)))
        one.person = "{{7*7}} {link} {% x %} ${code}"
    deliver(NOW)
    said = mailbox.texts()[mailbox.recipients.index(one.email)]
    assert "Dear {{7*7}} {link} {% x %} ${code}," in said


def test_back_to_the_respondents(fresh_engine, keystore, tmp_path, mailbox):
    """Opened and shredded, everybody gets what all may read, later what was agreed; representatives their page."""
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore, opens_at=NOW - timedelta(days=20), closes_at=NOW - timedelta(days=1))
        people = cast_all(session, keystore, round_, T1=6)
        owner = people[0].organization_id
        people[0].language = "fr"
        representative = make_account(session, "dara")
        place = {"role": "representative", "organization_id": owner}
        accounts.entrust(session, representative, round_.partnership_id, **place)
    settings = mailbox.settings()

    def ticked(hours):
        return tick(fresh_engine, keystore, tmp_path, now=NOW + timedelta(hours=hours), settings=settings)

    ticked(0)
    report = ticked(1)
    assert (report.problems, report.mails) == ([], 0)
    with Session(fresh_engine) as session:
        assert session.get_one(Round, round_.id).keys_state == "destroyed"
    assert sorted(mailbox.recipients) == sorted([*(one.email for one in people), "dara@example.org"])
    assert not any("/i#" in one for one in mailbox.texts())
    said = mailbox.texts()[mailbox.recipients.index(people[1].email)]
    assert "QUESTIONS FOR THE DISCUSSION" in said
    assert "No table links answers to people" in said
    assert "Bonjour" in mailbox.texts()[mailbox.recipients.index(people[0].email)]
    told = mailbox.texts()[mailbox.recipients.index("dara@example.org")]
    assert f"http://127.0.0.1:8000/partnerships/{round_.partnership_id}/rounds/1" in told

    mailbox.recipients.clear()
    mailbox.taken.clear()
    with transaction(fresh_engine) as session:
        asked = {"partnership_id": round_.partnership_id, "round_id": round_.id, "target": "item:T1"}
        entry = discussions.open_entry(session, **asked, question="Who sees the budget?", now=NOW)
        promise = commitments.Promise("Publish the budget", owner, None, (NOW + timedelta(days=90)).date())
        made = commitments.make(
            session, round_.partnership_id, promise, members=[owner], by="x", now=NOW, discussion_id=entry.id
        )
        mailings.announce_agreed(session, session.get_one(Round, round_.id), NOW, [made.id.hex], "stamp")
    assert ticked(2).mails == 8
    assert all("Publish the budget" in one and "Who sees the budget?" in one for one in mailbox.texts())


def test_extended_then_not_opened(fresh_engine, keystore, tmp_path, mailbox):
    with transaction(fresh_engine) as session:
        make_round(session, keystore, opens_at=NOW, closes_at=NOW + timedelta(days=14))
    settings, told = mailbox.settings(), []
    for days in (0, 7, 12, 15, 16, 21, 26, 29, 30):
        mailbox.recipients.clear()
        report = tick(fresh_engine, keystore, tmp_path, now=NOW + timedelta(days=days), settings=settings)
        assert report.problems == []
        told.append(len(mailbox.recipients))
    assert told == [8, 8, 8, 8, 0, 8, 8, 8, 0]
    assert [one["Subject"].rpartition(": ")[2][:8] for one in mailbox.taken[::8]] == [
        "your ans",
        "open unt",
        "open unt",
        "extended",
        "open unt",
        "open unt",
        "the roun",
    ]


# Ordinary mail --------------------------------------------------------------------------------------------------------


def test_ordinary_mail(fresh_engine, mailbox, deliver):
    with transaction(fresh_engine) as session:
        assert outbox.post(session, to="amina@example.org", subject="Your link", text="https://x/y\n", key="reset|1")
        assert not outbox.post(session, to="amina@example.org", subject="Your link", text="again", key="reset|1")
        assert outbox.find_state(session, "reset|1") == ("waiting", "")
    for minute in range(2):
        deliver(NOW + timedelta(minutes=minute))
    assert mailbox.texts() == ["https://x/y\n"]
    with Session(fresh_engine) as session:
        assert outbox.find_state(session, "reset|1") == ("sent", "")
        (kept,) = session.exec(select(PlainMail)).all()
        assert (kept.subject, kept.text) == ("", "")
    with transaction(fresh_engine) as session:
        assert not outbox.post(session, to="amina@example.org", subject="Your link", text="again", key="reset|1")


def test_ordinary_mail_rolled_back_is_never_sent(fresh_engine, mailbox, deliver):
    with Session(fresh_engine) as session:
        outbox.post(session, to="amina@example.org", subject="Link", text="x", key="k")
        session.rollback()
    assert deliver(NOW).sent == 0


@pytest.mark.parametrize(
    "given",
    [
        {"to": "a@b.org\nBcc: c@d.org"},
        {"to": "nobody"},
        {"subject": "a\r\nb"},
        {"subject": "=?x?="},
        {"text": "x" * 200_001},
    ],
)
def test_ordinary_mail_that_cannot_be(session, given):
    with pytest.raises(InvalidInput):
        outbox.post(session, **{"to": "a@b.org", "subject": "s", "text": "t", "key": "k", **given})


@pytest.mark.parametrize("point", ["claimed", "handed_over", "answered"])
def test_power_cut_with_ordinary_mail(fresh_engine, mailbox, deliver, point):
    with transaction(fresh_engine) as session:
        outbox.post(session, to="a@b.org", subject="s", text="t", key="k")
    with pytest.raises(PowerCut):
        deliver(NOW, reached=cut_at(point))
    deliver(NOW + timedelta(hours=1))
    assert len(mailbox.taken) == (0 if point == "handed_over" else 1)
    with Session(fresh_engine) as session:
        assert outbox.find_state(session, "k") == (("sent" if point == "claimed" else "unclear"), "")
