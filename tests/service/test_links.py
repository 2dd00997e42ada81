"""Links: create, find, rename, delete, alternative names, statistics, and what they signal."""

import json

import pytest

from support import contract, kernel
from support.bus import refused
from support.contract import GLib


def test_create(client, blue, same_as_kernel):
    link = blue.create_link('br0', 'bridge')
    data = kernel.link('br0', 'blue')
    assert link.path == f'{blue.path}/link/{data["ifindex"]}'
    assert (link.get('Kind'), link.get('Up')) == ('bridge', False)
    same_as_kernel(blue, 'blue')


def test_create_with_settings(blue, same_as_kernel):
    """Every setting is there from the first moment."""
    link = blue.create_link(
        'v0', 'veth', Index=77, Mtu=1400, MacAddress='02:00:00:00:00:01', TxQueueLength=55,
        Alias='an alias', Group=7, Up=True, TxQueues=3, RxQueues=2, Peer={'Name': 'v1'})
    assert link.path == f'{blue.path}/link/77'
    data = kernel.link('v0', 'blue')
    assert {key: data[key] for key in ('ifindex', 'mtu', 'address', 'txqlen', 'ifalias', 'group',
                                       'num_tx_queues', 'num_rx_queues')} == {
        'ifindex': 77, 'mtu': 1400, 'address': '02:00:00:00:00:01', 'txqlen': 55,
        'ifalias': 'an alias', 'group': '7', 'num_tx_queues': 3, 'num_rx_queues': 2}
    assert 'UP' in data['flags']
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value', [
    ('Broadcast', '02:ff:ff:ff:ff:ff'), ('Promiscuous', True), ('AllMulticast', True),
    ('Multicast', False), ('Arp', False), ('Dynamic', True), ('LinkMode', 'DORMANT'),
    ('IPv6AddressGenerationMode', 'none'), ('GsoMaxSize', 40000), ('GsoMaxSegments', 100),
    ('GroMaxSize', 40000)])
def test_create_with(blue, same_as_kernel, name, value):
    """A property that `ip link add` has no word for, given at the creation."""
    link = blue.create_link('v0', 'veth', **{name: value})
    assert link.get(name) == value
    same_as_kernel(blue, 'blue')


def test_kernel_chooses_the_name(blue):
    link = blue.create_link('', 'bridge')
    assert link.get('Name') == kernel.links('blue')[link.get('Index')]['ifname'] != ''


def test_master_at_creation(blue, same_as_kernel):
    bridge = blue.create_link('br0', 'bridge')
    port = blue.create_link('v0', 'veth', Master=bridge.path)
    assert port.get('Master') == bridge.path
    assert kernel.link('v0', 'blue')['master'] == 'br0'
    same_as_kernel(blue, 'blue')


def test_signals_of_creation(client, blue):
    """InterfacesAdded with all properties of all interfaces, before the reply."""
    since = len(client.events)
    bridge = blue.create_link('br0', 'bridge')
    events = client.events[since:]
    added = [event for event in events if event.member == 'InterfacesAdded']
    assert [event.args[0] for event in added] == [bridge.path]
    assert events.index(added[0]) < [event.member for event in events].index('reply')
    assert added[0].args[1] == {interface: bridge.get_all(interface) for interface in
                                (contract.LINK, contract.BRIDGE)}


def test_get_link(blue):
    link = blue.create_link('v0', 'veth')
    link.call('AddAlternativeName', '(s)', 'a-rather-long-alternative-name')
    assert blue.link('v0') == link
    assert blue.link('a-rather-long-alternative-name') == link
    with refused(contract.NOT_FOUND, 'nothere', 'blue'):
        blue.link('nothere')


def test_find_links(blue):
    bridge = blue.create_link('br0', 'bridge', Up=True)
    first = blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Master=bridge.path)
    second = blue.link('v1')
    assert blue.find_links() == sorted(
        [blue.link('lo'), bridge, first, second], key=lambda link: link.get('Index'))
    assert blue.find_links(Kind='veth') == sorted([first, second], key=lambda x: x.get('Index'))
    assert blue.find_links(Kind='veth', Master=bridge.path) == [first]
    assert blue.find_links(Master=bridge.path) == [first]
    assert blue.find_links(Up=True, Kind='bridge') == [bridge]
    assert blue.find_links(HelloTime=200) == [bridge]
    assert blue.find_links(Learning=True) == [first]
    assert blue.find_links(Name='nothere') == []
    assert blue.find_links(Peer=GLib.Variant('o', first.path)) == [second]


@pytest.mark.parametrize('match', [{'Nonsense': GLib.Variant('s', 'x')},
                                   {'Mtu': GLib.Variant('s', '1500')}])
def test_find_links_bad_match(blue, match):
    with refused(contract.INVALID_ARGS, next(iter(match))):
        blue.find_links(**match)


def test_rename(client, blue, same_as_kernel):
    """The object stays the same, its name changes."""
    link = blue.create_link('v0', 'veth')
    since = len(client.events)
    link.set(Name='renamed')
    changed = [event for event in client.events[since:] if event.path == link.path
               and event.member == 'PropertiesChanged']
    assert [event.args[1]['Name'] for event in changed if 'Name' in event.args[1]] == ['renamed']
    assert blue.link('renamed') == link
    with refused(contract.NOT_FOUND):
        blue.link('v0')
    same_as_kernel(blue, 'blue')


