"""AddRoutes and AddAddresses: many in one call, all of them or none."""

import json

import pytest

from support import contract, kernel
from support.bus import refused
from support.caller import Failure
from support.contract import GLib, settings


@pytest.fixture
def link(blue, settled):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    settled('blue')
    return link


def route(destination, mode=None, **values):
    packed = settings([contract.ROUTE], Destination=destination, **values)
    if mode:
        packed['Mode'] = GLib.Variant('s', mode)
    return packed


def address(text, **values):
    return {'Address': GLib.Variant('s', text), **settings([contract.ADDRESS], **values)}


def add_routes(blue, *routes):
    return blue.call('AddRoutes', '(aa{sv})', list(routes))


def add_addresses(link, *addresses):
    return link.call('AddAddresses', '(aa{sv})', list(addresses))


def many(count, first=0, gateway='192.0.2.9', **values):
    return [route(f'10.{n // 256}.{n % 256}.0/24', Gateway=gateway, **values)
            for n in range(first, first + count)]


# ---- who may ----

def test_denied(blue, link, user):
    before = kernel.routes('blue'), kernel.addresses('blue')
    for path, interface, member, item in (
            (blue.path, contract.NAMESPACE, 'AddRoutes', route('10.0.0.0/24', Link=link.path)),
            (link.path, contract.LINK, 'AddAddresses', address('203.0.113.1/24'))):
        with pytest.raises(Failure) as failure:
            user('nobody').call(path, interface, member, GLib.Variant('(aa{sv})', ([item],)))
        assert failure.value.name == contract.ACCESS_DENIED
    assert (kernel.routes('blue'), kernel.addresses('blue')) == before


def test_checked_before_anybody_is_asked(blue, link, user):
    with pytest.raises(Failure, match='route 2 of 2, 10.0.1.0/33') as failure:
        user('nobody').call(blue.path, contract.NAMESPACE, 'AddRoutes', GLib.Variant(
            '(aa{sv})', ([route('10.0.0.0/24', Link=link.path),
                          route('10.0.1.0/33', Link=link.path)],)))
    assert failure.value.name == contract.INVALID_ARGS


# ---- routes ----

def test_routes(client, blue, link, same_as_kernel):
    """More than the kernel is given at a time; every signal is there before the reply."""
    before = len(kernel.routes('blue'))
    since = len(client.events)
    assert add_routes(blue, *many(1000)) == 1000
    added = [event for event in client.events[since:] if event.member == 'InterfacesAdded']
    assert len(added) == 1000
    assert len(kernel.routes('blue')) == before + 1000
    same_as_kernel(blue, 'blue')


def test_all_sorts_of_routes(blue, link, same_as_kernel):
    """In the order of the argument: a gateway can be behind an earlier route."""
    hops = GLib.Variant('aa{sv}', [{'Gateway': GLib.Variant('s', f'192.0.2.{last}')}
                                   for last in (7, 8)])
    assert add_routes(
        blue, route('198.51.100.0/24', Link=link.path), route('10.0.0.0/8', Gateway='198.51.100.1'),
        route('10.0.0.0/8', 'append', Gateway='192.0.2.9'), route('10.1.0.0/16', NextHops=hops),
        route('10.2.0.0/16', Gateway='192.0.2.9', Metrics={'mtu': 1400}, Table=77),
        route('2001:db8:1::/48', Gateway='2001:db8::9'), route('203.0.113.0/24', Type='blackhole'),
        route('2001:db8:2::/48', Type='unreachable', Metric=7)) == 8
    shown = {data['dst'] for _family, data in kernel.routes('blue')}
    assert {'198.51.100.0/24', '10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16', '2001:db8:1::/48',
            '203.0.113.0/24', '2001:db8:2::/48'} <= shown
    same_as_kernel(blue, 'blue')


def test_none(blue):
    assert add_routes(blue) == 0


