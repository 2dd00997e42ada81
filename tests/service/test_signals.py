"""Signals: read your writes, few and right, for whoever made the change."""

import signal

import pytest

from support import contract, kernel
from support.bus import Client
from support.mirror import Mirror
from support.nsd import Namespace


@pytest.fixture
def mirror(client, blue):
    """A listener of namespace blue."""
    listening = Mirror(client, blue.path)
    yield listening
    listening.close()
    assert listening.errors == []


def signals(client, since, path=None):
    return [event for event in client.events[since:]
            if event.member != 'reply' and path in (None, event.path)]


def test_read_your_writes(client, blue, mirror):
    """When a call has returned, a listener on the same connection knows all of it already."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'})
    assert mirror.known[link.path] == blue.objects()[link.path]
    link.set(Up=True, Mtu=1400)
    assert mirror.known[link.path][contract.LINK]['Mtu'] == 1400
    address = link.add_address('192.0.2.1/24')
    assert mirror.known[address.path][contract.ADDRESS]['Local'] == '192.0.2.1'
    blue.link('v1').set(Up=True)
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    assert mirror.known[route.path][contract.ROUTE]['Gateway'] == '192.0.2.9'
    route.delete()
    assert route.path not in mirror.known
    address.delete()
    assert address.path not in mirror.known
    link.delete()
    assert link.path not in mirror.known


def test_hundred_writes(client, blue, mirror):
    """The promise holds each time, not most of the time."""
    link = blue.create_link('v0', 'veth')
    for number in range(100):
        link.write('Mtu', 1300 + number)
        assert mirror.known[link.path][contract.LINK]['Mtu'] == 1300 + number
        address = link.add_address(f'192.0.2.{number + 1}/32')
        assert address.path in mirror.known
        address.delete()
        assert address.path not in mirror.known


def test_write_of_another_client(client, blue, mirror):
    """The listener knows it as soon as the writer does: a round trip of its own shows it."""
    writer = Client(listen=False)
    link = Namespace(writer, blue.path).create_link('v0', 'veth')
    client.sync()
    assert link.path in mirror.known
    link.write('Mtu', 1234)
    client.sync()
    assert mirror.known[link.path][contract.LINK]['Mtu'] == 1234
    writer.close()


def test_one_signal_for_one_change(client, blue):
    link = blue.create_link('v0', 'veth')
    since = len(client.events)
    link.write('Alias', 'x')
    assert [event.args for event in signals(client, since)] == [
        (contract.LINK, {'Alias': 'x'}, [])]


def test_flags_follow(client, blue):
    """What changes together is told together."""
    link = blue.create_link('v0', 'veth')
    since = len(client.events)
    link.set(Up=True)
    changes = [event.args[1] for event in signals(client, since, link.path)]
    assert changes[0]['Up'] is True
    assert 'UP' in changes[0]['Flags']


def test_coalescing(client, daemon, blue, same_as_kernel):
    """Many changes in the daemon's absence: one signal with the last value."""
    link = blue.create_link('v0', 'veth')
    since = len(client.events)
    daemon.process.kill(signal.SIGSTOP)
    kernel.batch([f'link set v0 mtu {mtu}' for mtu in range(1300, 1400)], 'blue')
    daemon.process.kill(signal.SIGCONT)
    same_as_kernel(blue, 'blue')
    changes = [event.args[1]['Mtu'] for event in signals(client, since, link.path)
               if 'Mtu' in event.args[1]]
    assert changes[-1] == 1399
    assert len(changes) <= 5


def test_created_and_gone(client, daemon, blue, mirror, same_as_kernel):
    """What came and went in the daemon's absence need not be told, but must not stay."""
    daemon.process.kill(signal.SIGSTOP)
    for _ in range(20):
        kernel.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'v1', ns='blue')
        kernel.ip('link', 'del', 'v0', ns='blue')
    kernel.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'v1', ns='blue')
    daemon.process.kill(signal.SIGCONT)
    same_as_kernel(blue, 'blue')
    same_as_kernel(blue, 'blue', mirror.objects)


def test_index_reused(client, daemon, blue, mirror, same_as_kernel):
    """Another link with the same index is another object: removed, then added."""
    blue.create_link('br0', 'bridge', Index=50)
    since = len(client.events)
    daemon.process.kill(signal.SIGSTOP)
    kernel.ip('link', 'del', 'br0', ns='blue')
    kernel.ip('link', 'add', 'v0', 'index', '50', 'type', 'veth', 'peer', 'v1', ns='blue')
    daemon.process.kill(signal.SIGCONT)
    same_as_kernel(blue, 'blue')
    same_as_kernel(blue, 'blue', mirror.objects)
    members = [event.member for event in signals(client, since)
               if event.args[0] == f'{blue.path}/link/50']
    assert members == ['InterfacesRemoved', 'InterfacesAdded']


def test_namespaces_do_not_mix(client, blue, red):
    """A listener of one namespace hears nothing of another."""
    since = len(client.events)
    red.create_link('v0', 'veth').set(Up=True)
    assert [event for event in signals(client, since) if event.path.startswith(blue.path)] == []


def test_signals_come_from_the_right_object(client, blue):
    """InterfacesAdded of links, addresses and routes comes from the namespace."""
    since = len(client.events)
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Up=True)
    link.add_address('192.0.2.1/24')
    paths = {event.path for event in signals(client, since)
             if event.member in ('InterfacesAdded', 'InterfacesRemoved')}
    assert paths == {blue.path}


def test_silent_properties_are_silent(client, blue):
    """Properties declared so never are in a signal."""
    bridge = blue.create_link('br0', 'bridge', Up=True)
    blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True, Master=bridge.path)
    link = blue.link('v1')
    link.add_address('192.0.2.1/24', ValidLifetime=100, PreferredLifetime=100)
    link.set(Mtu=1400)
    bridge.set(HelloTime=300)
    for event in client.events:
        if event.member == 'PropertiesChanged' and event.path.startswith(blue.path):
            interface, changed, _invalidated = event.args
            assert not set(changed) & contract.silent_properties(interface)


def test_removal_of_namespace_is_one_signal(client, blue):
    """Its links and addresses are gone with it; nobody gets a signal for each of them."""
    for number in range(10):
        blue.create_link(f'v{number}', 'veth')
    since = len(client.events)
    blue.call('Delete')
    events = signals(client, since)
    assert [event.member for event in events if event.path == contract.MANAGER_PATH] == [
        'InterfacesRemoved']


@pytest.mark.parametrize('count', [200])
def test_listener_of_many_changes_by_ip(client, blue, mirror, same_as_kernel, count):
    """ip makes and changes many links: the listener ends with what the kernel has."""
    lines = []
    for number in range(count):
        lines += [f'link add br{number} type bridge', f'link set br{number} mtu {1300 + number}',
                  f'addr add 10.0.{number}.1/24 dev br{number}',
                  f'link set br{number} alias n{number}']
    kernel.batch(lines, 'blue')
    same_as_kernel(blue, 'blue')
    same_as_kernel(blue, 'blue', mirror.objects)