def test_swap_names(blue, same_as_kernel):
    """Two links exchange their names by way of a third one."""
    first = blue.create_link('v0', 'veth', Peer={'Name': 'v1'})
    second = blue.link('v1')
    first.write('Name', 'tmp')
    second.write('Name', 'v0')
    first.write('Name', 'v1')
    assert (blue.link('v1'), blue.link('v0')) == (first, second)
    same_as_kernel(blue, 'blue')


def test_rename_by_ip(client, blue, same_as_kernel):
    link = blue.create_link('v0', 'veth')
    kernel.ip('link', 'set', 'v0', 'name', 'other', ns='blue')
    same_as_kernel(blue, 'blue')
    assert blue.link('other') == link


def test_alternative_names(client, blue, same_as_kernel):
    link = blue.create_link('v0', 'veth')
    link.call('AddAlternativeName', '(s)', 'first')
    link.call('AddAlternativeName', '(s)', 'x' * 127)
    assert link.get('AlternativeNames') == ['first', 'x' * 127]
    same_as_kernel(blue, 'blue')
    link.call('RemoveAlternativeName', '(s)', 'first')
    assert link.get('AlternativeNames') == ['x' * 127]
    with refused(contract.NOT_FOUND, 'first'):
        link.call('RemoveAlternativeName', '(s)', 'first')
    with refused(contract.EXISTS):
        link.call('AddAlternativeName', '(s)', 'x' * 127)
    with refused(contract.EXISTS):
        link.call('AddAlternativeName', '(s)', 'lo')
    for bad in ('', 'a b', 'a/b', 'x' * 128):
        with refused(contract.INVALID_ARGS):
            link.call('AddAlternativeName', '(s)', bad)
    kernel.ip('link', 'property', 'add', 'dev', 'v0', 'altname', 'byip', ns='blue')
    same_as_kernel(blue, 'blue')
    assert blue.link('byip') == link


def test_remove_only_an_alternative_of_this_link(blue):
    """The name of another link is not removed through this one."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'})
    blue.link('v1').call('AddAlternativeName', '(s)', 'second')
    with refused(contract.NOT_FOUND, 'second'):
        link.call('RemoveAlternativeName', '(s)', 'second')
    assert blue.link('v1').get('AlternativeNames') == ['second']


def test_statistics(blue):
    """The names and the numbers of `ip -s -s -j`."""
    lo = blue.link('lo')
    kernel.run('ip', 'netns', 'exec', 'blue', 'ping', '-q', '-c', '3', '-i', '0.01', '127.0.0.1')
    counted = lo.call('GetStatistics')
    shown = json.loads(kernel.ip('-s', '-s', '-j', 'link', 'show', 'lo', ns='blue'))[0]
    for direction in ('rx', 'tx'):
        for key, value in shown['stats64'][direction].items():
            if key != 'carrier_changes':
                assert counted[f'{direction}.{key}'] == value, key
    assert counted['rx.packets'] >= 6


def test_delete(client, blue, same_as_kernel):
    """A veth takes its other end along; the addresses go as well."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Up=True)
    other = blue.link('v1')
    address = link.add_address('192.0.2.1/24')
    since = len(client.events)
    link.delete()
    removed = [event.args[0] for event in client.events[since:]
               if event.member == 'InterfacesRemoved']
    assert {link.path, other.path, address.path} <= set(removed)
    for thing in (link, other, address):
        assert not thing.exists()
    with refused(contract.UNKNOWN_OBJECT):
        link.delete()
    same_as_kernel(blue, 'blue')


def test_delete_bridge_frees_its_ports(blue, same_as_kernel):
    bridge = blue.create_link('br0', 'bridge')
    port = blue.create_link('v0', 'veth', Master=bridge.path)
    bridge.delete()
    assert port.get('Master') == '/'
    assert contract.BRIDGE_PORT not in blue.objects()[port.path]
    same_as_kernel(blue, 'blue')


def test_loopback_cannot_be_deleted(blue):
    with refused(contract.NOT_SUPPORTED, 'lo', 'blue'):
        blue.link('lo').delete()


@pytest.mark.parametrize('index', ['999', '4294967296', '-1', '0'])
def test_unknown_link(client, blue, index):
    if index == '-1':
        index = '_1'        # a sign is not even an object path
    path = f'{blue.path}/link/{index}'
    with refused(contract.UNKNOWN_OBJECT):
        client.get_all(path, contract.LINK)
    with refused(contract.UNKNOWN_OBJECT):
        client.call(path, contract.LINK, 'GetStatistics')
    with refused(contract.UNKNOWN_OBJECT):
        client.call(path, contract.LINK, 'Delete')


def test_interface_of_another_kind(client, blue):
    """A veth has no bridge interface."""
    link = blue.create_link('v0', 'veth')
    with refused(contract.UNKNOWN_INTERFACE):
        link.get_all(contract.BRIDGE)


def test_every_link_of_the_host(client, clean_host, same_as_kernel):
    clean_host.create_link('hostbr', 'bridge', Up=True)
    same_as_kernel(clean_host)
