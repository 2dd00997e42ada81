"""Routes, IPv4 and IPv6: added, replaced and deleted by either side, and those that vanish."""

import pytest

from support import contract, kernel
from support.bus import refused
from support.contract import GLib


@pytest.fixture
def link(blue, settled, same_as_kernel):
    """An interface that is up, with an address of each family, and nothing under way."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    settled('blue')
    same_as_kernel(blue, 'blue')
    return link


LINK = object()     # stands for the path of v0 in the tables below

# What AddRoute takes, and what of it ip shows.
ACCEPTED = [
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9'},
     {'dst': '198.51.100.0/24', 'gateway': '192.0.2.9', 'dev': 'v0', 'table': 'main',
      'protocol': 'boot', 'scope': 'global', 'type': 'unicast'}),
    ({'Destination': '198.51.100.0/24', 'Link': LINK}, {'dev': 'v0', 'scope': 'link'}),
    ({'Destination': '198.51.100.7', 'Link': LINK}, {'dst': '198.51.100.7'}),
    ({'Destination': 'default', 'Family': 'inet', 'Gateway': '192.0.2.9'}, {'dst': 'default'}),
    ({'Destination': '0.0.0.0/0', 'Gateway': '192.0.2.9'}, {'dst': 'default'}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'Metric': 77}, {'metric': 77}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'Table': 1000},
     {'table': '1000'}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'Protocol': 'static'},
     {'protocol': 'static'}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'Protocol': '200'},
     {'protocol': '200'}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'Tos': 16}, {'tos': '0x10'}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'PreferredSource': '192.0.2.1'},
     {'prefsrc': '192.0.2.1'}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '203.0.113.1', 'Link': LINK,
      'Flags': ['onlink']}, {'gateway': '203.0.113.1', 'flags': ['onlink']}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9',
      'Metrics': {'mtu': 1400, 'advmss': 1300}}, {'metrics': [{'mtu': 1400, 'advmss': 1300}]}),
    ({'Destination': '198.51.100.0/24', 'Gateway': '2001:db8::9', 'Link': LINK},
     {'via': {'family': 'inet6', 'host': '2001:db8::9'}}),
    ({'Destination': '198.51.100.0/24', 'Type': 'blackhole'}, {'type': 'blackhole'}),
    ({'Destination': '198.51.100.0/24', 'Type': 'unreachable'}, {'type': 'unreachable'}),
    ({'Destination': '198.51.100.0/24', 'Type': 'prohibit'}, {'type': 'prohibit'}),
    ({'Destination': '198.51.100.0/24', 'Type': 'throw'}, {'type': 'throw'}),
    ({'Destination': '198.51.100.1/32', 'Type': 'local', 'Link': LINK},
     {'type': 'local', 'table': 'local', 'scope': 'host'}),
    ({'Destination': '198.51.100.255/32', 'Type': 'broadcast', 'Link': LINK},
     {'type': 'broadcast', 'table': 'local', 'scope': 'link'}),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Scope': 'host'}, {'scope': 'host'}),
    ({'Destination': '2001:db8:1::/48', 'Gateway': '2001:db8::9'},
     {'dst': '2001:db8:1::/48', 'gateway': '2001:db8::9', 'metric': 1024, 'pref': 'medium'}),
    ({'Destination': '2001:db8:1::/48', 'Link': LINK}, {'dev': 'v0'}),
    ({'Destination': '::/0', 'Gateway': '2001:db8::9'}, {'dst': 'default'}),
    ({'Destination': 'default', 'Family': 'inet6', 'Gateway': '2001:db8::9'}, {'dst': 'default'}),
    ({'Destination': '2001:db8:1::7', 'Gateway': '2001:db8::9'}, {'dst': '2001:db8:1::7'}),
    ({'Destination': '2001:db8:1::/48', 'Gateway': 'fe80::9', 'Link': LINK, 'Metric': 5},
     {'gateway': 'fe80::9', 'metric': 5}),
    ({'Destination': '2001:db8:1::/48', 'Gateway': '2001:db8::9', 'Preference': 'high'},
     {'pref': 'high'}),
    ({'Destination': '2001:db8:1::/48', 'Gateway': '2001:db8::9', 'Expires': 300}, {}),
    ({'Destination': '2001:db8:1::/48', 'Type': 'blackhole'}, {'type': 'blackhole'}),
    ({'Destination': '198.51.100.0/24', 'NextHops': [
        {'Gateway': '192.0.2.7', 'Weight': 1}, {'Gateway': '192.0.2.8', 'Weight': 5}]}, {}),
]


def fill(values, link):
    return {key: link.path if value is LINK else value for key, value in values.items()}


def hops(values):
    """NextHops as the bus takes them."""
    if 'NextHops' in values:
        values['NextHops'] = GLib.Variant('aa{sv}', [
            {'Gateway': GLib.Variant('s', hop['Gateway']),
             'Weight': GLib.Variant('u', hop['Weight'])} for hop in values['NextHops']])
    return values


@pytest.mark.parametrize('values,wanted', ACCEPTED, ids=[str(v)[:70] for v, _w in ACCEPTED])
def test_add_and_delete(client, blue, link, same_as_kernel, values, wanted):
    before = kernel.routes('blue')
    since = len(client.events)
    route = blue.add_route(**hops(fill(values, link)))
    added = [event.args for event in client.events[since:] if event.member == 'InterfacesAdded']
    assert [path for path, _interfaces in added] == [route.path]
    assert added[0][1] == {contract.ROUTE: route.get_all()}
    new = [data for family, data in kernel.routes('blue') if (family, data) not in before]
    assert len(new) == 1
    assert {key: new[0].get(key) for key in wanted} == wanted
    same_as_kernel(blue, 'blue')
    since = len(client.events)
    route.delete()
    assert [event.args[0] for event in client.events[since:]
            if event.member == 'InterfacesRemoved'] == [route.path]
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')


def test_properties(blue, link):
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9', Metric=7)
    assert route.get_all() == {
        'Destination': '198.51.100.0/24', 'Family': 'inet', 'Source': '', 'Gateway': '192.0.2.9',
        'Link': link.path, 'PreferredSource': '', 'Table': 254, 'Protocol': 'boot',
        'Scope': 'global', 'Type': 'unicast', 'Metric': 7, 'Tos': 0, 'Flags': [], 'Metrics': {},
        'NextHops': [], 'NextHopId': 0, 'Encapsulation': {}, 'Preference': '', 'Expires': 0}


def test_types_are_those_of_the_contract():
    types = {name: kind for name, (kind, _access) in
             contract.properties_of(contract.ROUTE).items()}
    assert types == contract.ROUTE_PROPERTIES


def test_added_by_ip(blue, link, same_as_kernel):
    for words in ('198.51.100.0/24 via 192.0.2.9 mtu 1300 metric 5',
                  'default via 192.0.2.9 proto static', 'blackhole 203.0.113.0/24',
                  '10.0.0.0/8 nexthop via 192.0.2.7 weight 2 nexthop via 192.0.2.8',
                  '2001:db8:2::/48 via 2001:db8::9 pref low', 'unreachable 2001:db8:3::/48',
                  '2001:db8:4::/48 nexthop via 2001:db8::7 nexthop via 2001:db8::8'):
        kernel.ip('route', 'add', *words.split(), ns='blue')
    same_as_kernel(blue, 'blue')
    kernel.ip('route', 'flush', 'proto', 'boot', ns='blue')
    same_as_kernel(blue, 'blue')


def test_next_hop_objects_of_ip(blue, link, same_as_kernel):
    kernel.ip('nexthop', 'add', 'id', '7', 'via', '192.0.2.9', 'dev', 'v0', ns='blue')
    kernel.ip('route', 'add', '198.51.100.0/24', 'nhid', '7', ns='blue')
    same_as_kernel(blue, 'blue')
    assert blue.routes(Destination='198.51.100.0/24')[0].get('NextHopId') == 7
    kernel.ip('nexthop', 'del', 'id', '7', ns='blue')
    same_as_kernel(blue, 'blue')


def test_modes(client, blue, link, same_as_kernel):
    first = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    with refused(contract.EXISTS, '198.51.100.0/24', 'blue'):
        blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.8')
    with refused(contract.EXISTS):
        blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.8', Mode='create')
    blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.8', Mode='replace')
    assert len(blue.routes(Destination='198.51.100.0/24')) == 1
    same_as_kernel(blue, 'blue')
    blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.7', Mode='change')
    same_as_kernel(blue, 'blue')
    with refused(contract.NOT_FOUND):
        blue.add_route(Destination='203.0.113.0/24', Gateway='192.0.2.7', Mode='change')
    blue.add_route(Destination='203.0.113.0/24', Gateway='192.0.2.7', Mode='replace')
    blue.add_route(Destination='203.0.113.0/24', Gateway='192.0.2.8', Mode='append')
    assert len(blue.routes(Destination='203.0.113.0/24')) == 2
    same_as_kernel(blue, 'blue')
    with refused(contract.INVALID_ARGS, 'Mode'):
        blue.add_route(Destination='203.0.113.0/24', Gateway='192.0.2.7', Mode='nonsense')
    assert first.path


@pytest.mark.parametrize('victim', [0, 1, 2])
def test_delete_exactly_this_one(blue, link, same_as_kernel, victim):
    """Three routes to one destination that differ in the gateway alone."""
    routes = [blue.add_route(Destination='198.51.100.0/24', Gateway=f'192.0.2.{last}',
                             Mode='append') for last in (7, 8, 9)]
    routes.pop(victim).delete()
    assert {route.get('Gateway') for route in routes} == (
        {'192.0.2.7', '192.0.2.8', '192.0.2.9'} - {f'192.0.2.{7 + victim}'})
    same_as_kernel(blue, 'blue')


def test_same_destination_in_many_ways(blue, link, same_as_kernel):
    """Table, metric and TOS make other routes, each with an object of its own."""
    routes = {blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9', Table=table,
                             Metric=metric, Tos=tos).path
              for table in (254, 100) for metric in (0, 5) for tos in (0, 16)}
    assert len(routes) == 8
    same_as_kernel(blue, 'blue')


def test_delete_twice(blue, link):
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    route.delete()
    with refused(contract.UNKNOWN_OBJECT):
        route.delete()


def test_routes_go_silently_with_the_link(client, blue, link, same_as_kernel):
    """The kernel sends no RTM_DELROUTE for IPv4 routes of a link that goes down."""
    routes = [blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9'),
              blue.add_route(Destination='203.0.113.0/24', Link=link.path)]
    since = len(client.events)
    link.set(Up=False)
    removed = {event.args[0] for event in client.events[since:]
               if event.member == 'InterfacesRemoved'}
    assert {route.path for route in routes} <= removed
    same_as_kernel(blue, 'blue')


def test_routes_go_silently_by_ip(client, blue, link, same_as_kernel):
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    since = len(client.events)
    kernel.ip('link', 'set', 'v0', 'down', ns='blue')
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == route.path, since=since)
    same_as_kernel(blue, 'blue')


def test_routes_go_silently_with_the_address(client, blue, link, same_as_kernel):
    """Those that prefer the address as their source, and those behind its network."""
    second = link.add_address('203.0.113.1/24')
    routes = [blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9',
                             PreferredSource='203.0.113.1'),
              blue.add_route(Destination='10.0.0.0/8', Gateway='203.0.113.9')]
    since = len(client.events)
    second.delete()
    removed = {event.args[0] for event in client.events[since:]
               if event.member == 'InterfacesRemoved'}
    assert routes[0].path in removed
    same_as_kernel(blue, 'blue')


def test_carrier_marks_routes(client, blue, link, same_as_kernel):
    """The other end goes down: the flag linkdown appears without a route message."""
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    blue.link('v1').set(Up=False)
    client.wait_signal(lambda event: event.path == route.path
                       and 'linkdown' in (event.args[1].get('Flags', []) if event.args else []),
                       'linkdown')
    same_as_kernel(blue, 'blue')
    blue.link('v1').set(Up=True)
    same_as_kernel(blue, 'blue')


def test_route_count(blue, link):
    before = blue.get('RouteCount')
    assert before == len(kernel.routes('blue'))
    blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    assert blue.get('RouteCount') == before + 1


UNREACHABLE = [
    {'Destination': '198.51.100.0/24', 'Gateway': '203.0.113.1'},
    {'Destination': '2001:db8:1::/48', 'Gateway': '2001:db8:99::1'},
]
BAD = [
    ({}, 'Destination'), ({'Destination': ''}, 'Destination'),
    ({'Destination': 'nonsense', 'Gateway': '192.0.2.9'}, 'Destination'),
    ({'Destination': '198.51.100.7/24', 'Gateway': '192.0.2.9'}, 'Destination'),
    ({'Destination': '198.51.100.0/33', 'Gateway': '192.0.2.9'}, 'Destination'),
    ({'Destination': '2001:db8:1::7/48', 'Gateway': '2001:db8::9'}, 'Destination'),
    ({'Destination': 'default', 'Gateway': 'x'}, 'Gateway|Family'),
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.999'}, 'Gateway'),
    ({'Destination': '198.51.100.0/24', 'Family': 'inet6', 'Link': LINK}, 'Family|Destination'),
    ({'Destination': '198.51.100.0/24', 'Family': 'nonsense', 'Link': LINK}, 'Family'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Type': 'nonsense'}, 'Type'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Scope': 'nonsense'}, 'Scope'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Protocol': 'nonsense'}, 'Protocol'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Flags': ['nonsense']}, 'Flags'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Metrics': {'nonsense': 1}}, 'Metrics'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'PreferredSource': 'x'},
     'PreferredSource'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'PreferredSource': '198.51.100.200'},
     'PreferredSource|prefsrc'),    # the kernel has a text for this one, and names no attribute
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Preference': 'nonsense'}, 'Preference'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK,
      'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'),
    ({'Destination': '198.51.100.0/24', 'Link': GLib.Variant('s', 'v0')}, 'Link'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Table': GLib.Variant('i', -1)}, 'Table'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Metric': GLib.Variant('s', '1')},
     'Metric'),
]


@pytest.mark.parametrize('values,word', BAD, ids=[str(v)[:70] for v, _w in BAD])
def test_bad_input(blue, link, same_as_kernel, values, word):
    """Refused, the key is named, nothing has changed."""
    before = kernel.routes('blue')
    with refused(contract.INVALID_ARGS, word):
        blue.add_route(**fill(values, link))
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('values', UNREACHABLE, ids=str)
def test_gateway_out_of_reach(blue, link, values):
    with refused(contract.UNREACHABLE, values['Destination'], 'blue'):
        blue.add_route(**values)


def test_link_that_is_down(blue, link):
    link.set(Up=False)
    with refused(contract.UNREACHABLE, '198.51.100.0/24'):
        blue.add_route(Destination='198.51.100.0/24', Link=link.path)


def test_link_of_another_namespace(blue, red, link):
    other = red.create_link('v0', 'veth', Up=True)
    with refused(contract.INVALID_ARGS, 'Link'):
        blue.add_route(Destination='198.51.100.0/24', Link=other.path)


def test_link_that_is_gone(blue, link):
    with refused(contract.NOT_FOUND, '198.51.100.0/24', 'Link|link|No such device'):
        blue.add_route(Destination='198.51.100.0/24', Link=f'{blue.path}/link/999')


def test_properties_are_read_only(blue, link):
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    for name, kind in contract.ROUTE_PROPERTIES.items():
        with refused(contract.READ_ONLY, name):
            route.write(name, GLib.Variant(kind, [] if kind == 'aa{sv}' else route.get(name)))
