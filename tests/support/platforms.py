"""Platforms that run: who belongs to them, what the operating system sees of them, and their mailbox."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import httpx2
import psutil

from missionare.cli.running import Running

SERVICES = ("members", "journeys", "catalog", "notifications")
EVERYBODY = ("mongod", "broker", "mailbox", *SERVICES, "web", "gateway")


def processes_of(running: Running) -> list[psutil.Process]:
    """Everything below the supervisor, as the operating system sees it, and the supervisor itself."""
    supervisor = psutil.Process(running.pid("supervisor"))
    return [supervisor, *supervisor.children(recursive=True)]


def assert_gone(processes: list[psutil.Process]) -> None:
    """Assert that none of them is there a moment later."""
    _, alive = psutil.wait_procs(processes, timeout=10)
    alive = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert not alive


def send_mail(running: Running, subject: str) -> None:
    """Send a mail in two forms to the mailbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "B@example.org", subject
    mail["Message-ID"] = f"<{subject.encode('utf-8').hex()}@example.org>"
    mail.set_content("Grüße aus Olpe\n")
    mail.add_alternative("<p>Grüße aus Olpe</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", running.state["ports"]["smtp"]) as server:
        server.send_message(mail)


def subjects(running: Running) -> list[str]:
    """What the mailbox has, oldest first."""
    return [letter["subject"] for letter in httpx2.get(f"{running.mailbox_url}/messages").json()]
