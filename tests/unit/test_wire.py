"""Packets."""

from __future__ import annotations

import os
import socket

import pytest

from kggraph.errors import (
    KgError,
    NotAcceptable,
    QueryHostUnavailable,
    QueryOutOfMemory,
    QueryRefused,
    QuerySyntaxError,
    QueryTimeout,
    ResultTooLarge,
    TooBusy,
    TooManyRequests,
)
from kggraph.store import wire


@pytest.mark.parametrize("size", [0, 1, wire.PACKET_BYTES, wire.PACKET_BYTES + 1, 5 * wire.PACKET_BYTES])
def test_a_request_of_any_size(size: int) -> None:
    content = os.urandom(size)
    packets = [wire.unpack(packet) for packet in wire.request_packets(9, content)]
    assert b"".join(piece for _, _, piece in packets) == content
    assert [kind for kind, _, _ in packets] == [*[wire.PART] * (len(packets) - 1), wire.ASK]
    assert {number for _, number, _ in packets} == {9}


@pytest.mark.parametrize(
    "error",
    [
        QuerySyntaxError("é", line=2, column=3),
        QueryRefused("no", what="SERVICE"),
        QueryTimeout("late", allowed=1.5),
        QueryOutOfMemory("much", allowed=10),
        ResultTooLarge("large", allowed=3),
        TooBusy("busy", retry_after_s=4),
        TooManyRequests("many", retry_after_s=4),
        QueryHostUnavailable("gone"),
        NotAcceptable("no", available=("text/csv",)),
        KgError("else"),
    ],
    ids=lambda error: error.code,
)
def test_errors_arrive_as_they_are(error: KgError) -> None:
    found = wire.error_of(wire.error_content(error))
    assert type(found) is type(error)
    assert (str(found), found.details) == (str(error), error.details)


def test_open_files_come_with_a_packet() -> None:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with left, right:
        socket.send_fds(left, [wire.packet(wire.REST, 1)], [0])
        data, ancillary, _, _ = right.recvmsg(100, socket.CMSG_SPACE(4))
        assert wire.unpack(data) == (wire.REST, 1, b"")
        (file,) = wire.file_descriptors(ancillary)
        os.close(file)
        assert wire.file_descriptors([]) == []


def test_a_packet_that_does_not_fit_breaks_the_connection_and_loses_nothing_in_silence() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.send(wire.packet(wire.DATA, 1, bytes(wire.PACKET_BYTES + 2048)))
        with pytest.raises(ConnectionAbortedError, match="larger than any"):
            wire.Receiver().receive(theirs)
