"""Addresses of sources: mistakes are refused with their remedy, and no password is shown."""

from __future__ import annotations

import pytest

from schemas.addresses import host_name, mailbox_url, stream_url, without_password, without_passwords

VALID_STREAMS = (
    "rtsp://10.0.0.7/gate", "rtsp://Guard:x@cam.example:554/live?channel=1", "rtsp://[fd00::2]:554/x", "rtsps://h",
    "http://h/a?b=c", "rtsp://guard:p%2Fw@h/x", "rtsp://guard:p@w@h/x", "srt://:9000?mode=listener", "./rtsp",
    "udp://@239.0.0.1:1234", "rtmp://h/live/stream-key", "alsa:hw:1,0", "pulse:default", "/dev/video0", "0",
    "films/gate 2@4k.mp4", "film.mp4", "file:///srv/x.mp4", "año/música.ogg", "C:\\films\\gate.mp4",
)  # fmt: skip


@pytest.mark.parametrize("url", VALID_STREAMS)
def test_valid_stream_is_accepted_unchanged(url: str) -> None:
    assert stream_url(url) == url


@pytest.mark.parametrize("scheme", ["RTSP", "Http", "FILE"])
def test_scheme_is_in_lower_case_as_readers_expect(scheme: str) -> None:
    assert stream_url(f"{scheme}://Guard:X@Cam/Live") == f"{scheme.lower()}://Guard:X@Cam/Live"


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("rstp://h/x", "did you mean rtsp://"),
        ("rtps://h/x", "did you mean rtsp"),
        ("htpp://h/x", "did you mean http"),
        ("rtsp:/h/x", "did you mean rtsp://"),
        ("rtsp:h/x", "did you mean rtsp://"),
        ("rtsp//h/x", "did you mean rtsp://"),
        ("http:\\\\h\\x", "did you mean http://"),
        ("rtsp:///gate", "no host"),
        ("rtsp://", "no host"),
        ("rtsp://h:99999/x", "port 99999 is not a number from 1 to 65535"),
        ("rtsp://h:55a/x", "port is not a number from 1 to 65535"),
        ("rtsp://h:0/x", "port 0"),
        ("rtsp://h:-1/x", "port is not a number"),
        (" rtsp://h/x", "space; remove it"),
        ("rtsp://h/x ", "space; remove it"),
        ("rtsp://h/x\n", "space; remove it"),
        ("rtsp://h/\u200bx", "can't be seen"),
        ("rtsp://h\u00a0/x", "can't be seen"),
        ("rtsp://my cam/x", "its host holds a letter"),
        ("rtsp://guard:pa/ss@h/x", "write %2F for /"),
        ("rtsp://guard:pa?ss@h/x", "%3F for ?"),
        ("rtsp://guard:pa#ss@h/x", "%23 for #"),
        ("rtsp://fd00::2/x", "no brackets"),
        ("rtsp://[fd00::2/x", "IPv6"),
        ("mailto://h", "can't be read here"),
        ("rtsp ://h/x", "did you mean rtsp://"),
        ("rtsp;//h/x", "did you mean rtsp://"),
        ("rtsp：//h/x", "did you mean rtsp://"),
        ("<rtsp://h/x>", "remove what stands before it"),
        ("10.0.0.7:554/x", "has no scheme"),
        ("10.0.0.7/x", "has no scheme"),
        ("cam.local:554/x", "has no scheme"),
        ("guard:hunter2@cam/x", "has no scheme"),
        ("rtsp://10.0.0.777/x", "not a valid IPv4 address"),
        ("rtsp://10.0.0/x", "not a valid IPv4 address"),
        ("rtsp://10,0,0,7/x", "its host holds a letter"),
        ("rtsp://10.0.0..7/x", "two dots"),
        ("rtsp://$IP/x", "its host holds a letter"),
        ("rtsp://guard:12/34@10.0.0.7/x", "write %2F for /"),
        ("rtsp://guard:12#34@cam.example/x", "%23 for #"),
        ("", "is empty"),
    ],
)
def test_mistake_in_stream_is_refused_with_remedy(url: str, remedy: str) -> None:
    with pytest.raises(ValueError) as raised:
        stream_url(url)
    assert remedy in str(raised.value)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("pop3://a@h", "POP3 is not supported; did you mean imaps://"),
        ("pop3s://a@h", "POP3 is not supported"),
        ("imasp://a@h/INBOX", "did you mean imaps://"),
        ("imaps:/a@h/INBOX", "did you mean imaps://"),
        ("imaps://a@h:999999/INBOX", "port 999999 is not a number"),
        ("imaps://a@h:143/INBOX", "port of imaps is 993"),
        ("imap://a@h:993/INBOX", "port of imap is 143"),
        ("imaps://a:hunter2@h/INBOX", "set PULSO_MAILBOX_PASSWORD"),
        ("imaps://a:hun/ter2@h/INBOX", "%2F"),
        ("imaps://h/INBOX", "has no user"),
        ("smtp://a@h", "can't be read here"),
        ("https://a@h", "can't be read here"),
        ("imaps://a@h/INBOX ", "space"),
    ],
)
def test_mistake_in_mailbox_is_refused_with_remedy(url: str, remedy: str) -> None:
    with pytest.raises(ValueError) as raised:
        mailbox_url(url)
    assert remedy in str(raised.value)
    assert "hunter2" not in str(raised.value) and "ter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["imaps://ana%40fest.example@h:993/A%20b", "imap://a@127.0.0.1", "mail/in", "/srv/mbox"]
)
def test_valid_mailbox_is_accepted_unchanged(url: str) -> None:
    assert mailbox_url(url) == url


