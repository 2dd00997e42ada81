"""Addresses, IPv4 and IPv6: added, changed and deleted by either side."""

import pytest

from support import contract, kernel
from support.bus import BusError, refused
from support.contract import GLib


@pytest.fixture
def link(blue):
    return blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')


# What AddAddress takes, and what of it ip shows.
ACCEPTED = [
    ('192.0.2.1/24', {}, {'local': '192.0.2.1', 'prefixlen': 24, 'scope': 'global',
                          'label': 'v0'}),
    ('192.0.2.1', {}, {'local': '192.0.2.1', 'prefixlen': 32}),
    ('192.0.2.1/24', {'Broadcast': '+'}, {'broadcast': '192.0.2.255'}),
    ('192.0.2.1/30', {'Broadcast': '+'}, {'broadcast': '192.0.2.3'}),
    ('192.0.2.0/31', {'Broadcast': '+'}, {'broadcast': None}),
    ('192.0.2.1/32', {'Broadcast': '+'}, {'broadcast': None}),
    ('192.0.2.1/32', {'Broadcast': '+', 'Peer': '198.51.100.0/31'}, {'broadcast': None}),
    ('192.0.2.1/24', {'Broadcast': '192.0.2.77'}, {'broadcast': '192.0.2.77'}),
    ('192.0.2.1/24', {'Label': 'v0:one'}, {'label': 'v0:one'}),
    ('192.0.2.1/24', {'Scope': 'link'}, {'scope': 'link'}),
    ('192.0.2.1/24', {'Metric': 77}, {'metric': 77}),
    ('192.0.2.1/32', {'Peer': '198.51.100.1'}, {'address': '198.51.100.1', 'prefixlen': 32}),
    ('192.0.2.1/32', {'Peer': '198.51.100.1/24'}, {'address': '198.51.100.1', 'prefixlen': 24}),
    ('192.0.2.1/24', {'ValidLifetime': 1000, 'PreferredLifetime': 500}, {'dynamic': True}),
    ('192.0.2.1/24', {'Flags': ['noprefixroute']}, {'noprefixroute': True}),
    ('127.0.5.1/8', {}, {'scope': 'host'}),
    ('2001:db8::1/64', {'Flags': ['nodad']}, {'local': '2001:db8::1', 'prefixlen': 64,
                                              'nodad': True}),
    ('2001:DB8:0:0::1/64', {}, {'local': '2001:db8::1'}),
    ('2001:db8::1', {}, {'prefixlen': 128}),
    ('2001:db8::1/128', {'Peer': '2001:db8::2'}, {'address': '2001:db8::2'}),
    ('2001:db8::1/64', {'Flags': ['nodad', 'noprefixroute', 'home']},
     {'home': True, 'noprefixroute': True}),
    ('2001:db8::1/64', {'ValidLifetime': 1000, 'PreferredLifetime': 0}, {'deprecated': True}),
    ('2001:db8::1/64', {'Metric': 5}, {'metric': 5}),
    ('fe80::1/64', {}, {'scope': 'link'}),
]


@pytest.mark.parametrize('address,settings,wanted', ACCEPTED,
                         ids=[f'{a} {s}' for a, s, _w in ACCEPTED])
def test_add(client, blue, link, same_as_kernel, address, settings, wanted):
    since = len(client.events)
    added = link.add_address(address, **settings)
    events = client.events[since:]
    signal = [event.args for event in events if event.member == 'InterfacesAdded'
              and event.args[0] == added.path]
    assert len(signal) == 1 and list(signal[0][1]) == [contract.ADDRESS]
    shown = [data for index, data in kernel.addresses('blue') if index == link.get('Index')]
    assert len(shown) == 1
    assert {key: shown[0].get(key) for key in wanted} == wanted
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('address', ['192.0.2.{}/24', '2001:db8::{}/64'])
def test_read_your_writes_every_time(client, link, address):
    """The kernel tells of an IPv6 address from a work queue, so maybe after its acknowledgement."""
    for number in range(1, 60):
        since = len(client.events)
        added = link.add_address(address.format(number))
        seen = [event.args[0] for event in client.events[since:]
                if event.member == 'InterfacesAdded']
        assert added.path in seen, f'number {number}'
        since = len(client.events)
        added.delete()
        seen = [event.args[0] for event in client.events[since:]
                if event.member == 'InterfacesRemoved']
        assert added.path in seen, f'number {number}'


def test_properties(blue, link):
    """One address with all of its properties, in their types."""
    properties = link.add_address('192.0.2.1/24', Broadcast='+').get_all()
    info = properties.pop('CacheInfo')
    assert set(info) == {'created', 'updated'}
    assert properties == {
        'Address': '192.0.2.1/24', 'Family': 'inet', 'Link': link.path, 'Local': '192.0.2.1',
        'PrefixLength': 24, 'Peer': '', 'Broadcast': '192.0.2.255', 'Label': 'v0',
        'Scope': 'global', 'Flags': [], 'ValidLifetime': 4294967295,
        'PreferredLifetime': 4294967295, 'Metric': 0, 'Protocol': ''}


