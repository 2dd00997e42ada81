"""Each property of Link: written, set, written by ip, read only, and what is refused."""

import pytest

from support import contract, kernel
from support.bus import refused
from support.contract import GLib

# Property, a value, the words of `ip link set` for another value, and that value.
WRITABLE = [
    ('Name', 'renamed', ['name', 'again'], 'again'),
    ('Up', True, ['down'], False),
    ('Mtu', 1280, ['mtu', '9000'], 9000),
    ('MacAddress', '02:00:00:00:00:77', ['address', '02:00:00:00:00:78'], '02:00:00:00:00:78'),
    ('Broadcast', '02:ff:ff:ff:ff:ff', ['broadcast', 'ff:ff:ff:ff:ff:fe'], 'ff:ff:ff:ff:ff:fe'),
    ('TxQueueLength', 0, ['txqueuelen', '123'], 123),
    ('Alias', 'uplink to ätna', ['alias', 'other'], 'other'),
    ('Group', 42, ['group', '43'], 43),
    ('Promiscuous', True, ['promisc', 'off'], False),
    ('AllMulticast', True, ['allmulticast', 'off'], False),
    ('Multicast', False, ['multicast', 'on'], True),
    ('Arp', False, ['arp', 'on'], True),
    ('Dynamic', True, ['dynamic', 'off'], False),
    ('LinkMode', 'DORMANT', ['mode', 'default'], 'DEFAULT'),
    ('IPv6AddressGenerationMode', 'none', ['addrgenmode', 'eui64'], 'eui64'),
    ('IPv6AddressGenerationMode', 'random', ['addrgenmode', 'none'], 'none'),
    ('GsoMaxSize', 30000, ['gso_max_size', '20000'], 20000),
    ('GsoMaxSegments', 99, ['gso_max_segs', '98'], 98),
    ('GroMaxSize', 30000, ['gro_max_size', '20000'], 20000),
]
IDS = [f'{row[0]}-{row[1]}' for row in WRITABLE]


@pytest.fixture
def blue(new_namespace):
    """As the kernel makes it, so that IPv6AddressGenerationMode is what it is everywhere."""
    return new_namespace('blue', quiet=False)


@pytest.fixture
def link(blue):
    return blue.create_link('v0', 'veth', Peer={'Name': 'v1'})


def changes_of(client, since, path, name):
    """The values that signals gave to a property."""
    return [event.args[1][name] for event in client.events[since:]
            if event.path == path and event.member == 'PropertiesChanged'
            and name in event.args[1]]


@pytest.mark.parametrize('name,value,words,other', WRITABLE, ids=IDS)
def test_write(client, blue, link, same_as_kernel, name, value, words, other):
    """Properties.Set: read back, signalled once before the reply, and seen by ip."""
    since = len(client.events)
    link.write(name, value)
    assert changes_of(client, since, link.path, name) == [value]
    assert link.get(name) == value
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value,words,other', WRITABLE, ids=IDS)
def test_set(client, blue, link, same_as_kernel, name, value, words, other):
    """Link.Set with one key does the same."""
    since = len(client.events)
    link.set(**{name: value})
    assert changes_of(client, since, link.path, name) == [value]
    assert link.get(name) == value
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value,words,other', WRITABLE, ids=IDS)
def test_changed_by_ip(client, blue, link, same_as_kernel, name, value, words, other):
    """What ip writes is signalled and read."""
    link.write(name, value)
    since = len(client.events)
    current = link.get('Name')
    kernel.ip('link', 'set', 'dev', current, *words, ns='blue')
    client.wait_signal(lambda event: event.path == link.path and event.args
                       and event.member == 'PropertiesChanged'
                       and event.args[1].get(name) == other, f'{name}={other}', since)
    assert link.get(name) == other
    same_as_kernel(blue, 'blue')


def test_write_the_same_again(client, link):
    """No change, no signal."""
    link.write('Mtu', 1400)
    since = len(client.events)
    link.write('Mtu', 1400)
    assert changes_of(client, since, link.path, 'Mtu') == []


def test_master(client, blue, link, same_as_kernel):
    bridge = blue.create_link('br0', 'bridge')
    since = len(client.events)
    link.write('Master', bridge.path)
    assert changes_of(client, since, link.path, 'Master') == [bridge.path]
    assert link.get('SlaveKind') == 'bridge'
    same_as_kernel(blue, 'blue')
    link.set(Master='/')
    assert (link.get('Master'), link.get('SlaveKind')) == ('/', '')
    same_as_kernel(blue, 'blue')


def test_set_several_at_once(client, blue, link, same_as_kernel):
    """One kernel message: one signal with all that changed."""
    since = len(client.events)
    link.set(Mtu=1300, TxQueueLength=10, Alias='both', Group=3, MacAddress='02:00:00:00:00:09')
    signals = [event.args[1] for event in client.events[since:] if event.path == link.path
               and event.member == 'PropertiesChanged' and event.args[0] == contract.LINK]
    assert len(signals) == 1
    assert signals[0] == {'Mtu': 1300, 'TxQueueLength': 10, 'Alias': 'both', 'Group': 3,
                          'MacAddress': '02:00:00:00:00:09'}
    same_as_kernel(blue, 'blue')


