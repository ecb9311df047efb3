"""No test reaches another machine."""

import socket

import pytest

from tests.support import network


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_network_refuses_other_machines(address):
    with pytest.raises(network.OutsideAddressError):
        socket.create_connection((address, 80), timeout=0.1)

    assert network.attempts() != []


def test_network_lets_loopback_through():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()

    assert network.attempts() == []
