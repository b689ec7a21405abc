"""SMS: what goes to the provider, and what each of its answers means. No answer after the request is never a second try."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from build import NIGHT
from letters import attempts, gone_live, mailing, messages, queued, standing, the_one
from sms_provider import ACCOUNT, NONSENSE, RESET, SILENCE, Says, numbers, sms_provider
from sqlmodel import select

from crm.core.calendar import Clock
from crm.core.errors import Invalid, OutsideFault
from crm.core.i18n import use_language
from crm.messaging.dispatcher import Dispatcher, Interrupted, dispatcher_of
from crm.messaging.inbound import ReceiveSms
from crm.messaging.models import DeadAddress, Delivery
from crm.messaging.numbers import e164, mobile
from crm.messaging.transports.sms import SmsTransport, try_account

ANNE, PAUL = "+33612345678", "+33698765432"


def texting(crm, provider=None, **options):
    """A house that sends SMS through a provider."""
    told = provider.settings() if provider else {}
    house = mailing(crm, live=False, **{**told, **options})
    gone_live(house, "sms")
    return house


def an_sms(house, *numbers_, text="Atelier Morvan : la facture F-1 reste a regler.", **fields):
    return queued(house, *numbers_, channel="sms", text=text, html="", subject="", **fields)


def dead(house):
    with house.database.reading() as session:
        return {row.address: row.reason for row in session.exec(select(DeadAddress))}


# What goes out


def test_a_message_goes_to_its_number_in_the_sender_s_name(crm):
    with sms_provider() as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        assert house.dispatch() == {"sent": 1}
        assert provider.seen == [("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")]
        assert provider.taken == [
            {"To": ANNE, "From": "+33939031234", "Body": "Atelier Morvan : la facture F-1 reste a regler."}
        ]
        message = the_one(house)
        assert message.state == "sent"
        assert "SM0" in message.reason
        with house.database.reading() as session:
            (delivery,) = session.exec(select(Delivery)).all()
            assert delivery.provider_id == "SM00000000000000000000000000000001"


def test_the_provider_is_told_where_to_report_and_of_what(crm):
    with sms_provider() as provider:
        house = texting(crm, provider, public_url="https://r.example.fr")
        (key,) = an_sms(house, ANNE)
        house.dispatch()
        assert provider.taken[0]["StatusCallback"] == f"https://r.example.fr/hooks/sms/status?message={key}"


def test_a_messaging_service_is_a_sender_too(crm):
    with sms_provider() as provider:
        house = texting(crm, provider, sms_from="MG00000000000000000000000000000000")
        an_sms(house, ANNE)
        house.dispatch()
        assert provider.taken[0]["MessagingServiceSid"] == "MG00000000000000000000000000000000"
        assert "From" not in provider.taken[0]


def test_another_root_keeps_its_own_folder(crm):
    with sms_provider() as provider:
        house = texting(crm, provider, sms_api_base=f"{provider.base}/mock")
        an_sms(house, ANNE)
        house.dispatch()
        assert provider.seen == [("POST", f"/mock/2010-04-01/Accounts/{ACCOUNT}/Messages.json")]


def test_many_go_over_several_lines_each_once(crm):
    with sms_provider(same_sid=True) as provider:
        house = texting(crm, provider)
        wanted = [f"+3361234{place:04}" for place in range(30)]
        an_sms(house, *wanted)
        assert house.dispatch() == {"sent": 30}
        assert numbers(provider.taken) == wanted, "though the provider gave one number to all of them"


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_message_is_refused_before_it_leaves(crm, text):
    with sms_provider() as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE, text=text)
        assert house.dispatch() == {"failed": 1}
        assert provider.seen == []
        assert the_one(house).reason == "An SMS without a text is not sent."


@pytest.mark.parametrize("number", ["", "0612345678", "anne@x.example", "+0612345678", "+33 6 12 34 56 78"])
def test_what_is_no_number_is_refused_before_it_leaves(crm, number):
    with sms_provider() as provider:
        house = texting(crm, provider)
        an_sms(house, number)
        assert house.dispatch() == {"failed": 1}
        assert provider.seen == []


def test_a_text_of_more_messages_than_a_provider_takes_is_refused(crm):
    with sms_provider() as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE, text="a" * 1531)
        assert house.dispatch() == {"failed": 1}
        assert "11 messages" in the_one(house).reason


# What is answered


@pytest.mark.parametrize(("wait", "seconds"), [("7", 7), ("", 60), ("soon", 60)])
@pytest.mark.parametrize(("status", "code"), [(429, 20429), (503, None), (500, 20500)])
def test_a_busy_provider_is_asked_again_when_it_says(crm, status, code, wait, seconds):
    headers = {"Retry-After": wait} if wait else {}
    with sms_provider(Says(status, code, "Too Many Requests", headers)) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        assert house.dispatch() == {"retry": 1}
        assert house.dispatch() == {}, "it is left alone until then"
        house.clock.turn(timedelta(seconds=seconds - 1))
        assert house.dispatch() == {}
        house.clock.turn(timedelta(seconds=2))
        assert house.dispatch() == {"sent": 1}
        assert len(provider.taken) == 1


def test_a_date_to_come_back_at_is_understood(crm):
    with sms_provider(Says(429, 20429, "", {"Retry-After": "Tue, 24 Nov 2026 11:02:00 GMT"})) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        house.dispatch()
        waits = the_one(house).next_try - house.clock.machine_now()
        assert timedelta(seconds=115) <= waits <= timedelta(seconds=125)


@pytest.mark.parametrize("code", [21211, 21614, 21610])
def test_a_number_refused_for_good_is_marked_and_never_tried_again(crm, code):
    with sms_provider(Says(400, code, "The 'To' number is not a valid phone number")) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        assert house.dispatch() == {"failed": 1}
        assert list(dead(house)) == [ANNE]
        an_sms(house, ANNE)
        an_sms(house, PAUL)
        assert house.dispatch() == {"held": 1, "sent": 1}
        assert numbers(provider.taken) == [PAUL]


@pytest.mark.parametrize(("status", "code"), [(400, 21602), (400, 21408), (400, None), (422, 99999)])
def test_any_other_refusal_fails_this_message_alone(crm, status, code):
    with sms_provider(Says(status, code, "no")) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE, PAUL)
        house_counts = house.dispatch()
        assert house_counts == {"failed": 1, "sent": 1}
        assert dead(house) == {}
        assert len(provider.taken) == 1


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (404, 20404), (400, 21212), (400, 21606), (302, None)])
def test_a_refusal_of_us_stops_everything_and_loses_nothing(crm, status, code):
    with sms_provider(*[Says(status, code, "Authenticate")] * 4) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE, PAUL)
        with pytest.raises(Interrupted, match="does not accept us as the sender"):
            house.dispatch()
        assert provider.taken == []
        assert standing(house) == ["queued", "queued"]
        provider.answers.clear()
        assert house.dispatch() == {"sent": 2}


@pytest.mark.parametrize("answer", [RESET, NONSENSE])
def test_no_answer_after_the_request_is_uncertain_and_never_sent_again(crm, answer):
    with sms_provider(answer) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        assert house.dispatch() == {"uncertain": 1}
        house.clock.turn(timedelta(days=2))
        assert house.dispatch() == {}
        assert len(provider.taken) == 1


def impatient(house, **options):
    """The house's dispatcher, whose patience with the provider is short."""
    whole = dispatcher_of(house)
    transports = [
        replace(transport, **options) if isinstance(transport, SmsTransport) else transport
        for transport in whole._transports
    ]
    return Dispatcher(house.database, house.clock, whole._outbox, transports, {})