BAD = [
    (route('10.9.0.0/33'), contract.INVALID_ARGS, 'Property Destination'),
    (route('10.9.0.0/16', 'replace', Gateway='192.0.2.9'), contract.INVALID_ARGS, 'Property Mode'),
    (route('10.9.0.0/16', 'change', Gateway='192.0.2.9'), contract.INVALID_ARGS, 'Property Mode'),
    (route('10.9.0.0/16', 'nonsense', Gateway='192.0.2.9'), contract.INVALID_ARGS,
     'Property Mode'),
    (route('10.9.0.0/16', Gateway='203.0.113.1'), contract.UNREACHABLE, 'Gateway'),
    (route('10.0.0.0/24', Gateway='192.0.2.9'), contract.EXISTS, ''),
    (route('2001:db8:9::/48', Gateway='2001:db8:99::1'), contract.UNREACHABLE, ''),
]


@pytest.mark.parametrize('bad,name,pattern', BAD, ids=[str(b)[:60] for b, _n, _p in BAD])
@pytest.mark.parametrize('place', [0, 100, 299])
def test_none_of_them(client, blue, link, same_as_kernel, bad, name, pattern, place):
    """Whatever the one that is refused has before and behind it, in its chunk and in others."""
    routes = many(299)
    if name == contract.EXISTS:
        add_routes(blue, *many(1))
        routes = many(299, first=1)
    routes.insert(place, bad)
    before = kernel.routes('blue')
    since = len(client.events)
    with refused(name, 'Cannot add routes in namespace blue', f'route {place + 1} of 300, ',
                 bad['Destination'].get_string(), pattern):
        add_routes(blue, *routes)
    assert kernel.routes('blue') == before
    assert not [event for event in client.events[since:] if event.member != 'reply']
    same_as_kernel(blue, 'blue')


def test_takes_back_no_other_route(blue, link, same_as_kernel):
    """Routes to the same destinations that differ in what the caller left to the kernel."""
    kernel.batch(['route add 10.0.0.0/24 via 192.0.2.9 dev v0 metric 5',
                  'route add 10.0.0.0/24 via 192.0.2.8 dev v0',
                  'addr add 203.0.113.1/24 dev v1',
                  'route add 10.0.1.0/24 via 203.0.113.9 dev v1 onlink',
                  'route add 10.0.2.0/24 via 192.0.2.9 dev v1 onlink',
                  'route add 2001:db8:1::/48 via 2001:db8::9 dev v0 metric 5',
                  'route add 2001:db8:1::/48 via 2001:db8::8 dev v0 metric 2000'], 'blue')
    before = kernel.routes('blue')
    with refused(contract.UNREACHABLE, 'route 6 of 6'):
        add_routes(blue, route('10.0.0.0/24', 'append', Gateway='192.0.2.9'),
                   route('10.0.1.0/24', 'append', Gateway='192.0.2.9'),
                   route('10.0.2.0/24', 'append', Gateway='192.0.2.9'),
                   route('10.0.3.0/24', Gateway='192.0.2.9'),
                   route('2001:db8:1::/48', Gateway='2001:db8::9'),
                   route('10.9.0.0/16', Gateway='198.51.100.99'))
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')


IP = {'Type': GLib.Variant('s', 'ip6'), 'Destination': GLib.Variant('s', '2001:db8::77')}
OTHER_IP = {**IP, 'Id': GLib.Variant('t', 9)}
HOPS = GLib.Variant('aa{sv}', [{'Gateway': GLib.Variant('s', f'2001:db8::{last}')}
                               for last in (6, 7)])
NET4, NET6 = '10.0.0.0/24', '2001:db8:1::/48'

