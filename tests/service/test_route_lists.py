"""ListRoutes, FlushRoutes, FindAddresses and FlushAddresses: by what the kernel has."""

import json

import pytest

from support import contract, kernel
from support.bus import refused
from support.caller import Failure
from support.contract import GLib, settings

ALWAYS = {'Destination', 'Family', 'Table', 'Protocol', 'Type'}
# What an absent key stands for.
PLAIN = {'Source': '', 'Gateway': '', 'Link': '/', 'PreferredSource': '', 'Scope': 'global',
         'Metric': 0, 'Tos': 0, 'Flags': [], 'Metrics': {}, 'NextHops': [], 'NextHopId': 0,
         'Encapsulation': {}, 'Preference': '', 'Expires': 0}

MANY_HOPS = GLib.Variant('aa{sv}', [{'Gateway': GLib.Variant('s', f'192.0.2.{last}')}
                                    for last in range(2, 248)])


@pytest.fixture
def link(blue, settled):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    kernel.batch([
        'route add 198.51.100.0/24 via 192.0.2.9', 'route add default via 192.0.2.9 metric 7',
        'route add 203.0.113.0/24 via 192.0.2.8 table 77 proto static mtu 1400',
        'route add 203.0.114.0/24 via 192.0.2.8 table 1000 proto 200 src 192.0.2.1',
        'route add blackhole 203.0.115.0/24', 'route add 203.0.116.7 dev v0 tos 0x10',
        'route add 10.0.0.0/8 nexthop via 192.0.2.7 weight 2 nexthop via 192.0.2.8',
        'route add 203.0.117.0/24 via 203.0.118.1 dev v0 onlink',
        'route add 2001:db8:1::/48 via 2001:db8::9 pref high',
        'route add 2001:db8:2::/48 via 2001:db8::9 table 77 proto static',
        'route add 2001:db8:3::/48 dev v0 expires 500',
        'route add 10.64.0.0/24 encap ip id 100 dst 192.0.2.9 dev v0',
        'route add 10.64.1.0/24 encap ip id 200 dst 192.0.2.10 dev v0'], 'blue')
    settled('blue')
    return link


def list_routes(namespace, limit=0, **match):
    return namespace.call('ListRoutes', '(a{sv}u)', settings([contract.ROUTE], **match), limit)


def flush(namespace, **match):
    return namespace.call('FlushRoutes', '(a{sv})', settings([contract.ROUTE], **match))


def find(namespace, **match):
    return namespace.call('FindAddresses', '(a{sv})', settings([contract.ADDRESS], **match))


def flush_addresses(link, **match):
    return link.call('FlushAddresses', '(a{sv})', settings([contract.ADDRESS], **match))


def whole(route):
    """With what the absent keys stand for, and without what runs by itself."""
    return {**PLAIN, **route, 'Expires': 0}


def as_text(routes):
    return sorted(json.dumps(whole(route), sort_keys=True) for route in routes)


def objects(namespace):
    return [interfaces[contract.ROUTE] for interfaces in namespace.objects().values()
            if contract.ROUTE in interfaces]


# ---- ListRoutes ----

def test_same_as_the_objects(blue, link):
    routes, truncated = list_routes(blue)
    assert not truncated
    assert as_text(routes) == as_text(objects(blue))
    assert len(routes) == len(kernel.routes('blue'))


def test_only_what_is_there(blue, link):
    routes, _truncated = list_routes(blue)
    assert all(ALWAYS <= set(route) for route in routes)
    shown = next(route for route in routes if route['Destination'] == '198.51.100.0/24')
    assert shown == {'Destination': '198.51.100.0/24', 'Family': 'inet', 'Table': 254,
                     'Protocol': 'boot', 'Type': 'unicast', 'Gateway': '192.0.2.9',
                     'Link': link.path}
    timed = next(route for route in routes if route['Destination'] == '2001:db8:3::/48')
    assert 400 < timed['Expires'] <= 500


MATCHES = [
    {'Table': 77}, {'Table': 254}, {'Table': 255}, {'Table': 1000}, {'Table': 4711},
    {'Family': 'inet'}, {'Family': 'inet6'}, {'Family': 'inet', 'Table': 77},
    {'Protocol': 'static'}, {'Protocol': '200'}, {'Protocol': '4'}, {'Type': 'blackhole'},
    {'Type': 'local', 'Family': 'inet6'}, {'Gateway': '192.0.2.8'}, {'Gateway': '2001:DB8::9'},
    {'Gateway': ''}, {'Destination': '203.0.116.7'}, {'Destination': '203.0.116.7/32'},
    {'Destination': 'default', 'Family': 'inet'}, {'Destination': '2001:db8:1::/48'},
    {'Metric': 7}, {'Metric': 1024}, {'Tos': 16}, {'Metrics': {'mtu': 1400}}, {'Scope': 'link'},
    {'Flags': ['onlink']}, {'Preference': 'high'}, {'PreferredSource': '192.0.2.1'},
    {'Scope': 'link', 'Table': 254, 'Family': 'inet'},
]
SPELT = {'200': '200', '4': 'static', '2001:DB8::9': '2001:db8::9', '203.0.116.7': '203.0.116.7/32',
         'default': '0.0.0.0/0'}