@pytest.mark.parametrize("options", [{"read_patience": 0.2}, {"patience": 0.2}])
def test_a_provider_that_falls_silent_leaves_a_doubt(crm, options):
    with sms_provider(SILENCE) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)

        async def story():
            counts = await impatient(house, **options).once()
            provider._hush.set()
            return counts

        assert asyncio.run(story()).uncertain == 1
        assert standing(house) == ["uncertain"]


def test_a_provider_that_is_away_keeps_the_message_for_later(crm):
    with sms_provider() as provider:
        base = provider.base
    house = texting(crm, provider, sms_api_base=base)
    an_sms(house, ANNE)
    assert house.dispatch() == {"retry": 1}
    assert "nobody answers at this port" in the_one(house).reason
    assert attempts(house) == [("retry", "")]


def test_a_provider_refuses_after_taking(crm):
    body = '{"sid": "SM1", "status": "failed", "error_code": 21614, "message": "not a mobile number"}'
    with sms_provider(Says(201, body=body)) as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        assert house.dispatch() == {"failed": 1}
        assert list(dead(house)) == [ANNE]


# When nothing leaves


def test_nothing_leaves_before_sms_is_live(crm):
    with sms_provider() as provider:
        house = mailing(crm, live=False, **provider.settings())
        gone_live(house, "email")
        an_sms(house, ANNE)
        assert house.dispatch() == {}
        assert provider.seen == []


