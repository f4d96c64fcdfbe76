"""Which addresses are public, and that only those are ever connected to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests
from forum_site import ForumSite

from persian_assistant.scraping.addresses import CheckedAdapter, is_public
from persian_assistant.scraping.errors import PageError


@pytest.fixture
def site() -> Iterator[ForumSite]:
    with ForumSite() as site:
        site.put("/", "سلام")
        yield site


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "192.0.2.1", "198.18.0.1", "203.0.113.7",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "not an address", "",
    ],
)  # fmt: skip
def test_inner_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "185.143.233.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def session_with(adapter: CheckedAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_inner_address_gets_no_connection(site: ForumSite, scheme: str) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1"):
        with session_with(CheckedAdapter()) as session, pytest.raises(PageError) as told:
            session.get(f"{scheme}://{host}:{site.port}/", timeout=5)
        assert told.value.key == "seed.private_address"
        assert host in str(told.value) and "127.0.0.1" in str(told.value)
    assert site.asked == []


def test_a_name_that_changes_its_address_gains_nothing(
    site: ForumSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a public address for the check, an inner one for the connection."""
    answers = ["93.184.216.34", "127.0.0.1"]
    looked_up: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return [answers[min(len(looked_up) - 1, 1)]]

    def connect(address: tuple[str, int], *_: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with session_with(CheckedAdapter(resolve=resolve)) as session:
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://rebinding.example:{site.port}/", timeout=5)
        with pytest.raises(PageError):
            session.get(f"http://rebinding.example:{site.port}/", timeout=5)
    assert looked_up == ["rebinding.example"] * 2  # once a request, never a second time to connect
    assert connected == ["93.184.216.34"]
    assert site.asked == []


def test_of_several_addresses_only_the_allowed_are_tried(site: ForumSite) -> None:
    adapter = CheckedAdapter(
        allowed=lambda address: address == "127.0.0.1", resolve=lambda *_: ["127.0.0.9", "127.0.0.1"]
    )
    with session_with(adapter) as session:
        assert session.get(f"http://forum.example:{site.port}/", timeout=5).text == "سلام"
    assert site.headers[0]["Host"] == f"forum.example:{site.port}"


def test_a_name_that_is_not_there(site: ForumSite) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with (
        session_with(CheckedAdapter(resolve=resolve)) as session,
        pytest.raises(requests.ConnectionError, match="not known"),
    ):
        session.get("http://nowhere.example/", timeout=5)
