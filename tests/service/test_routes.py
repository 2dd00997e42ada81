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
    ({'Destination': '198.51.100.0/24', 'Gateway': '192.0.2.9', 'Source': '', 'Expires': 0,
      'Preference': ''}, {}),
    ({'Destination': '2001:db8:1::/48', 'Gateway': '2001:db8::9', 'Scope': 'global', 'Tos': 0},
     {}),
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


@pytest.mark.parametrize('verb', ['add', 'del'])
def test_route_count_while_others_are_busy(blue, link, verb):
    """Others change much at once, at which the daemon looks with rests; but a question has an
    answer of now."""
    lines = [f'route add 20.0.{n >> 8}.{n & 255} via 192.0.2.9' for n in range(4000)]
    if verb == 'del':
        kernel.batch(lines, 'blue')
        lines = [line.replace('add', 'del', 1) for line in lines]
    before = blue.get('RouteCount')
    for first in range(0, 4000, 400):
        kernel.batch(lines[first:first + 400], 'blue')
        changed = first + 400 if verb == 'add' else -first - 400
        assert blue.get('RouteCount') == before + changed


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
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Source': '10.99.0.0/16'}, 'Source'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Preference': 'high'}, 'Preference'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Expires': 60}, 'Expires'),
    ({'Destination': '2001:db8:1::/48', 'Link': LINK, 'Scope': 'link'}, 'Scope'),
    ({'Destination': '2001:db8:1::/48', 'Link': LINK, 'Tos': 16}, 'Tos'),
    ({'Destination': '198.51.100.0/24', 'Link': LINK, 'Flags': ['pervasive']}, 'Flags'),
    ({'Destination': '198.51.100.0/24', 'NextHops': GLib.Variant('aa{sv}', [
        {'Gateway': GLib.Variant('s', '192.0.2.9'),
         'Flags': GLib.Variant('as', ['pervasive'])}])}, 'NextHops.*Flags'),
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


# Of each type what kernel and ip(8) have for one of each family.
ALL_TYPES = ['unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable',
             'prohibit', 'throw']
NETWORK = {'inet': '198.51.100.0/24', 'inet6': '2001:db8:1::/48'}
GATEWAY = {'inet': '192.0.2.9', 'inet6': '2001:db8::9'}


@pytest.mark.parametrize('family', NETWORK)
@pytest.mark.parametrize('kind', ALL_TYPES)
def test_types(blue, link, same_as_kernel, kind, family):
    """Where ip(8) puts them."""
    device = {'Link': link.path} if ALL_TYPES.index(kind) < 5 else {}
    words = (kind, NETWORK[family], *(['dev', 'v0'] if device else []))
    before = kernel.routes('blue')
    kernel.ip('-4' if family == 'inet' else '-6', 'route', 'add', *words, ns='blue')
    by_ip = kernel.routes('blue')
    same_as_kernel(blue, 'blue')
    kernel.ip('-4' if family == 'inet' else '-6', 'route', 'del', *words, ns='blue')
    same_as_kernel(blue, 'blue')
    route = blue.add_route(Destination=NETWORK[family], Type=kind, **device)
    assert kernel.routes('blue') == by_ip
    assert route.get('Type') == kind
    same_as_kernel(blue, 'blue')
    route.delete()
    assert kernel.routes('blue') == before


@pytest.mark.parametrize('family', NETWORK)
@pytest.mark.parametrize('table', [1, 252, 253, 254, 255, 256, 4294967295])
def test_tables(blue, link, same_as_kernel, table, family):
    route = blue.add_route(Destination=NETWORK[family], Gateway=GATEWAY[family], Table=table)
    assert route.get('Table') == table
    same_as_kernel(blue, 'blue')
    route.delete()
    same_as_kernel(blue, 'blue')


