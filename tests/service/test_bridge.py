"""Bridges and their ports, beyond their rows: see kinds/bridge.py and kinds/bridge_port.py."""

import pytest

from support import contract, kernel
from support.bus import refused
from support.contract import GLib


@pytest.fixture
def bridge(blue):
    return blue.create_link('br0', 'bridge')


@pytest.fixture
def port(blue, bridge, settled):
    """Its state follows the carrier a moment later, and must not do so in a test."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Master=bridge.path,
                            Up=True)
    settled('blue')
    assert link.get('OperState') == 'UP'
    return link


def test_set_mixes_interfaces(client, blue, bridge, port, same_as_kernel):
    """Properties of the link and of its kind or role in one call."""
    bridge.set(Mtu=1400, HelloTime=500, Alias='both')
    assert (bridge.get('Mtu'), bridge.get('HelloTime', contract.BRIDGE)) == (1400, 500)
    port.set(Cost=9, Alias='port', TxQueueLength=9)
    assert (port.get('Alias'), port.get('Cost', contract.BRIDGE_PORT)) == ('port', 9)
    same_as_kernel(blue, 'blue')


def test_port_interface_comes_and_goes(client, blue, bridge, same_as_kernel):
    """The interface is added and removed; the object stays."""
    link = blue.create_link('w0', 'veth')
    assert contract.BRIDGE_PORT not in blue.objects()[link.path]
    since = len(client.events)
    link.set(Master=bridge.path)
    added = [event.args for event in client.events[since:] if event.member == 'InterfacesAdded']
    assert [(path, list(interfaces)) for path, interfaces in added] == [
        (link.path, [contract.BRIDGE_PORT])]
    since = len(client.events)
    kernel.ip('link', 'set', 'w0', 'nomaster', ns='blue')
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args == (link.path, [contract.BRIDGE_PORT]), since=since)
    same_as_kernel(blue, 'blue')


def test_port_setting_without_a_bridge(blue):
    link = blue.create_link('w0', 'veth')
    with refused(contract.INVALID_ARGS, 'Cost'):
        link.call('Set', '(a{sv})', {'Cost': GLib.Variant('u', 4)})
    with refused(contract.UNKNOWN_INTERFACE):
        link.write('Cost', 4, contract.BRIDGE_PORT)
