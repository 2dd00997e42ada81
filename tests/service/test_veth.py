"""Veth pairs: one message for both ends, wherever they are born, and who is whose peer."""

import pytest

from support import contract, kernel, nsd
from support.bus import refused
from support.compare import assert_bus_equals_kernel
from support.contract import GLib


def test_pair_in_one_namespace(blue, same_as_kernel):
    first = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Mtu': 1300, 'Up': True,
                                                 'MacAddress': '02:00:00:00:00:02'})
    second = blue.link('v1')
    assert (first.get('Peer'), second.get('Peer')) == (second.path, first.path)
    assert (first.get('Parent'), second.get('Parent')) == ('/', '/')
    assert first.get('PeerNamespace', contract.VETH) == blue.path
    assert (second.get('Mtu'), second.get('Up')) == (1300, True)
    assert second.get('MacAddress') == '02:00:00:00:00:02'
    assert (first.get('Mtu'), first.get('Up')) == (1500, False)
    same_as_kernel(blue, 'blue')


def test_peer_without_a_name(blue):
    first = blue.create_link('v0', 'veth')
    peer = nsd.Link(blue.client, first.get('Peer'))
    assert peer.get('Kind') == 'veth'
    assert peer.get('Name') not in ('', 'v0')


def test_peer_in_another_namespace(client, blue, red):
    """Both ends have the same name: no detour through one namespace."""
    since = len(client.events)
    first = blue.create_link('eth0', 'veth', Up=True, Peer={'Name': 'eth0', 'Up': True},
                             PeerNamespace=red.path)
    second = red.link('eth0')
    assert (first.get('Peer'), second.get('Peer')) == (second.path, first.path)
    assert first.get('PeerNamespace', contract.VETH) == red.path
    assert second.get('PeerNamespace', contract.VETH) == blue.path
    added = {event.args[0] for event in client.events[since:]
             if event.member == 'InterfacesAdded'}
    assert {first.path, second.path} <= added
    replies = [n for n, event in enumerate(client.events) if event.member == 'reply'
               and event.args == ('CreateLink',)]
    assert {first.path, second.path} <= {
        event.args[0] for event in client.events[since:replies[-1]]
        if event.member == 'InterfacesAdded'}
    assert_bus_equals_kernel(blue, 'blue')
    assert_bus_equals_kernel(red, 'red')


def test_peer_in_the_host_namespace(blue, clean_host):
    first = blue.create_link('in', 'veth', Peer={'Name': 'out'}, PeerNamespace=clean_host.path)
    assert clean_host.link('out').get('Peer') == first.path
    assert_bus_equals_kernel(clean_host)


def test_every_pair_of_namespaces(manager, new_namespace):
    """Peers stay right among many namespaces, whose nsids the kernel hands out as it likes."""
    spaces = [new_namespace(f'ns{number}') for number in range(4)]
    pairs = []
    for a, left in enumerate(spaces):
        for b, right in enumerate(spaces):
            link = left.create_link(f'v{a}{b}', 'veth', Peer={'Name': f'w{a}{b}'},
                                    PeerNamespace=right.path)
            pairs.append((link, right.link(f'w{a}{b}')))
    for first, second in pairs:
        assert first.get('Peer') == second.path
        assert second.get('Peer') == first.path


def test_peer_by_ip(blue, red):
    """A pair that ip made across two namespaces."""
    kernel.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', 'red', ns='blue')
    assert_bus_equals_kernel(blue, 'blue')
    assert_bus_equals_kernel(red, 'red')
    assert blue.link('v0').get('Peer') == red.link('v1').path
    assert red.link('v1').get('Peer') == blue.link('v0').path


def test_peer_in_a_namespace_without_a_name(blue):
    """The other end is nowhere on the bus."""
    kernel.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', ns='blue')
    with kernel.nameless_namespace() as pid:
        kernel.ip('link', 'set', 'v1', 'netns', pid, ns='blue')
        assert_bus_equals_kernel(blue, 'blue')
        link = blue.link('v0')
        assert (link.get('Peer'), link.get('PeerNamespace', contract.VETH)) == ('/', '/')


def test_all_or_nothing(blue, red, same_as_kernel):
    """The name of the far end is taken: no near end is left behind."""
    red.create_link('taken', 'bridge')
    with refused(contract.EXISTS):
        blue.create_link('v0', 'veth', Peer={'Name': 'taken'}, PeerNamespace=red.path)
    assert 'v0' not in {link['ifname'] for link in kernel.links('blue').values()}
    same_as_kernel(blue, 'blue')
    assert_bus_equals_kernel(red, 'red')


def test_name_of_the_near_end_elsewhere(blue, red):
    """The near end may have a name that the far namespace has too, and the other way round."""
    red.create_link('v0', 'bridge')
    blue.create_link('v1', 'bridge')
    blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, PeerNamespace=red.path)
    assert red.link('v1').get('Kind') == 'veth'


@pytest.mark.parametrize('bad', [
    {'Peer': GLib.Variant('a{sv}', {'Nonsense': GLib.Variant('s', 'x')})},
    {'Peer': GLib.Variant('a{sv}', {'Mtu': GLib.Variant('s', 'x')})},
    {'Peer': GLib.Variant('a{sv}', {'Name': GLib.Variant('s', 'a/b')})},
    {'Peer': GLib.Variant('a{sv}', {'Mtu': GLib.Variant('u', 4294967295)})},
    {'Peer': GLib.Variant('s', 'v1')},
    {'PeerNamespace': GLib.Variant('o', '/org/netnsd1')},
    {'PeerNamespace': GLib.Variant('s', 'red')},
], ids=str)
def test_bad_peer(blue, same_as_kernel, bad):
    with refused(contract.INVALID_ARGS):
        blue.create_link('v0', 'veth', **bad)
    assert set(kernel.links('blue')) == {1}
    same_as_kernel(blue, 'blue')


def test_peer_namespace_that_is_gone(blue, red):
    red.call('Delete')
    with refused(contract.NOT_FOUND):
        blue.create_link('v0', 'veth', PeerNamespace=red.path)
    assert set(kernel.links('blue')) == {1}


def test_peer_of_another_kind(blue):
    with refused(contract.INVALID_ARGS, 'Peer'):
        blue.create_link('br0', 'bridge', Peer={'Name': 'x'})
    assert set(kernel.links('blue')) == {1}


def test_delete_one_end_elsewhere(client, blue, red):
    first = blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, PeerNamespace=red.path)
    second = red.link('v1')
    since = len(client.events)
    second.delete()
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == first.path, since=since)
    assert not first.exists()
