"""Requests to addresses that others gave us reach what was checked, and nothing inside."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from missionare.kit.outbound import DestinationRefused, Outbound, Unreached, check, is_outside

HOST = "hooks.example"
BEYOND = "203.0.114.9"
"""An address of the internet; nothing is ever sent there by these tests."""


@dataclass
class Names:
    """A name server that says what it is told to, one answer after the other."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del port
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Heard:
    """What a server on this machine was sent."""

    port: int
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def serving(trust: ssl.SSLContext | None = None) -> AsyncIterator[Heard]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=trust)
    heard = Heard(server.sockets[0].getsockname()[1])
    try:
        yield heard
    finally:
        server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server for `hooks.example` shows, and whose certificates a client then believes."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "both.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM) + text)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2001::1",
        "2002:7f00:1::",
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_is_inside_or_nobody_in_particular_is_no_receiver(address: str):
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.114.9", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_what_is_on_the_internet_is(address: str):
    assert is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("answers", [["10.0.0.1"], [BEYOND, "127.0.0.1"], ["::ffff:10.0.0.1"], []])
async def test_a_name_that_leads_inside_with_any_of_its_addresses_is_refused(answers: list[str]):
    outbound = Outbound(lookup=Names([answers]))

    with pytest.raises(DestinationRefused, match="private network"):
        await check(outbound, f"https://{HOST}/")
    with pytest.raises(Unreached, match="address_refused"):
        await outbound.post(f"https://{HOST}/", b"", {})


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "017700000001", "127.1", "localhost", "[::1]"])
async def test_other_spellings_of_this_machine_are_this_machine(host: str):
    with pytest.raises(DestinationRefused):
        await check(Outbound(), f"https://{host}/")


async def test_a_name_that_means_this_machine_after_it_was_registered_is_not_sent_to():
    async with serving() as heard:
        names = Names([[BEYOND], ["127.0.0.1"]])
        outbound = Outbound(lookup=names)
        await check(outbound, f"https://{HOST}:{heard.port}/")

        with pytest.raises(Unreached, match="address_refused"):
            await outbound.post(f"https://{HOST}:{heard.port}/", b"{}", {})
        assert heard.heads == []


async def test_what_is_connected_to_is_what_was_checked_and_the_name_is_asked_for_once():
    async with serving() as heard, serving() as other:
        names = Names([["127.0.0.1"], ["127.0.0.2"]])
        url = f"http://{HOST}:{heard.port}/in?x=1"

        assert await Outbound(loopback=True, lookup=names).post(url, b"{}", {"X-Mine": "1"}) == 204

        [head] = heard.heads
        assert names.asked == [HOST]
        assert head.startswith("POST /in?x=1 HTTP/1.1")
        assert f"host: {HOST}:{heard.port}" in head.lower()
        assert other.heads == []


async def test_the_certificate_is_that_of_the_name_though_the_address_is_connected_to(certificate):
    server, believed = certificate
    async with serving(server) as heard:
        outbound = Outbound(loopback=True, lookup=Names([["127.0.0.1"]]), trusted=believed)

        assert await outbound.post(f"https://{HOST}:{heard.port}/", b"{}", {}) == 204
        with pytest.raises(Unreached, match="not_trusted"):
            await outbound.post(f"https://other.example:{heard.port}/", b"{}", {})
        with pytest.raises(Unreached, match="not_trusted"):
            await Outbound(loopback=True, lookup=outbound.lookup).post(f"https://{HOST}:{heard.port}/", b"{}", {})
        assert len(heard.heads) == 1


async def test_without_leave_nothing_is_sent_in_clear_text():
    with pytest.raises(DestinationRefused, match="https"):
        await check(Outbound(lookup=Names([[BEYOND]])), f"http://{HOST}/")