METRICS = {'mtu': 1400, 'window': 1000, 'rtt': 80, 'rttvar': 40, 'ssthresh': 5, 'cwnd': 6,
           'advmss': 1300, 'reordering': 7, 'hoplimit': 8, 'initcwnd': 9, 'features': 1,
           'rto_min': 200, 'initrwnd': 11, 'quickack': 1, 'fastopen_no_cookie': 1, 'lock': 1 << 2}
# ip(8) prints "rtt" and "rttvar" in milliseconds, and "features" and "lock" in other words.
SHOWN = {name: value for name, value in METRICS.items() if name not in ('features', 'lock')}
SHOWN.update(rtt=10, rttvar=10, ecn=None)


@pytest.mark.parametrize('family', NETWORK)
@pytest.mark.parametrize('name', METRICS)
def test_each_metric(blue, link, name, family):
    route = blue.add_route(Destination=NETWORK[family], Gateway=GATEWAY[family],
                           Metrics={name: METRICS[name]})
    assert route.get('Metrics') == {name: METRICS[name]}
    shown = kernel.ip('-4' if family == 'inet' else '-6', 'route', 'show', NETWORK[family],
                      ns='blue')
    word = {'features': 'ecn', 'lock': 'mtu lock'}.get(name, name)
    assert word in shown
    route.delete()
    assert not blue.routes(Destination=NETWORK[family])


@pytest.mark.parametrize('family', NETWORK)
def test_all_metrics(blue, link, family):
    route = blue.add_route(Destination=NETWORK[family], Gateway=GATEWAY[family], Metrics=METRICS)
    assert route.get('Metrics') == METRICS
    shown = kernel.ip_json('-4' if family == 'inet' else '-6', 'route', 'show', NETWORK[family],
                           ns='blue')
    assert shown[0]['metrics'][0].items() <= SHOWN.items()
    route.delete()
    assert not blue.routes(Destination=NETWORK[family])


def test_congestion_control_is_not_lost(blue, link):
    """It is a name, which Metrics cannot have; deleting the route tells it nevertheless."""
    for name in ('reno', 'cubic'):
        kernel.ip('route', 'append', NETWORK['inet'], 'via', '192.0.2.9', 'congctl', name,
                  ns='blue')
    blue.client.settle(lambda: len(blue.routes(Destination=NETWORK['inet'])) == 2, 'both')
    blue.routes(Destination=NETWORK['inet'])[0].delete()
    assert len(kernel.ip_json('route', 'show', NETWORK['inet'], ns='blue')) == 1
    blue.routes(Destination=NETWORK['inet'])[0].delete()
    assert not kernel.ip_json('route', 'show', NETWORK['inet'], ns='blue')


def test_bad_metrics(blue, link):
    with refused(contract.INVALID_ARGS, 'Metrics'):
        blue.add_route(Destination=NETWORK['inet'], Link=link.path, Metrics={'features': 1 << 9})
    with refused(contract.INVALID_ARGS, 'Metrics.*congctl'):
        blue.add_route(Destination=NETWORK['inet'], Link=link.path, Metrics={'congctl': 1})


def test_source_routing(blue, link, same_as_kernel):
    """One destination, and a way for each network of senders."""
    routes = [blue.add_route(Destination='2001:db8:1::/48', Source=source,
                             Gateway=f'2001:db8::{last}')
              for source, last in (('2001:db8:a::/64', 7), ('2001:db8:b::/64', 8),
                                   ('2001:db8:b::7/128', 9), ('', 10))]
    assert [route.get('Source') for route in routes] == [
        '2001:db8:a::/64', '2001:db8:b::/64', '2001:db8:b::7/128', '']
    same_as_kernel(blue, 'blue')
    routes[1].delete()
    assert {route.get('Gateway') for route in blue.routes(Destination='2001:db8:1::/48')} == {
        '2001:db8::7', '2001:db8::9', '2001:db8::10'}
    same_as_kernel(blue, 'blue')
    with refused(contract.INVALID_ARGS, 'Source'):
        blue.add_route(Destination='2001:db8:1::/48', Source='10.0.0.0/8', Gateway='2001:db8::9')


