"""Links that move to another namespace, by the service and by ip."""

import pytest

from support import contract, kernel
from support.bus import refused
from support.compare import assert_bus_equals_kernel


@pytest.fixture
def link(blue):
    return blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Mtu=1400, Alias='wanderer',
                            Group=5, TxQueueLength=77, MacAddress='02:00:00:00:00:05')


def signals_of_move(client, since, old):
    """(Moved's argument, whether it came before the removal of the old object)."""
    events = client.events[since:]
    moved = [n for n, event in enumerate(events) if event.member == 'Moved'
             and event.path == old.path]
    removed = [n for n, event in enumerate(events) if event.member == 'InterfacesRemoved'
               and event.args[0] == old.path]
    assert len(moved) == 1 and len(removed) == 1, [str(event) for event in events]
    return events[moved[0]].args[0], moved[0] < removed[0]


def test_move(client, blue, red, link):
    since = len(client.events)
    new = link.move(red)
    assert new.path == f'{red.path}/link/{kernel.link("v0", "red")["ifindex"]}'
    assert not link.exists()
    assert signals_of_move(client, since, link) == (new.path, True)
    assert {key: new.get(key) for key in
            ('Name', 'Mtu', 'Alias', 'Group', 'TxQueueLength', 'MacAddress')} == {
        'Name': 'v0', 'Mtu': 1400, 'Alias': 'wanderer', 'Group': 5, 'TxQueueLength': 77,
        'MacAddress': '02:00:00:00:00:05'}
    for namespace, name in ((blue, 'blue'), (red, 'red')):
        assert_bus_equals_kernel(namespace, name)


def test_signals_come_before_the_reply(client, blue, red, link):
    since = len(client.events)
    new = link.move(red)
    events = client.events[since:]
    reply = next(n for n, event in enumerate(events) if event.member == 'reply')
    for wanted in (
            lambda e: e.member == 'Moved' and e.path == link.path,
            lambda e: e.member == 'InterfacesRemoved' and e.args[0] == link.path,
            lambda e: e.member == 'InterfacesAdded' and e.args[0] == new.path):
        assert any(wanted(event) for event in events[:reply])


def test_it_loses_what_belongs_to_the_namespace(client, blue, red, link):
    """Up, addresses and master stay behind."""
    bridge = blue.create_link('br0', 'bridge')
    link.set(Up=True, Master=bridge.path)
    address = link.add_address('192.0.2.1/24')
    new = link.move(red)
    assert (new.get('Up'), new.get('Master')) == (False, '/')
    assert not address.exists()
    assert red.addresses(Link=new.path) == []
    assert_bus_equals_kernel(blue, 'blue')
    assert_bus_equals_kernel(red, 'red')


def test_move_with_name_and_index(blue, red, link):
    new = link.move(red, Name='eth0', Index=55)
    assert new.path == f'{red.path}/link/55'
    assert new.get('Name') == 'eth0'
    assert_bus_equals_kernel(red, 'red')


def test_index_is_taken(blue, red, link):
    """The kernel gives another index when nobody asked for this one."""
    red.create_link('br0', 'bridge', Index=link.get('Index'))
    new = link.move(red)
    assert new.get('Index') != link.path.rpartition('/')[2]
    assert_bus_equals_kernel(red, 'red')


def test_asked_index_is_taken(blue, red, link):
    red.create_link('br0', 'bridge', Index=55)
    with refused(contract.EXISTS):
        link.move(red, Index=55)
    assert link.get('Name') == 'v0'
    assert_bus_equals_kernel(blue, 'blue')


def test_name_is_taken_there(blue, red, link):
    red.create_link('v0', 'bridge')
    with refused(contract.EXISTS, 'v0', 'red|target netns'):
        link.move(red)
    assert link.get('Name') == 'v0'
    assert link.move(red, Name='other').get('Name') == 'other'