def test_without_an_account_everything_waits(crm):
    house = texting(crm)
    an_sms(house, ANNE)
    with pytest.raises(Interrupted, match="CRM_SMS_ACCOUNT_SID, CRM_SMS_AUTH_TOKEN, CRM_SMS_FROM"):
        house.dispatch()
    assert standing(house) == ["queued"]


@pytest.mark.parametrize("moment", ["2026-11-24T21:30", "2026-11-24T07:00", "2026-11-29T11:00", "2026-12-25T11:00"])
def test_what_was_due_by_day_does_not_ring_by_night_or_on_a_day_off(crm, moment):
    with sms_provider() as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE)
        house.clock = Clock.at(moment)
        assert house.dispatch() == {}
        house.clock = Clock.at("2026-11-30T09:00")
        assert house.dispatch() == {"sent": 1}


def test_a_mail_server_that_is_away_does_not_keep_sms_back(crm):
    with sms_provider() as provider:
        house = texting(crm, provider)
        gone_live(house, "email")
        queued(house, "anne@x.example")
        an_sms(house, PAUL)
        with pytest.raises(Interrupted) as told:
            house.dispatch()
        assert told.value.counts.sent == 1
        assert [message.state for message in messages(house)] == ["queued", "sent"]


def test_limits_of_mail_domains_do_not_slow_sms(crm):
    with sms_provider() as provider:
        house = texting(crm, provider, smtp_rate_per_domain=1)
        an_sms(house, ANNE, ANNE, ANNE)
        assert house.dispatch() == {"sent": 3}


# The account


def test_the_account_is_tried_without_sending(crm):
    with sms_provider(Says(200)) as provider:
        assert try_account(texting(crm, provider).settings) == "Atelier Morvan"
        assert provider.seen == [("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json")]
    with pytest.raises(OutsideFault, match="cannot be reached"):
        try_account(texting_settings(crm, provider))


def texting_settings(crm, provider):
    return crm.settings.model_copy(update={**provider.settings()})


def test_a_wrong_token_is_told(crm):
    with sms_provider(Says(401, 20003, "Authentication Error - invalid username")) as provider:
        with pytest.raises(OutsideFault, match="401 Authentication Error") as told:
            try_account(texting_settings(crm, provider))
        assert told.value.permanent


# Numbers


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("0033 6 12 34 56 78", "FR", "+33612345678"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("07400 123456", "GB", "+447400123456"),
        ("06 92 12 34 56", "RE", "+262692123456"),
    ],
)
def test_a_national_number_is_read_with_the_customer_s_country(number, country, expected):
    assert e164(number, country) == expected
    assert mobile(number, country) == expected


@pytest.mark.parametrize("number", ["02 98 12 34 56", "", "poste 12", "12"])
def test_a_fixed_line_is_no_mobile(number):
    assert mobile(number, "FR") == ""


def test_what_is_no_number_is_told():
    use_language("en")
    with pytest.raises(Invalid, match="no telephone number"):
        e164("à rappeler", "FR")


# Who does not want it


@pytest.mark.parametrize(("said_to", "left"), [("dunning", {"held": 1}), ("campaign", {"sent": 1})])
def test_what_was_queued_before_a_stop_leaves_only_where_the_stop_was_not_meant(crm, said_to, left):
    with sms_provider() as provider:
        house = texting(crm, provider)
        an_sms(house, ANNE, purpose=said_to)
        house.dispatch()
        crm.runner.run(ReceiveSms(sid="SM9", sender=ANNE, text="STOP"), NIGHT)
        an_sms(house, ANNE)
        assert house.dispatch() == left


def test_a_campaign_never_follows_a_stop(crm):
    with sms_provider() as provider:
        house = texting(crm, provider)
        crm.runner.run(ReceiveSms(sid="SM9", sender=ANNE, text="STOP"), NIGHT)
        an_sms(house, ANNE, purpose="campaign")
        assert house.dispatch() == {"held": 1}
        assert "has asked for no more messages of this kind" in the_one(house).reason