@pytest.mark.parametrize('word', ['low', 'medium', 'high'])
def test_preference(blue, link, same_as_kernel, word):
    route = blue.add_route(Destination='2001:db8:1::/48', Gateway='2001:db8::9', Preference=word)
    assert route.get('Preference') == word
    same_as_kernel(blue, 'blue')


def test_expiry(client, blue, link, same_as_kernel):
    """Its object goes when the kernel takes it away; another one gets more time."""
    soon = blue.add_route(Destination='2001:db8:1::/48', Gateway='2001:db8::9', Expires=1)
    late = blue.add_route(Destination='2001:db8:2::/48', Gateway='2001:db8::9', Expires=300)
    assert 0 < soon.get('Expires') <= 1 and 298 <= late.get('Expires') <= 300
    same_as_kernel(blue, 'blue')
    again = blue.add_route(Destination='2001:db8:2::/48', Gateway='2001:db8::9', Expires=600,
                           Mode='replace')
    assert again.path == late.path and 598 <= late.get('Expires') <= 600
    since = len(client.events)
    # The kernel looks for what has expired when it must, or every 30 seconds.
    kernel.run('nsenter', '--net=/run/netns/blue', 'sysctl', '-q', '-w',
               'net.ipv6.route.gc_interval=1')
    client.settle(lambda: 'expires' not in str(kernel.ip_json(
        '-6', 'route', 'show', '2001:db8:1::/48', ns='blue')) or collect(),
                  'the end of the route', 20)
    client.settle(lambda: not soon.exists(), 'the end of its object')
    assert [event for event in client.events[since:] if event.member == 'InterfacesRemoved'
            and event.args[0] == soon.path]
    same_as_kernel(blue, 'blue')


def collect():
    """Ask the kernel to look now for routes that have expired."""
    kernel.run('nsenter', '--net=/run/netns/blue', 'sysctl', '-q', '-w', 'net.ipv6.route.flush=1')


@pytest.mark.parametrize('family', NETWORK)
def test_next_hops(blue, link, same_as_kernel, family):
    """Weights, flags, links, and gateways of either family."""
    far = {'inet': '203.0.113.9', 'inet6': '2001:db8:99::9'}[family]
    hops = [{'Gateway': GLib.Variant('s', GATEWAY[family]), 'Weight': GLib.Variant('u', 256)},
            {'Gateway': GLib.Variant('s', far), 'Link': GLib.Variant('o', link.path),
             'Flags': GLib.Variant('as', ['onlink'])},
            {'Gateway': GLib.Variant('s', '2001:db8::7'), 'Link': GLib.Variant('o', link.path)}]
    route = blue.add_route(Destination=NETWORK[family], NextHops=GLib.Variant('aa{sv}', hops))
    shown = route.get('NextHops')
    assert [(hop['Gateway'], hop['Weight'], hop['Flags'], hop['Link']) for hop in shown] == [
        (GATEWAY[family], 256, [], link.path), (far, 1, ['onlink'], link.path),
        ('2001:db8::7', 1, [], link.path)]
    same_as_kernel(blue, 'blue')
    route.delete()
    assert not blue.routes(Destination=NETWORK[family])
    same_as_kernel(blue, 'blue')


def test_many_next_hops(blue, link, same_as_kernel):
    """As many as a request has room for, and no more."""
    def several(number):
        return GLib.Variant('aa{sv}', [{'Gateway': GLib.Variant('s', f'192.0.2.{last}')}
                                       for last in range(2, 2 + number)])
    route = blue.add_route(Destination=NETWORK['inet'], NextHops=several(200))
    assert len(route.get('NextHops')) == 200
    same_as_kernel(blue, 'blue')
    route.delete()
    with refused(contract.INVALID_ARGS, 'NextHops'):
        blue.add_route(Destination=NETWORK['inet'],
                       NextHops=GLib.Variant('aa{sv}', [{'Gateway': GLib.Variant(
                           's', '192.0.2.9')}] * 1000))
    assert not blue.routes(Destination=NETWORK['inet'])