@pytest.mark.parametrize(
    "host", ["osc://desk", "desk:9000", " desk", "desk/x", "ana@desk", "[fd00::7]", "my desk", "d\u200b"]
)
def test_host_of_a_lighting_desk_is_a_name_alone(host: str) -> None:
    with pytest.raises(ValueError):
        host_name(host)
    for valid in ("desk", "10.0.0.7", "fd00::7", "desk.example.org"):
        assert host_name(valid) == valid


SECRET = "h/u?n#t@e:r&2\\x"
"""Password with every letter that ends a part of a URL."""


@pytest.mark.parametrize(
    "secret", [SECRET, *(f"hun{letter}ter2" for letter in "/?#@:&\\ %;=[]"), "123/hunter2", "1?hunter2"]
)
@pytest.mark.parametrize(
    "form", ["{scheme}://guard:{secret}@10.0.0.7:554/live", "{scheme}:/guard:{secret}@h", " {scheme}://:{secret}@h/0"]
)
@pytest.mark.parametrize("scheme", ["rtsp", "rstp", "http", "imaps", "redis"])
def test_no_part_of_a_password_is_shown(scheme: str, form: str, secret: str) -> None:
    shown = without_password(form.format(scheme=scheme, secret=secret))
    assert shown.strip().startswith(scheme)
    for part in ("hun", "ter2", "t@e", "r&2", "123"):
        assert part not in shown, shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h/cgi?token=hunter2", "http://h/cgi?…"),
        ("http://h/cgi#pwd=hunter2", "http://h/cgi#…"),
        ("10.0.0.7/cgi?user=a&pwd=hunter2", "10.0.0.7/cgi?…"),
        ("guard:hunter2@10.0.0.7/gate", "guard@10.0.0.7/gate"),
        ("rtsp://guard:hunter2", "rtsp://guard:…"),
        ("redis://:hunter2@redis:6379/0", "redis://@redis:6379/0"),
        ("imaps://ana@fest.example:hunter2@h", "imaps://ana@fest.example@h"),
        ("slack://hunter2/hunter2/hunter2", "slack://…"),
        ("mailtos://hunter2", "mailtos://…"),
        ("http://h/live@cam", "http://h/live@cam"),
        ("rtsp://[fd00::2]:554/x", "rtsp://[fd00::2]:554/x"),
        ("what is this?.mp4", "what is this?.mp4"),
        ("redis://host:port/0", "redis://host:port/0"),
    ],
)
def test_secrets_in_other_places_are_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_message_of_another_program_shows_no_password() -> None:
    text = "[in#0 @ 0x5] Error opening rtsp://guard:hun/ter2@10.0.0.7/gate?token=x: 401 (see http://h/doc)."
    assert (
        without_passwords(text) == "[in#0 @ 0x5] Error opening rtsp://guard…@10.0.0.7/gate?…: 401 (see http://h/doc)."
    )
    assert without_passwords("ratio 1:/2, no address") == "ratio 1:/2, no address"