@pytest.mark.parametrize('match', MATCHES, ids=str)
def test_match(blue, link, match):
    """The routes whose objects have these values, no others."""
    wanted = {key: SPELT.get(value, value) if isinstance(value, str) else value
              for key, value in match.items()}
    expected = [route for route in objects(blue)
                if all(route[key] == value for key, value in wanted.items())]
    routes, truncated = list_routes(blue, **match)
    assert as_text(routes) == as_text(expected)
    assert not truncated
    assert expected or match == {'Table': 4711}


@pytest.mark.parametrize('name', ['v0', 'v1', 'lo'])
def test_match_link(blue, link, name):
    """A route of several next hops has no link of its own."""
    path = blue.link(name).path
    routes, _truncated = list_routes(blue, Link=path)
    assert as_text(routes) == as_text([r for r in objects(blue) if r['Link'] == path])


def test_match_no_link(blue, link):
    routes, _truncated = list_routes(blue, Link='/')
    assert as_text(routes) == as_text([r for r in objects(blue) if r['Link'] == '/'])
    assert '10.0.0.0/8' in {route['Destination'] for route in routes}


def test_limit(blue, link):
    everything, _truncated = list_routes(blue)
    routes, truncated = list_routes(blue, 3)
    assert (routes, truncated) == (everything[:3], True)
    assert list_routes(blue, len(everything)) == (everything, False)
    assert list_routes(blue, len(everything) - 1) == (everything[:-1], True)
    assert not list_routes(blue, 1, Metric=7)[1]


def test_large_table(blue, link):
    """Above the limit of objects, and more than a message shall hold."""
    kernel.batch([f'route add 10.{n // 65536}.{n // 256 % 256}.{n % 256} via 192.0.2.9 table 5'
                  for n in range(12000)], 'blue')
    blue.objects()      # the worker has heard of all
    assert not blue.get('RoutesExported')
    routes, truncated = list_routes(blue, Table=5)
    assert (len(routes), truncated) == (12000, False)
    assert {route['Destination'] for route in routes} == {
        f'10.{n // 65536}.{n // 256 % 256}.{n % 256}/32' for n in range(12000)}
    assert flush(blue, Table=5) == 12000
    assert list_routes(blue, Table=5) == ([], False)


BAD = [
    ({'Nonsense': GLib.Variant('s', '')}, 'Nonsense'), ({'Family': 'nonsense'}, 'Family'),
    ({'Type': 'nonsense'}, 'Type'), ({'Destination': '10.0.0.1/8'}, 'Destination'),
    ({'Destination': 'default'}, 'Destination'), ({'Gateway': 'x'}, 'Gateway'),
    ({'Table': GLib.Variant('i', 1)}, 'Table'), ({'Link': '/nonsense'}, 'Link'),
    ({'Family': 'inet', 'Destination': '2001:db8::/48'}, 'Destination'),
]


@pytest.mark.parametrize('match,word', BAD, ids=[str(m) for m, _w in BAD])
def test_bad_match(blue, link, match, word):
    before = kernel.routes('blue')
    with refused(contract.INVALID_ARGS, 'Cannot list routes in namespace blue', word):
        list_routes(blue, **match)
    with refused(contract.INVALID_ARGS, 'Cannot flush routes in namespace blue', word):
        flush(blue, **match)
    assert kernel.routes('blue') == before


TWICE = ["{'Family': <'inet'>, 'Family': <'inet6'>}", "{'Family': <'inet'>, 'Family': <uint32 2>}",
         "{'Table': <uint32 77>, 'Metric': <uint32 1>, 'Metric': <uint32 1>}",
         "{'Metric': <uint32 7>, 'Metric': <uint32 1>}"]


@pytest.mark.parametrize('text', TWICE)
def test_given_twice(blue, link, text):
    match = GLib.Variant.parse(GLib.VariantType('a{sv}'), text, None, None)
    calls = {'ListRoutes': GLib.Variant.new_tuple(match, GLib.Variant('u', 0)),
             'FlushRoutes': GLib.Variant.new_tuple(match),
             'ExportRoutes': GLib.Variant.new_tuple(GLib.Variant('h', 0), match)}
    for member, arguments in calls.items():
        with refused(contract.INVALID_ARGS, 'given twice'):
            blue.client.call_raw(blue.path, contract.NAMESPACE, member, arguments)