def test_peers_follow(blue, red, new_namespace, link):
    """Each end knows where the other is, wherever it goes."""
    green = new_namespace('green')
    other = blue.link('v1')
    new = link.move(red)
    assert other.get('Peer') == new.path
    assert new.get('Peer') == other.path
    assert other.get('PeerNamespace', contract.VETH) == red.path
    moved = other.move(green)
    assert (new.get('Peer'), moved.get('Peer')) == (moved.path, new.path)
    back = moved.move(red)
    assert (new.get('Peer'), back.get('Peer')) == (back.path, new.path)
    for namespace, name in ((blue, 'blue'), (red, 'red'), (green, 'green')):
        assert_bus_equals_kernel(namespace, name)


def test_peer_change_is_signalled(client, blue, red, link):
    other = blue.link('v1')
    since = len(client.events)
    new = link.move(red)
    client.wait_signal(lambda event: event.path == other.path
                       and event.member == 'PropertiesChanged'
                       and event.args[1].get('Peer') == new.path, since=since)


def test_move_by_ip(client, blue, red, link):
    """The same signals as for a move of ours."""
    since = len(client.events)
    kernel.ip('link', 'set', 'v0', 'netns', 'red', 'name', 'other', ns='blue')
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == link.path, since=since)
    assert_bus_equals_kernel(red, 'red')
    new = red.link('other')
    assert signals_of_move(client, since, link) == (new.path, True)
    assert_bus_equals_kernel(blue, 'blue')


def test_move_to_where_nobody_looks(client, blue, link):
    """Moved says "/" when the new namespace is not on the bus."""
    since = len(client.events)
    with kernel.nameless_namespace() as pid:
        kernel.ip('link', 'set', 'v0', 'netns', pid, ns='blue')
        client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                           and event.args[0] == link.path, since=since)
        assert signals_of_move(client, since, link) == ('/', True)
        assert blue.link('v1').get('Peer') == '/'


def test_move_to_the_host_and_back(blue, clean_host, link):
    there = link.move(clean_host)
    assert there.path.startswith(clean_host.path)
    assert_bus_equals_kernel(clean_host)
    back = there.move(blue)
    assert back.get('Mtu') == 1400
    assert_bus_equals_kernel(blue, 'blue')


def test_move_to_where_it_is(client, blue, link):
    """Nothing happens, or it is renamed in place."""
    since = len(client.events)
    assert link.move(blue) == link
    assert [event for event in client.events[since:] if event.member == 'Moved'] == []
    assert_bus_equals_kernel(blue, 'blue')


@pytest.mark.parametrize('name,kind', [('lo', ''), ('br0', 'bridge')])
def test_what_cannot_move(blue, red, name, kind):
    link = blue.create_link(name, kind) if kind else blue.link(name)
    if not link.get('NetnsImmutable') and kind:
        pytest.skip(f'this kernel moves a {kind}')
    with refused(contract.NOT_SUPPORTED, name, 'blue'):
        link.move(red, Name='moved')
    assert link.get('Name') == name
    assert_bus_equals_kernel(blue, 'blue')


@pytest.mark.parametrize('target,error', [
    ('/org/netnsd1', contract.INVALID_ARGS), ('/', contract.INVALID_ARGS),
    ('/org/netnsd1/netns/999999999999', contract.NOT_FOUND)])
def test_bad_target(client, blue, link, target, error):
    with refused(error):
        client.call(link.path, contract.LINK, 'MoveTo', '(oa{sv})', target, {})
    assert link.get('Name') == 'v0'


def test_index_where_it_is(client, blue, link):
    """In its own namespace a link can get a name, and keeps its index."""
    index = link.get('Index')
    for number in (77, index):
        with refused(contract.INVALID_ARGS, 'Index'):
            link.move(blue, Index=number, Name='eth0')
    assert (link.get('Name'), link.get('Index')) == ('v0', index)
    assert link.move(blue, Name='eth0').path == link.path
    assert link.get('Name') == 'eth0'


def test_bad_options(client, blue, red, link):
    for options in ({'Nonsense': contract.GLib.Variant('s', 'x')},
                    {'Name': contract.GLib.Variant('u', 7)},
                    {'Name': contract.GLib.Variant('s', 'a/b')},
                    {'Index': contract.GLib.Variant('i', -1)}):
        with refused(contract.INVALID_ARGS, next(iter(options))):
            client.call(link.path, contract.LINK, 'MoveTo', '(oa{sv})', red.path, options)
    assert link.get('Name') == 'v0'