def state_of(name):
    """What a link loses when it goes down, and what a port has at its bridge."""
    shown = [kernel.ip('addr', 'show', 'dev', name, ns='blue'),
             kernel.ip('neigh', 'show', 'nud', 'permanent', 'dev', name, ns='blue'),
             kernel.run('bridge', '-n', 'blue', '-d', 'link', 'show', 'dev', name),
             kernel.run('bridge', '-n', 'blue', 'fdb', 'show', 'dev', name)]
    return shown + [kernel.ip(family, 'route', 'show', 'dev', name, ns='blue')
                    for family in ('-4', '-6')]


@pytest.fixture
def port(client, blue, link, settled):
    """A link with all that is lost with Up or Master."""
    kernel.make_quiet('blue')
    kernel.batch(['link set v1 up', 'link add br0 type bridge', 'link add br1 type bridge',
                  'link set v0 up master br0 addrgenmode none',
                  'link set v0 type bridge_slave cost 77',
                  'addr add 192.0.2.1/24 dev v0', 'addr add 2001:db8::1/64 dev v0 nodad',
                  'route add 198.51.100.0/24 via 192.0.2.2',
                  'neigh add 192.0.2.9 lladdr 02:00:00:00:00:01 dev v0'], 'blue')
    kernel.run('bridge', '-n', 'blue', 'fdb', 'add', '02:00:00:00:00:55', 'dev', 'v0', 'master',
               'static')
    client.settle(lambda: 'LOWER_UP' in link.get('Flags')
                  and kernel.link('v0', 'blue')['operstate'] == 'UP', 'the carrier')
    return link


@pytest.mark.parametrize('key,value', [('Carrier', False), ('BridgePort.Cost', 70000)])
@pytest.mark.parametrize('last', ['down', 'another master', 'both', 'no master'])
def test_set_that_fails_loses_nothing(blue, port, same_as_kernel, last, key, value):
    """Up and Master go when the kernel has taken the rest."""
    settings = {'down': {'Up': False}, 'another master': {'Master': blue.link('br1').path},
                'both': {'Up': False, 'Master': blue.link('br1').path},
                'no master': {'Master': '/'}}[last]
    settings = {name: GLib.Variant('b' if name == 'Up' else 'o', given)
                for name, given in settings.items()}
    settings[key] = GLib.Variant('b' if key == 'Carrier' else 'u', value)
    before = state_of('v0')
    with refused(contract.NOT_SUPPORTED if key == 'Carrier' else contract.INVALID_ARGS):
        port.call('Set', '(a{sv})', settings)
    assert state_of('v0') == before
    same_as_kernel(blue, 'blue')


def test_rest_is_taken_back_with_the_last(blue, port, same_as_kernel):
    """What the port had at the old master is lost: the kernel leaves that before it looks."""
    with refused(contract.NOT_SUPPORTED, 'Master'):
        port.set(Mtu=1400, Alias='other', Master=blue.link('v1').path)
    assert (port.get('Mtu'), port.get('Alias')) == (1500, '')
    assert port.get('Master') == blue.link('br0').path
    same_as_kernel(blue, 'blue')


def test_down_and_more_is_one_signal(client, blue, port, same_as_kernel):
    since = len(client.events)
    port.set(Up=False, Mtu=1400, Master=blue.link('br1').path)
    assert (port.get('Up'), port.get('Mtu')) == (False, 1400)
    for name in ('Up', 'Mtu', 'Master'):
        assert len(changes_of(client, since, port.path, name)) == 1
    same_as_kernel(blue, 'blue')


def test_set_nothing(client, link):
    since = len(client.events)
    link.set()
    assert [event for event in client.events[since:] if event.member == 'PropertiesChanged'] == []


def test_alias_is_cleared(blue, link, same_as_kernel):
    link.write('Alias', 'something')
    link.write('Alias', '')
    assert link.get('Alias') == ''
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name', ['Carrier', 'ProtoDown'])
def test_what_veth_does_not_take(blue, link, same_as_kernel, name):
    """Kernel.org: only some drivers implement these two."""
    with refused(contract.NOT_SUPPORTED, 'v0', 'blue', f'property {name}|{name}'):
        link.write(name, True)
    same_as_kernel(blue, 'blue')


def test_carrier_is_read(blue, link):
    """Both ends up make a carrier; the kernel tells the other end of it a moment later."""
    link.set(Up=True)
    blue.link('v1').set(Up=True)
    link.client.settle(lambda: link.get('Carrier') is True, 'the carrier')
    assert link.get('CarrierChanges') >= 1
    blue.link('v1').set(Up=False)
    link.client.settle(lambda: link.get('Carrier') is False, 'no carrier')