# ---- FlushRoutes ----

def test_flush_denied(blue, link, user):
    before = kernel.routes('blue'), kernel.addresses('blue')
    match = GLib.Variant('(a{sv})', ({'Family': GLib.Variant('s', 'inet')},))
    for path, interface, member in ((blue.path, contract.NAMESPACE, 'FlushRoutes'),
                                    (link.path, contract.LINK, 'FlushAddresses')):
        with pytest.raises(Failure) as failure:
            user('nobody').call(path, interface, member, match)
        assert failure.value.name == contract.ACCESS_DENIED
    assert (kernel.routes('blue'), kernel.addresses('blue')) == before


@pytest.mark.parametrize('match', [m for m in MATCHES if m != {'Destination': 'default'}], ids=str)
def test_flush(client, blue, link, same_as_kernel, match):
    """Exactly those that are listed, of one table, and the bus says so before the reply."""
    gone, _truncated = list_routes(blue, **{'Table': 254, **match})
    stay = as_text(route for route in list_routes(blue)[0] if route not in gone)
    since = len(client.events)
    assert flush(blue, **match) == len(gone)
    removed = [event for event in client.events[since:] if event.member == 'InterfacesRemoved']
    assert len(removed) == len(gone)
    assert as_text(list_routes(blue)[0]) == stay
    same_as_kernel(blue, 'blue')


def test_flush_leaves_the_table_local(blue, link):
    """What is local stays so."""
    local = kernel.ip_json('route', 'show', 'table', 'local', ns='blue')
    assert flush(blue, Link=link.path, Family='inet') > 3
    assert kernel.ip_json('route', 'show', 'table', 'local', ns='blue') == local


def test_flush_needs_a_match(blue, link):
    before = kernel.routes('blue')
    with refused(contract.INVALID_ARGS, 'empty match'):
        flush(blue)
    assert kernel.routes('blue') == before


@pytest.fixture
def long_routes(blue, link):
    """Longer than a page, in which requests are written; ip(8) is told nothing of them."""
    blue.add_route(Destination='10.7.0.0/16', NextHops=MANY_HOPS)
    blue.call('AddRoutes', '(aa{sv})', [
        {'Destination': GLib.Variant('s', '2001:db8:7::/48'), 'Mode': GLib.Variant('s', 'append'),
         'Gateway': GLib.Variant('s', f'2001:db8::{last:x}')} for last in range(2, 172)])
    routes = [blue.routes(Destination=destination)[0]
              for destination in ('10.7.0.0/16', '2001:db8:7::/48')]
    assert [len(route.get('NextHops')) for route in routes] == [246, 170]
    return routes


def test_long_routes_are_deleted(blue, long_routes):
    for route in long_routes:
        route.delete()
    assert not list_routes(blue, Destination='10.7.0.0/16')[0]
    assert not list_routes(blue, Destination='2001:db8:7::/48')[0]


def test_long_routes_are_flushed(blue, long_routes):
    assert flush(blue, Protocol='boot', Table=254) > 2
    assert not list_routes(blue, Protocol='boot', Table=254)[0]


def test_long_routes_are_taken_back(blue, long_routes):
    add = settings([contract.ROUTE], Destination='10.8.0.0/16', NextHops=MANY_HOPS)
    bad = settings([contract.ROUTE], Destination='10.9.0.0/16', Gateway='203.0.113.9')
    with refused(contract.UNREACHABLE, 'route 2 of 2, 10.9.0.0/16: .*Gateway.$'):
        blue.call('AddRoutes', '(aa{sv})', [add, bad])
    assert not list_routes(blue, Destination='10.8.0.0/16')[0]
    assert len(list_routes(blue, Destination='10.7.0.0/16')[0]) == 1


# Routes to one destination, as ip(8) is told; a match, and which of them it flushes.
SIMILAR = [
    ('203.0.120.0/24', ['dev v0', 'dev v0 src 192.0.2.1'], {'PreferredSource': ''}, [0]),
    ('203.0.120.0/24', ['dev v0 src 192.0.2.1', 'dev v0'], {'Type': 'unicast'}, [0, 1]),
    ('203.0.120.0/24', ['dev v0 src 192.0.2.1', 'dev v0', 'via 192.0.2.9'],
     {'PreferredSource': '192.0.2.1'}, [0]),
    ('2001:db8:9::/48', ['dev v0', 'via 2001:db8::9', 'dev v1'], {'Gateway': ''}, [0, 2]),
    ('2001:db8:9::/48', ['dev v0', 'via 2001:db8::9 proto static', 'via 2001:db8::8 proto 99'],
     {'Gateway': ''}, [0, 1, 2]),
]
# The first of these would go in place of what matches.
CONFUSED = [
    ('203.0.120.0/24', ['dev v0 src 192.0.2.1', 'dev v0'], {'PreferredSource': ''}),
    ('203.0.120.0/24', ['dev v0 encap ip id 5 dst 192.0.2.77', 'dev v0 proto static',
                        'dev v0'], {'Protocol': 'boot', 'Encapsulation': {}}),
    ('2001:db8:9::/48', ['nhid 8', 'dev v0'], {'Gateway': ''}),
]