def test_protocol(blue, link):
    assert link.add_address('192.0.2.1/24', Protocol='99').get('Protocol') == '99'


def test_loopback_addresses(blue):
    """The kernel's own, made when lo comes up; it says so for IPv6 alone."""
    protocols = {a.get('Address'): a.get('Protocol')
                 for a in blue.addresses(Link=blue.link('lo').path)}
    assert protocols == {'127.0.0.1/8': '', '::1/128': 'kernel_lo'}


def test_added_by_ip(client, blue, link, same_as_kernel):
    kernel.ip('addr', 'add', '192.0.2.1/24', 'brd', '+', 'dev', 'v0', ns='blue')
    kernel.ip('addr', 'add', '2001:db8::1/64', 'nodad', 'dev', 'v0', ns='blue')
    same_as_kernel(blue, 'blue')
    kernel.ip('addr', 'flush', 'dev', 'v0', ns='blue')
    same_as_kernel(blue, 'blue')
    assert blue.addresses(Link=link.path) == []


def test_delete(client, blue, link, same_as_kernel):
    """The address goes, and with it the routes that came with it."""
    address = link.add_address('192.0.2.1/24')
    routes = blue.routes(Destination='192.0.2.0/24')
    assert len(routes) == 1
    since = len(client.events)
    address.delete()
    removed = {event.args[0] for event in client.events[since:]
               if event.member == 'InterfacesRemoved'}
    assert {address.path, routes[0].path} <= removed
    with refused(contract.UNKNOWN_OBJECT):
        address.delete()
    same_as_kernel(blue, 'blue')


def test_secondary(blue, link, same_as_kernel):
    first = link.add_address('192.0.2.1/24')
    second = link.add_address('192.0.2.2/24')
    assert second.get('Flags') == ['secondary']
    same_as_kernel(blue, 'blue')
    first.delete()
    assert not second.exists()
    same_as_kernel(blue, 'blue')


def test_secondary_is_promoted(blue, link, same_as_kernel):
    with_ip = ['ip', 'netns', 'exec', 'blue', 'sysctl', '-q', '-w',
               'net.ipv4.conf.v0.promote_secondaries=1']
    kernel.run(*with_ip)
    first = link.add_address('192.0.2.1/24')
    second = link.add_address('192.0.2.2/24')
    first.delete()
    assert second.get('Flags') == []
    same_as_kernel(blue, 'blue')


def test_exists_and_replace(client, blue, link, same_as_kernel):
    address = link.add_address('192.0.2.1/24')
    with refused(contract.EXISTS, '192.0.2.1/24', 'v0', 'blue'):
        link.add_address('192.0.2.1/24')
    with refused(contract.EXISTS):
        link.add_address('192.0.2.1/24', Replace=False)
    again = link.add_address('192.0.2.1/24', Replace=True, ValidLifetime=500,
                             PreferredLifetime=400)
    assert again == address
    assert 495 <= address.get('ValidLifetime') <= 500
    same_as_kernel(blue, 'blue')


def test_same_address_on_two_links(blue, link, same_as_kernel):
    other = blue.link('v1')
    first = link.add_address('192.0.2.1/24')
    second = other.add_address('192.0.2.1/24')
    third = link.add_address('192.0.2.1/25')
    fourth = link.add_address('192.0.2.1/32', Peer='198.51.100.7')
    assert len({first, second, third, fourth}) == 4
    same_as_kernel(blue, 'blue')
    second.delete()
    fourth.delete()
    assert first.exists() and third.exists()
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('address', ['192.0.2.1/24', '2001:db8::1/64'])
def test_set_lifetimes(client, blue, link, same_as_kernel, address):
    """A change, not a deletion: the object stays."""
    added = link.add_address(address, **({'Flags': ['nodad']} if ':' in address else {}))
    since = len(client.events)
    added.set(ValidLifetime=1000, PreferredLifetime=0)
    assert 995 <= added.get('ValidLifetime') <= 1000
    assert added.get('PreferredLifetime') == 0
    assert {'deprecated', 'dynamic'} <= set(added.get('Flags'))
    removed = [event for event in client.events[since:] if event.member == 'InterfacesRemoved']
    assert removed == []
    added.set(ValidLifetime=4294967295, PreferredLifetime=4294967295)
    assert not {'deprecated', 'dynamic'} & set(added.get('Flags'))
    same_as_kernel(blue, 'blue')


def test_set_keeps_the_rest(blue, link, same_as_kernel):
    """What is left out stays: label, broadcast, scope, metric, lifetimes."""
    address = link.add_address('192.0.2.1/24', Label='v0:x', Broadcast='+', Scope='link',
                               Metric=9, ValidLifetime=2000, PreferredLifetime=1000)
    before = address.get_all()
    address.set(Metric=10)
    after = address.get_all()
    for key in ('Label', 'Broadcast', 'Scope', 'Flags'):
        assert after[key] == before[key]
    assert after['Metric'] == 10
    assert before['ValidLifetime'] - after['ValidLifetime'] < 5
    same_as_kernel(blue, 'blue')


