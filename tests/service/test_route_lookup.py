"""GetRouteTo: the kernel's answer, beside that of `ip route get`."""

import pytest

from support import contract, expected, kernel
from support.bus import refused
from support.contract import GLib


@pytest.fixture
def link(blue):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    blue.add_route(Destination='0.0.0.0/0', Gateway='192.0.2.9', Metrics={'mtu': 1400})
    blue.add_route(Destination='::/0', Gateway='2001:db8::9')
    blue.add_route(Destination='10.0.0.0/8', Gateway='192.0.2.10', Tos=16)
    blue.add_route(Destination='0.0.0.0/0', Gateway='192.0.2.11', Table=77)
    blue.add_route(Destination='::/0', Gateway='2001:db8::11', Table=77)
    for condition in (('fwmark', '7'), ('uidrange', '5-5'), ('ipproto', '6', 'dport', '80')):
        kernel.ip('-6', 'rule', 'add', *condition, 'lookup', '77', ns='blue')
    kernel.ip('rule', 'add', 'fwmark', '7', 'lookup', '77', ns='blue')
    kernel.ip('rule', 'add', 'uidrange', '5-5', 'lookup', '77', ns='blue')
    kernel.ip('rule', 'add', 'ipproto', '6', 'dport', '80', 'lookup', '77', ns='blue')
    return link


LOOKUPS = [
    ('198.51.100.1', {}, []), ('192.0.2.50', {}, []), ('192.0.2.1', {}, []),
    ('127.0.0.1', {}, []), ('10.1.1.1', {}, []), ('10.1.1.1', {'Tos': 16}, ['tos', '0x10']),
    ('198.51.100.1', {'Source': '192.0.2.1'}, ['from', '192.0.2.1']),
    ('198.51.100.1', {'Mark': 7}, ['mark', '7']), ('198.51.100.1', {'Uid': 5}, ['uid', '5']),
    ('198.51.100.1', {'Protocol': GLib.Variant('s', 'tcp'), 'DestinationPort': 80,
                      'SourcePort': 1000}, ['ipproto', '6', 'sport', '1000', 'dport', '80']),
    ('198.51.100.1', {'Protocol': GLib.Variant('s', '6'), 'DestinationPort': 81},
     ['ipproto', '6', 'dport', '81']),
    ('2001:db8::5', {}, []), ('2001:db8:77::5', {}, []), ('::1', {}, []),
    ('2001:db8:77::5', {'Mark': 7}, ['mark', '7']), ('2001:db8:77::5', {'Uid': 5}, ['uid', '5']),
    ('2001:db8:77::5', {'Source': '2001:db8::1'}, ['from', '2001:db8::1']),
    ('2001:db8:77::5', {'Tos': 16}, ['tos', '0x10']),
    ('2001:db8:77::5', {'Protocol': GLib.Variant('s', 'tcp'), 'DestinationPort': 80,
                        'SourcePort': 1000}, ['ipproto', '6', 'sport', '1000', 'dport', '80']),
    ('2001:db8:77::5', {'Protocol': GLib.Variant('s', 'udp'), 'SourcePort': 1000},
     ['ipproto', '17', 'sport', '1000']),
]


@pytest.mark.parametrize('destination,options,words', LOOKUPS, ids=[
    f'{d} {" ".join(w)}' for d, _o, w in LOOKUPS])
def test_same_as_ip(blue, link, destination, options, words):
    answer = blue.route_to(destination, **options)
    shown = kernel.ip_json('route', 'get', destination, *words, ns='blue')[0]
    world = expected.World(blue.path, kernel.links('blue'))
    family = 'inet6' if ':' in destination else 'inet'
    assert answer['Family'] == family
    assert answer.get('Gateway', '') == expected.gateway(shown)
    assert answer['Link'] == world.link_path(shown['dev'])
    assert answer.get('PreferredSource', '') == shown.get('prefsrc', '')
    assert answer['Type'] == shown.get('type', 'unicast')
    if 'table' in shown:
        assert answer['Table'] == expected.table(shown)
    metrics = {k: v for entry in shown.get('metrics', []) for k, v in entry.items()}
    assert answer.get('Metrics', {}) == metrics