@pytest.mark.parametrize('network,known,match,gone', SIMILAR, ids=str)
def test_flush_among_similar_ones(blue, link, same_as_kernel, network, known, match, gone):
    def add(numbers):
        kernel.batch([f'route append {network} {known[number]}' for number in numbers], 'blue')
        return [found for found in kernel.routes('blue') if found[1]['dst'] == network]

    stay = add(number for number in range(len(known)) if number not in gone)
    if stay:
        assert flush(blue, Destination=network) == len(stay)
    add(range(len(known)))
    count = len(list_routes(blue, Destination=network, **match)[0])
    assert flush(blue, Destination=network, **match) == count
    assert add([]) == stay
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('network,known,match', CONFUSED, ids=str)
def test_flush_would_take_another(blue, link, same_as_kernel, network, known, match):
    """That stays, and so does what matches; all else that matches goes, and is told."""
    kernel.batch(['nexthop add id 8 via 2001:db8::9 dev v0', 'route add 203.0.121.0/24 dev v0',
                  'route add 2001:db8:10::/48 dev v0']
                 + [f'route append {network} {words}' for words in known], 'blue')
    kept = [found for found in kernel.routes('blue') if found[1]['dst'] == network]
    matching = len(list_routes(blue, Link=link.path, Table=254, **match)[0])
    assert matching > 1
    with refused(contract.NOT_SUPPORTED, 'Cannot flush routes in namespace blue: '
                 f'{matching - 1} are deleted, then: in place of {network}'):
        flush(blue, Link=link.path, Table=254, **match)
    assert len(list_routes(blue, Link=link.path, Table=254, **match)[0]) == 1
    assert [found for found in kernel.routes('blue') if found[1]['dst'] == network] == kept
    same_as_kernel(blue, 'blue')


# ---- addresses ----

def test_find_addresses(blue, link):
    other = blue.link('v1')
    other.add_address('203.0.113.1/24', Metric=9)
    link.add_address('192.0.2.2/24')
    every = find(blue)
    assert sorted(every) == sorted(address.path for address in blue.addresses())
    for match in ({'Link': link.path}, {'Family': 'inet6'}, {'Address': '192.0.2.2/24'},
                  {'PrefixLength': 24}, {'Metric': 9}, {'Flags': ['secondary']},
                  {'Link': other.path, 'Family': 'inet'}, {'Scope': 'host'}):
        expected = sorted(address.path for address in blue.addresses(**match))
        assert expected and sorted(find(blue, **match)) == expected, match
    assert find(blue, Address='192.0.2.99/24') == []
    assert find(blue, Link=link.path)[-1] == blue.addresses(Flags=['secondary'])[0].path


@pytest.mark.parametrize('match', [{'Nonsense': GLib.Variant('s', '')},
                                   {'Metric': GLib.Variant('s', '1')}], ids=str)
def test_bad_addresses(blue, link, match):
    name = next(iter(match))
    with refused(contract.INVALID_ARGS, 'Cannot find addresses in namespace blue', name):
        find(blue, **match)
    with refused(contract.INVALID_ARGS, 'Cannot flush addresses of link v0', name):
        flush_addresses(link, **match)


def test_flush_addresses(client, blue, link, same_as_kernel):
    for number in range(2, 9):
        link.add_address(f'192.0.2.{number}/24')
    others = sorted(find(blue, Link=blue.link('lo').path))
    assert flush_addresses(link, Address='192.0.2.5/24') == 1
    assert not blue.addresses(Address='192.0.2.5/24')
    since = len(client.events)
    assert flush_addresses(link, Family='inet') == 7
    removed = [event.args[0] for event in client.events[since:]
               if event.member == 'InterfacesRemoved' and '/address/' in event.args[0]]
    assert len(removed) == 7
    assert [address.get('Address') for address in blue.addresses(Link=link.path)] == [
        '2001:db8::1/64']
    assert flush_addresses(link) == 1
    assert flush_addresses(link) == 0
    assert sorted(find(blue)) == others
    same_as_kernel(blue, 'blue')