def test_set_flags(client, blue, link, same_as_kernel):
    address = link.add_address('2001:db8::1/64', Flags=['nodad'])
    address.set(Flags=['nodad', 'noprefixroute'])
    assert set(address.get('Flags')) == {'nodad', 'noprefixroute'}
    same_as_kernel(blue, 'blue')
    ipv4 = link.add_address('192.0.2.1/24')
    with refused(contract.NOT_SUPPORTED, 'Flags'):
        ipv4.set(Flags=['noprefixroute'])
    ipv4.set(Flags=[])


def test_tentative_until_it_is_proved(client, blue, link, same_as_kernel):
    """Duplicate address detection ends with a property change."""
    address = link.add_address('2001:db8::1/64')
    if 'tentative' in address.get('Flags'):
        client.wait_signal(lambda event: event.path == address.path
                           and event.member == 'PropertiesChanged'
                           and event.args[1].get('Flags') == [])
    same_as_kernel(blue, 'blue')


def test_duplicate_is_seen(client, blue, link, same_as_kernel):
    """The other end has the address already."""
    blue.link('v1').add_address('2001:db8::1/64', Flags=['nodad'])
    address = link.add_address('2001:db8::1/64')
    client.wait_signal(lambda event: event.path == address.path
                       and event.member == 'PropertiesChanged'
                       and 'dadfailed' in event.args[1].get('Flags', []), 'dadfailed')
    same_as_kernel(blue, 'blue')


def test_expiry(client, blue, link, same_as_kernel):
    """The kernel removes it, and the bus shows that."""
    address = link.add_address('192.0.2.1/24', ValidLifetime=1, PreferredLifetime=1)
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == address.path)
    same_as_kernel(blue, 'blue')


BAD = [
    ('', {}), ('nonsense', {}), ('192.0.2.1/33', {}), ('192.0.2.1/-1', {}), ('192.0.2.1/', {}),
    ('192.0.2/24', {}), ('192.0.2.256/24', {}), ('192.0.2.1/24x', {}), ('192.0.2.1/024', {}),
    ('2001:db8::1/129', {}), ('2001:db8:::1/64', {}), (' 192.0.2.1/24', {}),
    ('192.0.2.1/24', {'Peer': '2001:db8::1'}), ('192.0.2.1/24', {'Broadcast': 'x'}),
    ('2001:db8::1/64', {'Broadcast': '+'}), ('192.0.2.1/24', {'Scope': 'nonsense'}),
    ('192.0.2.1/24', {'Label': 'wrong'}), ('192.0.2.1/24', {'Label': 'v0' + 'x' * 20}),
    ('192.0.2.1/24', {'Flags': ['nonsense']}), ('192.0.2.1/24', {'Flags': ['tentative']}),
    ('192.0.2.1/24', {'ValidLifetime': 10, 'PreferredLifetime': 20}),
    ('192.0.2.1/24', {'ValidLifetime': 0}),
    ('192.0.2.1/24', {'Protocol': 'nonsense'}), ('192.0.2.1/24', {'Protocol': '300'}),
    ('192.0.2.1/24', {'Nonsense': GLib.Variant('s', 'x')}),
    ('192.0.2.1/24', {'Local': GLib.Variant('s', '192.0.2.2')}),
    ('192.0.2.1/24', {'Metric': GLib.Variant('s', '7')}),
    ('192.0.2.1/24', {'Metric': GLib.Variant('i', -1)}),
]


@pytest.mark.parametrize('address,settings', BAD, ids=[f'{a} {s}'[:60] for a, s in BAD])
def test_bad_input(blue, link, same_as_kernel, address, settings):
    with refused(contract.INVALID_ARGS):
        link.add_address(address, **settings)
    assert blue.addresses(Link=link.path) == []
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('settings', [
    {'ValidLifetime': 0}, {'ValidLifetime': 10, 'PreferredLifetime': 20},
    {'Nonsense': GLib.Variant('s', 'x')}, {'Label': 'v0:y'}, {'Scope': 'link'},
    {'Flags': ['nonsense']}, {'Metric': GLib.Variant('s', '7')}], ids=str)
def test_bad_set(blue, link, same_as_kernel, settings):
    address = link.add_address('192.0.2.1/24')
    before = address.get_all()
    try:
        address.set(**settings)
    except BusError as error:
        assert error.name in (contract.INVALID_ARGS, contract.READ_ONLY), error
    else:
        raise AssertionError('accepted')
    assert address.get_all() == before


def test_properties_are_read_only(link):
    address = link.add_address('192.0.2.1/24')
    for name, kind in contract.ADDRESS_PROPERTIES.items():
        with refused(contract.READ_ONLY, name):
            address.write(name, GLib.Variant(kind, address.get(name)))


def test_path_stays_while_the_address_lives(daemon, link):
    """Another daemon finds it at the same path."""
    address = link.add_address('192.0.2.1/24')
    daemon.restart()
    assert address.get('Local') == '192.0.2.1'
