"""Tell owners what was found: one message to each office, by webhook and by mail, and nothing twice.

A webhook takes JSON by POST; the document holds the findings as data and, for the chat rooms of offices, the same text
in the forms that WeCom and DingTalk (`msgtype`) and Feishu (`msg_type`) read. A message names feeds, times and counts,
never a value of a record. What could not be sent is sent by the next look.
"""

import logging
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from ingest.chain import Record
from ingest.city import Alerts, City
from ingest.connections import Connection, connection
from ingest.errors import OnegridError, SourceError
from ingest.home import Home
from watch.book import Book
from watch.finding import KINDS

logger = logging.getLogger(__name__)
SECONDS = 15.0
BUREAU = "warehouse"  # findings of the warehouse's own tasks stand under this name; the data bureau is told


@dataclass
class Message:
    """What one office is told: news and ends of findings, with the feed of each."""

    office: str
    contact: str
    opened: list[tuple[str, str, Record]] = field(default_factory=list)
    closed: list[tuple[str, str, Record]] = field(default_factory=list)

    @property
    def subject(self) -> str:
        parts = [f"{len(self.opened)} 项告警"] if self.opened else []
        parts += [f"{len(self.closed)} 项恢复"] if self.closed else []
        return f"onegrid · {self.office}：{'，'.join(parts)}"

    def text(self) -> str:
        """The message as people read it, Chinese first, then English."""
        lines = []
        for feed, title, record in self.opened:
            kind = KINDS[record["code"]]
            lines.append(f"【告警】{title}（{feed}）：{kind.zh}{_of(record)}。{record['detail_zh']}。{kind.todo_zh}。")
        lines += [f"【恢复】{title}（{feed}）：{KINDS[r['code']].zh}{_of(r)}" for feed, title, r in self.closed]
        lines.append("")
        for feed, _, record in self.opened:
            kind = KINDS[record["code"]]
            lines.append(f"ALERT {feed}: {kind.en}{_of(record)}; {record['detail']}. {kind.todo}.")
        lines += [f"OVER {feed}: {KINDS[r['code']].en}{_of(r)}" for feed, _, r in self.closed]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """The message as data, for a webhook."""
        text = f"{self.subject}\n{self.text()}"
        told = ("code", "subject", "at", "since", "detail", "detail_zh")
        return {
            "msgtype": "text",
            "msg_type": "text",
            "text": {"content": text},
            "content": {"text": text},
            "onegrid": {
                "office": self.office,
                "contact": self.contact,
                "opened": [{"feed": feed, **{k: r[k] for k in told}} for feed, _, r in self.opened],
                "closed": [{"feed": feed, "code": r["code"], "subject": r["subject"], "at": r["at"]}
                           for feed, _, r in self.closed],
            },
        }  # fmt: skip


def _of(record: Record) -> str:
    return f" [{record['subject']}]" if record["subject"] else ""


def tell(city: City, home: Home, feeds: Iterable[str]) -> int:
    """Send what owners have not heard yet; returns how many messages went out.

    Raises SourceError, after all channels were tried, where one of them failed: that office is told by the next call.
    """
    alerts = city.settings.alerts
    if alerts is None:
        return 0
    book = Book(home)
    messages = _messages(city, alerts, book, feeds)
    sent, failed = 0, []
    for message in messages:
        try:
            channels = _send(message, alerts)
        except OnegridError as error:
            failed.append(str(error))
            continue
        sent += 1
        for records in (message.opened, message.closed):
            for feed, _, record in records:
                book.told(feed, [record], channels)
    if failed:
        raise SourceError(
            f"{len(failed)} of {len(messages)} alerts could not be sent: {'; '.join(sorted(set(failed)))}"
        )
    return sent


def _messages(city: City, alerts: Alerts, book: Book, feeds: Iterable[str]) -> list[Message]:
    """One message an office, in order of their names."""
    found: dict[tuple[str, str], Message] = {}
    for feed in [*feeds, BUREAU]:
        opened, closed = book.untold(feed)
        if not opened and not closed:
            continue
        office, contact, title = alerts.office, alerts.contact, "数据仓库"
        if feed in city.feeds:
            try:
                contract = city.contract(feed)
                office, contact, title = contract.owner.office, contract.owner.contact, contract.title
            except OnegridError:  # a contract that cannot be read lands on the bureau's desk
                title = feed
        message = found.setdefault((office, contact), Message(office, contact))
        message.opened += [(feed, title, record) for record in opened]
        message.closed += [(feed, title, record) for record in closed]
    return [found[key] for key in sorted(found)]


def _send(message: Message, alerts: Alerts) -> str:
    """Send by every channel of the city; returns their names. Raises SourceError where one fails."""
    channels = []
    if alerts.webhook:
        _post(connection(alerts.webhook), message)
        channels.append("webhook")
    if alerts.mail:
        _mail(connection(alerts.mail.connection), alerts.mail.sender, message)
        channels.append("mail")
    return "+".join(channels)


def _post(to: Connection, message: Message) -> None:
    import httpx

    scheme = to.scheme if to.scheme in ("http", "https") else "https"
    path = str(to.extra.get("path", "")) or (f"/{to.schema}" if to.schema else "/")
    url = f"{scheme}://{to.host}{f':{to.port}' if to.port else ''}{path}"
    headers = {"Authorization": f"Bearer {to.password}"} if to.password else {}
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, and an address may hold a key
    try:
        with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            answer = client.post(url, json=message.document(), headers=headers)
    except httpx.HTTPError as error:
        raise SourceError(f"the webhook {to.name!r} cannot be reached ({type(error).__name__})") from None
    if not answer.is_success:
        raise SourceError(f"the webhook {to.name!r} answered {answer.status_code}")


def _mail(relay: Connection, sender: str, message: Message) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, message.contact, message.subject
    mail.set_content(message.text())
    secure = relay.scheme == "smtps"
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    try:
        with kind(relay.host, relay.port or (465 if secure else 25), timeout=SECONDS) as server:
            if relay.login:
                if not secure:
                    server.starttls()
                server.login(relay.login, relay.password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise SourceError(f"the mail relay {relay.name!r} did not take the message ({type(error).__name__})") from None