def test_mode_append_joins_ipv6(blue, link, same_as_kernel):
    """Routes that differ in the gateway alone are one with several next hops, and go at once."""
    for last in (7, 8, 9):
        made = blue.add_route(Destination=NETWORK['inet6'], Gateway=f'2001:db8::{last}',
                              Mode='append')
        assert [made] == blue.routes(Destination=NETWORK['inet6'])
    route = blue.routes(Destination=NETWORK['inet6'])
    assert [sorted(hop['Gateway'] for hop in found.get('NextHops')) for found in route] == [
        ['2001:db8::7', '2001:db8::8', '2001:db8::9']]
    same_as_kernel(blue, 'blue')
    route[0].delete()
    assert not blue.routes(Destination=NETWORK['inet6'])
    same_as_kernel(blue, 'blue')


def test_next_hops_of_several_protocols(blue, link, same_as_kernel):
    """The kernel shows one of them; all go with the route."""
    kernel.batch([f'route append {NETWORK["inet6"]} via 2001:db8::{last} proto {last}'
                  for last in (7, 8, 9)], 'blue')
    route, = blue.routes(Destination=NETWORK['inet6'])
    route.delete()
    assert not [data for _family, data in kernel.routes('blue') if data['dst'] == NETWORK['inet6']]
    same_as_kernel(blue, 'blue')


def hop(last, weight):
    return {'Gateway': GLib.Variant('s', f'192.0.2.{last}'), 'Weight': GLib.Variant('u', weight)}


HOPS, OTHER_HOPS = [GLib.Variant('aa{sv}', [hop(7, 1), hop(8, weight)]) for weight in (1, 2)]

# Two that differ in little; the first replaced by itself, or joined, is the one that is told.
TWINS = [
    ('replace', {'Gateway': '192.0.2.9'}, {'Gateway': '192.0.2.9', 'Metric': 100}, {}),
    ('replace', {'Link': LINK}, {'Link': LINK, 'PreferredSource': '192.0.2.1'}, {}),
    ('replace', {'Link': LINK}, {'Link': LINK, 'Metrics': {'mtu': 1400}}, {}),
    ('replace', {'Link': LINK, 'Metrics': {'mtu': 70000}}, {'Link': LINK}, {}),
    ('replace', {'NextHops': HOPS}, {'NextHops': OTHER_HOPS}, {}),
    ('append', {'Gateway': '2001:db8::9'}, {'Gateway': '2001:db8::8', 'Metric': 50},
     {'Gateway': '2001:db8::8'}),
    ('append', {'Gateway': '2001:db8::9', 'Metric': 1024}, {'Gateway': '2001:db8::8', 'Metric': 5},
     {'Gateway': '2001:db8::8', 'Metric': 0}),
]


@pytest.mark.parametrize('mode,values,twin,again', TWINS, ids=str)
def test_the_path_of_this_route(blue, link, same_as_kernel, mode, values, twin, again):
    """Of several pairs, since an arbitrary one of two would often be the right one."""
    for number in range(8):
        network = (f'2001:db8:{number + 1}::/48' if '2001' in str(values) else
                   f'10.7.{number}.0/24')
        first, second = [blue.add_route(Destination=network, Mode='append', **fill(some, link))
                         for some in (values, twin)]
        made = blue.add_route(Destination=network, Mode=mode, **fill(again or values, link))
        assert made == first or again
        left = {route.path for route in blue.routes(Destination=network)}
        assert left == {made.path, second.path}
        assert made != second
    same_as_kernel(blue, 'blue')