# What is there, as ip(8) is told, and what is added to it.
NEIGHBOURS = [
    (NET6, ['dev v0'], [{'Type': 'blackhole'}]),
    (NET6, ['dev v0'], [{'Type': 'throw', 'Link': 'v0'}]),
    (NET6, ['dev v0'], [{'Gateway': '2001:db8::9'}, {'Gateway': '2001:db8::8'}]),
    (NET6, ['dev v0 metric 10'], [{'Link': 'v0', 'Metric': 0}]),
    (NET6, ['via fe80::9 dev v1'], [{'Gateway': 'fe80::9', 'Link': 'v0'}]),
    (NET6, ['via 2001:db8::9'], [{'NextHops': HOPS}]),
    (NET6, ['via 2001:db8::9'], [{'Link': 'v0'}, {'Gateway': '2001:db8::8'}, {'Link': 'v1'}]),
    (NET6, ['via 2001:db8::9', 'dev v0'], [{'NextHopId': 8}]),
    (NET6, ['nhid 8 proto static'], [{'Link': 'v0'}, {'Gateway': '2001:db8::8'}]),
    (NET6, ['dev v0 metric 5', 'dev v0'], [{'Link': 'v1'}, {'Type': 'unreachable', 'Metric': 5}]),
    (NET6, [], [{'Link': 'v0'}, {'Link': 'v0', 'Encapsulation': IP}, {'NextHopId': 8}]),
    (NET6, [], [{'NextHopId': 8}, {'Link': 'v0'}, {'Gateway': '2001:db8::8'}]),
    (NET6, [], [{'Link': 'v0', 'Encapsulation': IP}, {'Link': 'v0', 'Encapsulation': OTHER_IP}]),
    (NET4, ['dev v0 metric 5'], [{'Link': 'v0', 'Metric': 5, 'PreferredSource': '192.0.2.1'}]),
    (NET4, ['dev v0 metric 5'], [{'Link': 'v0', 'Metric': 5, 'Metrics': {'mtu': 100000}}]),
    (NET4, ['dev v0 metric 5'], [{'Link': 'v0', 'Metric': 0}]),
    (NET4, ['via 192.0.2.9'], [{'NextHopId': 7}, {'Gateway': '192.0.2.8'}]),
    (NET4, ['blackhole'], [{'Type': 'throw'}, {'Link': 'v0', 'Scope': 'host'}]),
    (NET4, [], [{'Link': 'v0', 'PreferredSource': '192.0.2.1'}, {'Link': 'v0'}]),
]


def furnish(blue, network, known):
    kernel.batch(['nexthop add id 7 via 192.0.2.9 dev v0',
                  'nexthop add id 8 via 2001:db8::9 dev v0']
                 + [f'route append {"blackhole " if words == "blackhole" else ""}{network} '
                    + words.replace('blackhole', '') for words in known], 'blue')


def fill(blue, network, values, mode='append'):
    return route(network, mode, **{key: blue.link(value).path if key == 'Link' else value
                                   for key, value in values.items()})


FAR = route('10.9.0.0/16', Gateway='198.51.100.99')


@pytest.mark.parametrize('network,known,added', NEIGHBOURS, ids=str)
def test_takes_back_exactly_these(blue, link, same_as_kernel, network, known, added):
    """Beside routes that the kernel could take for them, and each other."""
    furnish(blue, network, known)
    before = kernel.routes('blue')
    routes = [fill(blue, network, values) for values in added]
    with refused(contract.UNREACHABLE, f'route {len(routes) + 1} of {len(routes) + 1}') as caught:
        add_routes(blue, *routes, FAR)
    assert 'taken back' not in caught[0].message
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')
    assert add_routes(blue, *routes) == len(routes)
    assert kernel.routes('blue') != before


# In place of these the kernel would delete what is there.
CONFUSED = [
    (NET4, 'dev v0 src 192.0.2.1 metric 5', {'Link': 'v0', 'Metric': 5}),
    (NET4, 'nexthop via 192.0.2.9 weight 3 nexthop via 192.0.2.8', {'Gateway': '192.0.2.9'}),
    (NET4, 'dev v0 encap ip id 5 dst 192.0.2.77', {'Link': 'v0'}),
    (NET6, 'dev v0 encap ip6 id 5 dst 2001:db8::77', {'Link': 'v0'}),
    (NET6, 'via 2001:db8::9', {'Gateway': '2001:db8::9', 'Encapsulation': IP}),
    (NET6, 'nhid 8', {'Gateway': '2001:db8::8'}),
    (NET6, 'nhid 8', {'Type': 'blackhole'}),
]