def test_types_on_the_bus(client, blue, link):
    """GetAll gives each property of each interface in its type."""
    bridge = blue.create_link('br0', 'bridge')
    link.set(Master=bridge.path)
    for thing, interface in ((link, contract.LINK), (link, contract.VETH),
                             (link, contract.BRIDGE_PORT), (bridge, contract.LINK),
                             (bridge, contract.BRIDGE)):
        reply, _fds = client.call_raw(thing.path, contract.PROPERTIES, 'GetAll',
                                      GLib.Variant('(s)', (interface,)))
        values = reply.get_child_value(0)
        for number in range(values.n_children()):
            entry = values.get_child_value(number)
            name = entry.get_child_value(0).get_string()
            kind = entry.get_child_value(1).get_variant().get_type_string()
            assert kind == contract.properties_of(interface)[name][0], name


@pytest.mark.parametrize('name', contract.LINK_READ_ONLY)
def test_read_only(blue, link, same_as_kernel, name):
    value = GLib.Variant(contract.LINK_READ_ONLY[name], link.get(name))
    with refused(contract.READ_ONLY, name):
        link.write(name, value)
    with refused(contract.READ_ONLY, name):
        link.call('Set', '(a{sv})', {name: value, 'Mtu': GLib.Variant('u', 1234)})
    assert link.get('Mtu') == 1500


BAD_VALUES = [
    ('Name', ''), ('Name', 'x' * 16), ('Name', 'a/b'), ('Name', 'a b'), ('Name', '.'),
    ('Name', '..'), ('Name', 'a:b'), ('Name', 'new\nline'),
    ('Mtu', 10), ('Mtu', 70000), ('Mtu', 4294967295),
    ('MacAddress', ''), ('MacAddress', '02:00:00:00:00'), ('MacAddress', '02:00:00:00:00:00:00'),
    ('MacAddress', 'xx:00:00:00:00:00'),
    ('MacAddress', '02:00:00:00:00:1'), ('MacAddress', '02-00-00-00-00-01'),
    ('Broadcast', 'nonsense'), ('Alias', 'x' * 256),
    ('LinkMode', 'nonsense'), ('IPv6AddressGenerationMode', 'nonsense'),
    ('Master', '/org/netnsd1'), ('Master', '/nonsense'),
]


@pytest.mark.parametrize('name,value', BAD_VALUES, ids=[f'{n}-{v}'[:40] for n, v in BAD_VALUES])
def test_bad_value(blue, link, same_as_kernel, name, value):
    """Refused, and the key is named; the other key of the same call has not changed either."""
    before = link.get_all()
    with refused(contract.INVALID_ARGS, name):
        link.set(**{name: value, 'Alias' if name != 'Alias' else 'Group':
                    'changed' if name != 'Alias' else 9})
    with refused(contract.INVALID_ARGS, name):
        link.write(name, value)
    assert link.get_all() == before
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value,text', [
    ('MacAddress', '01:00:00:00:00:01', 'assign requested address'),
    ('GsoMaxSegments', 65536 + 1, 'gso_max_segs')])
def test_value_that_the_kernel_refuses(blue, link, same_as_kernel, name, value, text):
    """It names no attribute, but it has a text."""
    before = link.get_all()
    with refused(contract.INVALID_ARGS, 'v0', 'blue', f'{name}|{text}'):
        link.write(name, value)
    assert link.get_all() == before
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('key,value', [
    ('Nonsense', GLib.Variant('s', 'x')), ('mtu', GLib.Variant('u', 1400)),
    ('Mtu', GLib.Variant('i', 1400)), ('Mtu', GLib.Variant('s', '1400')),
    ('Up', GLib.Variant('s', 'true')), ('Name', GLib.Variant('o', '/x')),
    ('Master', GLib.Variant('s', '/'))], ids=str)
def test_bad_key_or_type(blue, link, key, value):
    """The message names the key, and the type that was expected."""
    before = link.get_all()
    with refused(contract.INVALID_ARGS, key):
        link.call('Set', '(a{sv})', {key: value, 'Group': GLib.Variant('u', 5)})
    assert link.get_all() == before
    if key in contract.LINK_WRITABLE:
        with refused(contract.INVALID_ARGS, contract.LINK_WRITABLE[key]):
            link.write(key, value)


def test_name_is_taken(blue, link):
    for taken in ('lo', 'v1'):
        with refused(contract.EXISTS, 'v0', 'blue', 'exists'):
            link.write('Name', taken)
    with refused(contract.EXISTS, 'v0', 'blue', 'exists'):
        link.set(Name='v1', Mtu=1234)
    assert link.get('Mtu') == 1500


@pytest.mark.parametrize('target', ['missing', 'other namespace', 'itself', 'no master'])
def test_master_that_cannot_be(blue, red, link, target):
    """A link that takes no ports is a thing that the kernel does not support."""
    paths = {'missing': f'{blue.path}/link/999', 'itself': link.path,
             'no master': blue.link('v1').path,
             'other namespace': red.create_link('br0', 'bridge').path}
    with refused({'missing': contract.NOT_FOUND, 'itself': contract.NOT_SUPPORTED,
                  'no master': contract.NOT_SUPPORTED,
                  'other namespace': contract.INVALID_ARGS}[target], 'Master'):
        link.write('Master', paths[target])
    assert link.get('Master') == '/'