# Routes to one destination that are made one after the other, and may be taken for each other.
GROUPS = {
    'metrics': [{'Metrics': {'mtu': 1400}}, {}, {'Metrics': {'mtu': 1400, 'window': 10}}],
    'metric': [{'Metric': 5}, {'Metric': 0}, {'Metric': 7}],
    'types': [{'Type': 'blackhole', 'Metric': 1}, {'Type': 'throw', 'Metric': 1},
              {'Metric': 1, 'Link': LINK}],
    'ways': [{'Gateway': '192.0.2.9'}, {'Link': LINK}, {'Gateway': '2001:db8::9', 'Link': LINK}],
    'protocol': [{'Link': LINK, 'Protocol': 'static'}, {'Link': LINK, 'Protocol': 'boot'}],
    'prefsrc': [{'Link': LINK}, {'Link': LINK, 'PreferredSource': '192.0.2.1'}],
    'ipv6 gateway': [{'Gateway': '2001:db8::9'}, {'Link': LINK}],
    'ipv6 metric': [{'Gateway': '2001:db8::9'}, {'Gateway': '2001:db8::9', 'Metric': 5}],
    'ipv6 protocol': [{'Gateway': '2001:db8::9', 'Metric': 5, 'Protocol': 'static'},
                      {'Link': LINK, 'Metric': 5}],
}


@pytest.mark.parametrize('group,victim', [(name, number) for name, group in GROUPS.items()
                                          for number in range(len(group))])
def test_delete_among_similar_ones(blue, link, same_as_kernel, group, victim):
    destination = NETWORK['inet6' if group.startswith('ipv6') else 'inet']
    routes = []
    for values in GROUPS[group]:
        values = {'Gateway': '192.0.2.9', **values} if group.startswith('met') else values
        routes.append(blue.add_route(Destination=destination, Mode='append', **fill(values, link)))
    assert len({route.path for route in routes}) == len(routes)
    same_as_kernel(blue, 'blue')
    routes[victim].delete()
    left = {route.path for route in blue.routes(Destination=destination)}
    assert left == {route.path for route in routes} - {routes[victim].path}
    same_as_kernel(blue, 'blue')


# Of these the kernel takes the first for the second, which it cannot be told more of.
CONFUSED = {
    'prefsrc': [{'Link': LINK, 'PreferredSource': '192.0.2.1'}, {'Link': LINK}],
    'onlink': [{'Gateway': '192.0.2.9', 'Link': LINK, 'Flags': ['onlink']},
               {'Gateway': '192.0.2.9', 'Link': LINK}],
    'encapsulation': [{'Link': LINK, 'Encapsulation': {'Type': GLib.Variant('s', 'ip')}},
                      {'Link': LINK}],
    'first hop': [{'NextHops': HOPS}, {'Gateway': '192.0.2.7'}],
    'weights': [{'NextHops': HOPS}, {'NextHops': OTHER_HOPS}],
    'ipv6 encapsulation': [{'Link': LINK, 'Encapsulation': {'Type': GLib.Variant('s', 'ip')}},
                           {'Link': LINK}],
}


@pytest.mark.parametrize('group', CONFUSED)
def test_delete_would_take_another(blue, link, same_as_kernel, group):
    """Refused, and nothing has changed; the first can go, and then the second can."""
    destination = NETWORK['inet6' if group.startswith('ipv6') else 'inet']
    first, second = [blue.add_route(Destination=destination, Mode='append', **fill(values, link))
                     for values in CONFUSED[group]]
    before = kernel.routes('blue')
    with refused(contract.NOT_SUPPORTED, f'Cannot delete route {destination} in namespace blue',
                 'another route'):
        second.delete()
    assert kernel.routes('blue') == before
    first.delete()
    assert blue.routes(Destination=destination) == [second]
    second.delete()
    assert not blue.routes(Destination=destination)
    same_as_kernel(blue, 'blue')
