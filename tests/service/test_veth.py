"""Veth pairs: one message for both ends, wherever they are born, and who is whose peer."""

import pytest

from support import contract, kernel, nsd
from support.bus import BusError, refused
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


# What rtnetlink has no place for in the peer's half of the message, or no name yet: the daemon
# sends it afterwards, in the namespace of the peer.
LATE = [('Up', True), ('Alias', 'the far end'), ('Group', 7), ('TxQueueLength', 55),
        ('Mtu', 1400), ('Promiscuous', True), ('Arp', False), ('GsoMaxSegments', 99),
        ('IPv6AddressGenerationMode', 'none'), ('IPv6AddressGenerationMode', 'random')]


@pytest.fixture(params=['same namespace', 'another namespace'])
def far(request, blue, new_namespace):
    """Where the peer is born, as the kernel makes namespaces."""
    return blue if request.param == 'same namespace' else new_namespace('far', quiet=False)


def name_of(namespace):
    return namespace.get('Names')[0]


@pytest.mark.parametrize('name,value', LATE, ids=[f'{n}-{v}' for n, v in LATE])
def test_peer_with(client, blue, far, name, value):
    """The peer has the setting when CreateLink returns, and its listener has heard of it."""
    since = len(client.events)
    first = blue.create_link('v0', 'veth', Peer={'Name': 'v1', name: value},
                             PeerNamespace=far.path)
    reply = next(n for n, event in enumerate(client.events) if n >= since
                 and event.member == 'reply' and event.args == ('CreateLink',))
    second = far.link('v1')
    seen = None
    for event in client.events[since:reply]:
        if event.member == 'InterfacesAdded' and event.args[0] == second.path:
            seen = event.args[1][contract.LINK][name]
        elif event.member == 'PropertiesChanged' and event.path == second.path:
            seen = event.args[1].get(name, seen)
    assert seen == value
    assert second.get(name) == value
    assert first.get('Peer') == second.path
    for namespace in {blue, far}:
        assert_bus_equals_kernel(namespace, name_of(namespace))


def test_peer_with_a_master(blue, far):
    """A bridge in the namespace where the peer is born, not in that of the near end."""
    bridge = far.create_link('br0', 'bridge')
    blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Master': bridge.path, 'Up': True,
                                         'Alias': 'port'}, PeerNamespace=far.path)
    peer = far.link('v1')
    assert (peer.get('Master'), peer.get('SlaveKind')) == (bridge.path, 'bridge')
    assert (peer.get('Up'), peer.get('Alias')) == (True, 'port')
    assert kernel.link('v1', name_of(far))['master'] == 'br0'
    for namespace in {blue, far}:
        assert_bus_equals_kernel(namespace, name_of(namespace))


def test_peer_with_a_master_elsewhere(blue, red, same_as_kernel):
    """A bridge of the near namespace is no master for a peer in another one."""
    bridge = blue.create_link('br0', 'bridge')
    with refused(contract.INVALID_ARGS, 'Master'):
        blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Master': bridge.path},
                         PeerNamespace=red.path)
    assert {link['ifname'] for link in kernel.links('blue').values()} == {'lo', 'br0'}
    assert set(kernel.links('red')) == {1}
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('settings,errors', [
    ({'Carrier': False}, (contract.NOT_SUPPORTED, contract.INVALID_ARGS)),
    ({'ProtoDown': True}, (contract.NOT_SUPPORTED, contract.INVALID_ARGS)),
    ({'MacAddress': '01:00:00:00:00:01'}, (contract.INVALID_ARGS,))], ids=str)
def test_late_setting_fails(client, blue, far, settings, errors):
    """Both ends are taken back, and the bus shows neither."""
    before = {namespace.path: kernel.links(name_of(namespace)).keys() for namespace in (blue, far)}
    with pytest.raises(BusError) as caught:
        blue.create_link('v0', 'veth', Up=True, PeerNamespace=far.path,
                         Peer={'Name': 'v1', 'Up': True, **settings})
    assert caught.value.name in errors, caught.value
    assert 'v0' in caught.value.message or 'v1' in caught.value.message
    for namespace in (blue, far):
        assert kernel.links(name_of(namespace)).keys() == before[namespace.path]
        assert {link.path for link in namespace.find_links()} == {f'{namespace.path}/link/1'}
        assert_bus_equals_kernel(namespace, name_of(namespace))


@pytest.mark.parametrize('settings', [{'Carrier': False}, {'ProtoDown': True}], ids=str)
def test_late_setting_of_the_near_end_fails(blue, far, settings):
    with pytest.raises(BusError) as caught:
        blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, PeerNamespace=far.path, **settings)
    assert caught.value.name in (contract.NOT_SUPPORTED, contract.INVALID_ARGS), caught.value
    for namespace in (blue, far):
        assert set(kernel.links(name_of(namespace))) == {1}
        assert_bus_equals_kernel(namespace, name_of(namespace))