def test_output_link(blue, link):
    other = blue.create_link('w0', 'veth', Peer={'Name': 'w1', 'Up': True}, Up=True)
    answer = blue.route_to('198.51.100.1', OutputLink=other.path)
    assert answer['Link'] == other.path


def test_input_link(blue, link):
    """As if it had come in: needs forwarding, so for the local address here."""
    answer = blue.route_to('192.0.2.1', InputLink=link.path, Source='192.0.2.77')
    assert answer['Type'] == 'local'


@pytest.mark.parametrize('destination,source,gateway', [
    ('198.51.100.1', '192.0.2.77', '192.0.2.9'),
    ('2001:db8:77::5', '2001:db8::77', '2001:db8::9')])
def test_forwarded(blue, link, destination, source, gateway):
    """As if it had come in, for somebody else, where packets are forwarded."""
    for name in ('ipv4.ip_forward', 'ipv6.conf.all.forwarding'):
        kernel.run('nsenter', '--net=/run/netns/blue', 'sysctl', '-q', '-w', f'net.{name}=1')
    answer = blue.route_to(destination, InputLink=link.path, Source=source)
    assert (answer['Gateway'], answer['Link']) == (gateway, link.path)


def test_encapsulated(blue, link):
    """With the next hop, and by a next hop object."""
    number = blue.call('AddNextHop', '(a{sv})', {
        'Gateway': GLib.Variant('s', '192.0.2.9'), 'Link': GLib.Variant('o', link.path),
        'Encapsulation': GLib.Variant('a{sv}', {'Type': GLib.Variant('s', 'ip'),
                                                'Id': GLib.Variant('t', 5)})})
    blue.add_route(Destination='203.0.113.0/24', NextHopId=number)
    answer = blue.route_to('203.0.113.1')
    assert answer['Gateway'] == '192.0.2.9'
    assert (answer['Encapsulation']['Type'], answer['Encapsulation']['Id']) == ('ip', 5)


def test_types_are_those_of_route(client, blue, link):
    reply, _fds = client.call_raw(blue.path, contract.NAMESPACE, 'GetRouteTo',
                                  GLib.Variant('(sa{sv})', ('198.51.100.1', {})))
    answer = reply.get_child_value(0)
    for number in range(answer.n_children()):
        entry = answer.get_child_value(number)
        name = entry.get_child_value(0).get_string()
        kind = entry.get_child_value(1).get_variant().get_type_string()
        assert kind == contract.ROUTE_PROPERTIES[name]


def test_no_route(red):
    with refused(contract.UNREACHABLE, '198.51.100.1', 'red'):
        red.route_to('198.51.100.1')


def test_blackhole(blue, link):
    blue.add_route(Destination='203.0.113.0/24', Type='unreachable')
    with refused(contract.UNREACHABLE, '203.0.113.1'):
        blue.route_to('203.0.113.1')


@pytest.mark.parametrize('destination,options', [
    ('', {}), ('nonsense', {}), ('192.0.2.0/24', {}), ('198.51.100.1', {'Source': '::1'}),
    ('198.51.100.1', {'Source': 'x'}), ('198.51.100.1', {'Nonsense': GLib.Variant('s', 'x')}),
    ('198.51.100.1', {'Mark': GLib.Variant('s', '7')}),
    ('198.51.100.1', {'OutputLink': '/nonsense'}),
    ('198.51.100.1', {'Protocol': GLib.Variant('s', 'nonsense')})], ids=str)
def test_bad_input(blue, link, destination, options):
    with refused(contract.INVALID_ARGS):
        blue.route_to(destination, **options)


def test_link_that_is_gone(blue, link):
    with refused(contract.NOT_FOUND):
        blue.route_to('198.51.100.1', OutputLink=f'{blue.path}/link/999')


def test_anybody_may_ask(blue, link, user):
    reply = user('nobody').call(blue.path, contract.NAMESPACE, 'GetRouteTo',
                                GLib.Variant('(sa{sv})', ('198.51.100.1', {})))
    assert reply.unpack()[0]['Gateway'] == '192.0.2.9'