@pytest.mark.parametrize('network,known,added', CONFUSED, ids=str)
def test_what_cannot_be_taken_back(blue, link, same_as_kernel, network, known, added):
    """It stays, as what was there does, and the error says so; the others go."""
    furnish(blue, network, [known])
    others = [found for found in kernel.routes('blue') if found[1]['dst'] != network]
    with refused(contract.UNREACHABLE, 'route 5 of 5',
                 f'1 that were done before.* could not be taken back: {network}'):
        add_routes(blue, *many(2, first=1), fill(blue, network, added), *many(1, first=3), FAR)
    assert [found for found in kernel.routes('blue') if found[1]['dst'] != network] == others
    same_as_kernel(blue, 'blue')
    with refused(contract.EXISTS):
        add_routes(blue, fill(blue, network, added))
    with pytest.raises(AssertionError, match='File exists'):
        kernel.batch([f'route append {network} {known}'], 'blue')


@pytest.mark.parametrize('metrics', [{'mtu': 65521}, {'advmss': 70000}, {'hoplimit': 300},
                                     {'mtu': 0, 'window': 5, 'lock': 4}], ids=str)
def test_takes_back_metrics_that_the_kernel_changes(blue, link, metrics):
    before = kernel.routes('blue')
    with refused(contract.UNREACHABLE, 'route 3 of 3'):
        add_routes(blue, *(fill(blue, network, {'Link': 'v0', 'Metrics': metrics}, 'create')
                           for network in (NET4, NET6)), FAR)
    assert kernel.routes('blue') == before


def test_the_same_twice(blue, link):
    before = kernel.routes('blue')
    with refused(contract.EXISTS, 'route 3 of 3, 10.0.0.0/24'):
        add_routes(blue, *many(2), *many(1))
    assert kernel.routes('blue') == before


@pytest.mark.parametrize('mode', ['create', 'append'])
def test_those_that_are_there(blue, link, same_as_kernel, mode):
    """None is new, and so none is taken back."""
    add_routes(blue, *many(600))
    before = kernel.routes('blue')
    with refused(contract.EXISTS, 'route 1 of 600, 10.0.0.0/24'):
        add_routes(blue, *many(600, mode=mode))
    with refused(contract.UNREACHABLE, 'route 1 of 600, 10.0.0.0/24'):
        add_routes(blue, *many(600, gateway='203.0.113.9', mode=mode))
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')


def test_every_second_one_is_there(blue, link, same_as_kernel):
    """The first that fails is told; those done around it go, and those there before stay."""
    add_routes(blue, *many(2000, first=1500)[::2])
    before = kernel.routes('blue')
    with refused(contract.EXISTS, 'route 1501 of 3500, 10.5.220.0/24: '):
        add_routes(blue, *many(3500))
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')


def hops_of(pattern, numbers):
    return GLib.Variant('aa{sv}', [{'Gateway': GLib.Variant('s', pattern.format(number))}
                                   for number in numbers])


@pytest.mark.parametrize('mode,hops', [('create', 29), ('append', 1), ('append', 16)])
def test_long_ones(blue, link, same_as_kernel, mode, hops):
    """Some of them, or their answers, are together longer than one message may be."""
    hops = hops_of('192.0.2.{}', range(2, 2 + hops))
    routes = [route(f'10.0.{n}.0/24', mode, NextHops=hops) for n in range(200)]
    before = kernel.routes('blue')
    assert add_routes(blue, *routes) == 200
    same_as_kernel(blue, 'blue')
    assert blue.call('FlushRoutes', '(a{sv})', settings([contract.ROUTE], Protocol='boot')) == 200
    assert kernel.routes('blue') == before
    with refused(contract.UNREACHABLE, 'route 201 of 201, 10.9.0.0/16: .*Gateway.$'):
        add_routes(blue, *routes, route('10.9.0.0/16', Gateway='203.0.113.9'))
    assert kernel.routes('blue') == before


def test_more_than_are_objects(blue, link):
    """The default limit is 10000; then there are no objects, and the number is right."""
    before = len(kernel.routes('blue'))
    assert add_routes(blue, *many(12000)) == 12000
    assert not blue.get('RoutesExported')
    assert blue.get('RouteCount') == before + 12000
    with refused(contract.EXISTS, 'route 9000 of 9000'):
        add_routes(blue, *many(8999, first=12000), *many(1))
    assert blue.get('RouteCount') == before + 12000
    shown = json.loads(kernel.ip('-j', 'route', 'show', 'table', 'main', ns='blue'))
    assert len([data for data in shown if data['dst'].startswith('10.')]) == 12000


# ---- addresses ----

def test_addresses(client, blue, link, same_as_kernel):
    since = len(client.events)
    paths = add_addresses(link, *(address(f'198.51.100.{n}/24') for n in range(1, 200)),
                          address('2001:db8:7::1/64', Flags=['nodad']),
                          address('2001:db8:7::2/64', Flags=['nodad'], Metric=7),
                          address('203.0.113.1/32', Peer='203.0.113.2', Label='v0:x'))
    added = [event.args[0] for event in client.events[since:]
             if event.member == 'InterfacesAdded' and '/address/' in event.args[0]]
    assert sorted(paths) == sorted(added)
    assert [client.get(path, contract.ADDRESS, 'Address') for path in paths] == [
        *(f'198.51.100.{n}/24' for n in range(1, 200)), '2001:db8:7::1/64', '2001:db8:7::2/64',
        '203.0.113.1/32']
    same_as_kernel(blue, 'blue')


def test_addresses_that_are_there(blue, link, same_as_kernel):
    addresses = [address(f'10.9.{n}.1/24') for n in range(250)]
    add_addresses(link, *addresses)
    before = kernel.addresses('blue')
    with refused(contract.EXISTS, 'address 1 of 250, 10.9.0.1/24'):
        add_addresses(link, *addresses)
    assert kernel.addresses('blue') == before
    same_as_kernel(blue, 'blue')


BAD_ADDRESSES = [
    (address('198.51.100.0/33'), contract.INVALID_ARGS, 'Address|prefix'),
    ({'Label': GLib.Variant('s', 'v0')}, contract.INVALID_ARGS, 'Property Address is missing'),
    (address('203.0.113.1/24', Replace=True), contract.INVALID_ARGS, 'Replace'),
    (address('203.0.113.1/24', Label='other'), contract.INVALID_ARGS, 'Property Label'),
    (address('192.0.2.1/24'), contract.EXISTS, ''),
    (address('2001:db8::1/64'), contract.EXISTS, ''),
]


@pytest.mark.parametrize('bad,name,pattern', BAD_ADDRESSES,
                         ids=[str(b)[:60] for b, _n, _p in BAD_ADDRESSES])
@pytest.mark.parametrize('place', [0, 150, 199])
def test_no_address(blue, link, same_as_kernel, bad, name, pattern, place):
    """The primary addresses of networks go last, or they would take the others along."""
    addresses = [address(f'198.51.100.{n}/24') for n in range(1, 200)]
    addresses.insert(place, bad)
    before = kernel.addresses('blue'), kernel.routes('blue')
    with refused(name, 'Cannot add addresses to link v0 in namespace blue',
                 f'address {place + 1} of 200', pattern):
        add_addresses(link, *addresses)
    assert (kernel.addresses('blue'), kernel.routes('blue')) == before
    same_as_kernel(blue, 'blue')
