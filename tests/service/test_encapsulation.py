"""Encapsulation of routes and of their next hops, beside what ip(8) shows and makes."""

import functools
import subprocess

import pytest

from support import contract, kernel
from support.bus import refused
from support.caller import Failure
from support.contract import GLib
from support.workbench import may_lack

KEYS = {
    'Type': 's', 'Id': 't', 'Destination': 's', 'Source': 's', 'Ttl': 'y', 'Tos': 'y',
    'HopLimit': 'y', 'TrafficClass': 'y', 'Flags': 'as', 'Mode': 's', 'Segments': 'as',
    'Hmac': 'u', 'Action': 's', 'Table': 'u', 'VrfTable': 'u', 'Nh4': 's', 'Nh6': 's',
    'InputLink': 'o', 'OutputLink': 'o'}
NETWORK = {'inet': '198.51.100.0/24', 'inet6': '2001:db8:1::/48'}
PACKET = "import socket; socket.socket(10, 2).sendto(b'x', ('2001:db8:1::1', 9))"
# What makes the kernel know each type, for ip(8); of those that not every kernel has.
PROBES = {
    'mpls': 'encap mpls 100', 'seg6': 'encap seg6 mode encap segs fc00::1',
    'seg6local': 'encap seg6local action End',
    'ip': 'encap ip id 1', 'ip6': 'encap ip6 id 1'}


@functools.cache
def has_encapsulation(name):
    words = f'ip link set lo up; ip -6 route add 2001:db8::/32 {PROBES[name]} dev lo'
    done = subprocess.run(['unshare', '--net', 'sh', '-c', words], capture_output=True, text=True,
                          check=False)
    return 'not supported' not in done.stderr


def need(name):
    """Skip the test on a kernel without the type; tests/harness/sum-results knows this reason."""
    if has_encapsulation(name):
        return
    reason = f'the kernel has no encapsulation {name}'
    if not may_lack(reason):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def link(blue, settled):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    settled('blue')
    return link


def pack(values, link):
    """An encapsulation as the bus takes it; "@v0" is the path of the link."""
    return {key: value if isinstance(value, GLib.Variant)
            else GLib.Variant(KEYS[key], link.path if value == '@v0' else value)
            for key, value in values.items()}


def add(blue, link, values, family='inet6', **more):
    return blue.add_route(Destination=NETWORK[family], Link=link.path,
                          Encapsulation=pack(values, link), **more)


def by_nobody(user, blue, link, values):
    """The error that a caller gets who may not add routes."""
    with pytest.raises(Failure) as failure:
        user('nobody').call(blue.path, contract.NAMESPACE, 'AddRoute', GLib.Variant('(a{sv})', ({
            'Destination': GLib.Variant('s', NETWORK['inet6']),
            'Link': GLib.Variant('o', link.path),
            'Encapsulation': GLib.Variant('a{sv}', pack(values, link))},)))
    return failure.value.name


# The encapsulation, and the words of ip(8) that make the same one.
IP_WORDS = 'encap ip id 5 src 10.0.0.2 dst 10.0.0.1 ttl 3 tos 4 csum seq key'
IP6_WORDS = 'encap ip6 id 5 src ::6 dst ::5 hoplimit 3 tc 4 key'
CASES = [
    ({'Type': 'ip', 'Id': 5, 'Destination': '10.0.0.1', 'Source': '10.0.0.2', 'Ttl': 3, 'Tos': 4,
      'Flags': ['key', 'csum', 'seq']}, IP_WORDS),
    ({'Type': 'ip', 'Id': 2**40, 'Destination': '10.0.0.1'}, f'encap ip id {2**40} dst 10.0.0.1'),
    ({'Type': 'ip6', 'Id': 5, 'Destination': '::5', 'Source': '::6', 'HopLimit': 3,
      'TrafficClass': 4, 'Flags': ['key']}, IP6_WORDS),
    ({'Type': 'mpls', 'Destination': '100'}, 'encap mpls 100'),
    ({'Type': 'mpls', 'Destination': '100/200/1048575'}, 'encap mpls 100/200/1048575'),
    ({'Type': 'mpls', 'Destination': '100', 'Ttl': 7}, 'encap mpls 100 ttl 7'),
    ({'Type': 'seg6', 'Mode': 'encap', 'Segments': ['fc00::1', 'fc00::2']},
     'encap seg6 mode encap segs fc00::1,fc00::2'),
    ({'Type': 'seg6', 'Segments': ['fc00::1']}, 'encap seg6 mode encap segs fc00::1'),
    ({'Type': 'seg6', 'Mode': 'inline', 'Segments': ['fc00::1', 'fc00::2', 'fc00::3']},
     'encap seg6 mode inline segs fc00::1,fc00::2,fc00::3'),
    ({'Type': 'seg6', 'Mode': 'l2encap', 'Segments': ['fc00::1']},
     'encap seg6 mode l2encap segs fc00::1'),
    ({'Type': 'seg6', 'Mode': 'encap.red', 'Segments': ['fc00::1']},
     'encap seg6 mode encap.red segs fc00::1'),
    ({'Type': 'seg6', 'Mode': 'l2encap.red', 'Segments': ['fc00::1']},
     'encap seg6 mode l2encap.red segs fc00::1'),
    ({'Type': 'seg6', 'Mode': 'encap', 'Segments': ['fc00::1'], 'Hmac': 7},
     'encap seg6 mode encap segs fc00::1 hmac 7'),
    ({'Type': 'seg6local', 'Action': 'End'}, 'encap seg6local action End'),
    ({'Type': 'seg6local', 'Action': 'End.X', 'Nh6': 'fc00::2'},
     'encap seg6local action End.X nh6 fc00::2'),
    ({'Type': 'seg6local', 'Action': 'End.T', 'Table': 7}, 'encap seg6local action End.T table 7'),
    ({'Type': 'seg6local', 'Action': 'End.DX2', 'OutputLink': '@v0'},
     'encap seg6local action End.DX2 oif v0'),
    ({'Type': 'seg6local', 'Action': 'End.DX4', 'Nh4': '10.0.0.1'},
     'encap seg6local action End.DX4 nh4 10.0.0.1'),
    ({'Type': 'seg6local', 'Action': 'End.DX6', 'Nh6': ''},
     'encap seg6local action End.DX6 nh6 ::'),
    ({'Type': 'seg6local', 'Action': 'End.DT6', 'Table': 254},
     'encap seg6local action End.DT6 table main'),
    ({'Type': 'seg6local', 'Action': 'End.B6', 'Segments': ['fc00::1', 'fc00::2']},
     'encap seg6local action End.B6 srh segs fc00::1,fc00::2'),
    ({'Type': 'seg6local', 'Action': 'End.B6.Encaps', 'Segments': ['fc00::1'], 'Hmac': 7},
     'encap seg6local action End.B6.Encaps srh segs fc00::1 hmac 7'),
]
IN_BOTH = [case for case in CASES if case[0]['Type'] in ('ip', 'ip6', 'mpls')
           or (case[0]['Type'] == 'seg6' and case[0].get('Mode') != 'inline')]


def show(name, family):
    """The encapsulation that ip(8) shows of the route."""
    data = kernel.ip_json('-4' if family == 'inet' else '-6', 'route', 'show', NETWORK[family],
                          ns=name)
    return data[0].get('encap')


@pytest.mark.parametrize('family,values,words', [('inet6', *case) for case in CASES]
                         + [('inet', *case) for case in IN_BOTH],
                         ids=lambda value: str(value)[:60])
def test_written_and_read(blue, link, same_as_kernel, family, values, words):
    """As ip(8) makes it with the same words, and shown alike by both, whoever made it."""
    need(values['Type'])
    before = kernel.routes('blue')
    kernel.ip(*(('-6',) if family == 'inet6' else ()), 'route', 'add', NETWORK[family],
              *words.split(), 'dev', 'v0', ns='blue')
    made_by_ip = show('blue', family)
    same_as_kernel(blue, 'blue')
    by_ip = blue.routes(Destination=NETWORK[family])[0]
    shown = by_ip.get('Encapsulation')
    assert {key: link.path if value == '@v0' else value for key, value in values.items()
            if key != 'Flags'}.items() <= {k: v for k, v in shown.items() if k != 'Flags'}.items()
    assert sorted(values.get('Flags', [])) == sorted(shown.get('Flags', []))
    by_ip.delete()
    assert kernel.routes('blue') == before
    route = add(blue, link, values, family)
    assert show('blue', family) == made_by_ip
    assert route.get('Encapsulation') == shown
    same_as_kernel(blue, 'blue')
    route.delete()
    assert kernel.routes('blue') == before


@pytest.mark.parametrize('values,_words', CASES[:3], ids=lambda value: str(value)[:60])
def test_what_is_read_can_be_written(blue, link, values, _words):
    """All keys that are shown, with their types, make the same encapsulation."""
    add(blue, link, values)
    reply, _fds = blue.client.call_raw(
        blue.routes(Destination=NETWORK['inet6'])[0].path, contract.PROPERTIES, 'Get',
        GLib.Variant('(ss)', (contract.ROUTE, 'Encapsulation')))
    shown = reply.get_child_value(0).get_variant()
    again = blue.add_route(Destination='2001:db8:2::/48', Link=link.path, Encapsulation=shown)
    assert again.get('Encapsulation') == shown.unpack()


@pytest.mark.parametrize('family', ['inet', 'inet6'])
def test_of_next_hops(blue, link, same_as_kernel, family):
    gateways = {'inet': ('192.0.2.7', '192.0.2.8'),
                'inet6': ('2001:db8::7', '2001:db8::8')}[family]
    hops = [{'Gateway': GLib.Variant('s', gateway), 'Weight': GLib.Variant('u', weight),
             'Encapsulation': GLib.Variant('a{sv}', pack(values, link))}
            for gateway, weight, values in (
                (gateways[0], 1, {'Type': 'ip', 'Id': 5, 'Destination': '10.0.0.1'}),
                (gateways[1], 3, {'Type': 'ip6', 'Id': 6, 'Destination': '::7'}))]
    route = blue.add_route(Destination=NETWORK[family], NextHops=GLib.Variant('aa{sv}', hops))
    shown = route.get('NextHops')
    assert [(hop['Encapsulation']['Type'], hop['Encapsulation']['Id']) for hop in shown] == [
        ('ip', 5), ('ip6', 6)]
    same_as_kernel(blue, 'blue')
    route.delete()
    assert not blue.routes(Destination=NETWORK[family])


def test_none(blue, link):
    route = blue.add_route(Destination=NETWORK['inet'], Link=link.path,
                           Encapsulation=GLib.Variant('a{sv}', {}))
    assert route.get('Encapsulation') == {}
    assert show('blue', 'inet') is None


def test_unknown_parts_are_left_out(blue, link, same_as_kernel):
    """Options of tunnels are not shown, and do not hide the rest."""
    kernel.ip('route', 'add', NETWORK['inet'], 'encap', 'ip', 'id', '5', 'dst', '10.0.0.1',
              'vxlan_opts', '7', 'dev', 'v0', ns='blue')
    blue.client.settle(lambda: blue.routes(Destination=NETWORK['inet']), 'the route')
    route = blue.routes(Destination=NETWORK['inet'])[0]
    assert route.get('Encapsulation')['Destination'] == '10.0.0.1'
    route.delete()
    same_as_kernel(blue, 'blue')


def test_counters_do_not_change_the_route(client, blue, red, link):
    """What counts packets is no part of what the route is: its object stays."""
    need('seg6local')
    blue.link('v1').move(red)
    red.link('v1').set(Up=True)
    red.link('v1').add_address('2001:db8::2/64', Flags=['nodad'])
    red.add_route(Destination=NETWORK['inet6'], Gateway='2001:db8::1')
    kernel.run('nsenter', '--net=/run/netns/blue', 'sysctl', '-q', '-w',
               'net.ipv6.conf.all.forwarding=1')
    kernel.ip('-6', 'route', 'add', NETWORK['inet6'], 'encap', 'seg6local', 'action', 'End',
              'count', 'dev', 'v0', ns='blue')
    client.settle(lambda: blue.routes(Destination=NETWORK['inet6']), 'the route')
    route = blue.routes(Destination=NETWORK['inet6'])[0]
    assert route.get('Encapsulation') == {'Type': 'seg6local', 'Action': 'End'}

    def errors():
        """A packet that the action cannot take, and how many it has counted."""
        kernel.run('nsenter', '--net=/run/netns/red', 'python3', '-c', PACKET)
        shown = kernel.ip('-6', '-s', 'route', 'show', NETWORK['inet6'], ns='blue')
        return int(shown.split('errors')[1].split()[0])

    client.settle(errors, 'a packet that was counted')
    since = len(client.events)
    blue.add_route(Destination='2001:db8:9::/48', Link=link.path, Mode='replace')
    client.sync()
    assert not [event for event in client.events[since:] if event.path == blue.path
                and event.member in ('InterfacesAdded', 'InterfacesRemoved')
                and event.args[0] == route.path]
    route.delete()
    assert not blue.routes(Destination=NETWORK['inet6'])


LABELS = '/'.join(['100'] * 31)
BAD = [
    ({'Id': 5}, 'Type'), ({'Type': 'nonsense'}, 'Type.*nonsense'), ({'Type': ''}, 'Type'),
    ({'Type': '2'}, 'Type'), ({'Type': GLib.Variant('u', 2)}, 'Type'),
    ({'Type': 'bpf'}, 'Type.*bpf'), ({'Type': 'ila'}, 'Type'),
    ({'Type': 'ip', 'Nonsense': GLib.Variant('s', '')}, 'Nonsense'),
    ({'Type': 'ip', 'HopLimit': 3}, 'HopLimit'), ({'Type': 'ip6', 'Ttl': 3}, 'Ttl'),
    ({'Type': 'ip', 'Id': GLib.Variant('u', 5)}, 'Id'),
    ({'Type': 'ip', 'Destination': '::1'}, 'Destination'),
    ({'Type': 'ip6', 'Destination': '10.0.0.1'}, 'Destination'),
    ({'Type': 'ip', 'Source': 'x'}, 'Source'), ({'Type': 'ip', 'Flags': ['x']}, 'Flags'),
    ({'Type': 'ip', 'Flags': ['10000']}, 'Flags'),
    ({'Type': 'mpls'}, 'Destination'), ({'Type': 'mpls', 'Destination': ''}, 'Destination'),
    ({'Type': 'mpls', 'Destination': '1048576'}, 'Destination'),
    ({'Type': 'mpls', 'Destination': '100/'}, 'Destination'),
    ({'Type': 'mpls', 'Destination': '-1'}, 'Destination'),
    ({'Type': 'mpls', 'Destination': LABELS}, 'Destination'),
    ({'Type': 'seg6'}, 'Segments'), ({'Type': 'seg6', 'Segments': []}, 'Segments'),
    ({'Type': 'seg6', 'Segments': ['10.0.0.1']}, 'Segments'),
    ({'Type': 'seg6', 'Segments': ['fc00::1'] * 101}, 'Segments'),
    ({'Type': 'seg6', 'Segments': ['fc00::1'], 'Mode': 'x'}, 'Mode'),
    ({'Type': 'seg6local'}, 'Action'), ({'Type': 'seg6local', 'Action': 'end'}, 'Action'),
    ({'Type': 'seg6local', 'Action': 'End.X', 'Nh6': '10.0.0.1'}, 'Nh6'),
    ({'Type': 'seg6local', 'Action': 'End', 'Hmac': 5}, 'Hmac'),
    ({'Type': 'seg6local', 'Action': 'End.DX2', 'OutputLink': '/nonsense'}, 'OutputLink'),
]


@pytest.mark.parametrize('text', ["{'Type': <'ip'>, 'Type': <'ip6'>}",
                                  "{'Type': <'ip'>, 'Id': <uint64 1>, 'Id': <uint64 2>}",
                                  "{'Type': <'ip'>, 'Type': <uint32 2>}"])
def test_given_twice(blue, link, text):
    before = kernel.routes('blue')
    with refused(contract.INVALID_ARGS, 'Encapsulation', 'given twice'):
        blue.add_route(Destination=NETWORK['inet6'], Link=link.path,
                       Encapsulation=GLib.Variant.parse(None, text, None, None))
    assert kernel.routes('blue') == before


@pytest.mark.parametrize('values,word', BAD, ids=lambda value: str(value)[:60])
def test_bad_input(blue, link, user, values, word):
    """Refused before anybody is asked; the key is named, nothing has changed."""
    before = kernel.routes('blue')
    with refused(contract.INVALID_ARGS, 'Encapsulation', word):
        add(blue, link, values)
    with refused(contract.INVALID_ARGS, 'NextHops.*Encapsulation', word):
        blue.add_route(Destination=NETWORK['inet6'], NextHops=GLib.Variant('aa{sv}', [
            {'Link': GLib.Variant('o', link.path),
             'Encapsulation': GLib.Variant('a{sv}', pack(values, link))}]))
    assert by_nobody(user, blue, link, values) == contract.INVALID_ARGS
    assert kernel.routes('blue') == before


def test_refused_by_the_kernel(blue, link):
    """A header for IPv6 packets alone, on an IPv4 route."""
    need('seg6')
    before = kernel.routes('blue')
    with refused(contract.INVALID_ARGS, NETWORK['inet']):
        add(blue, link, {'Type': 'seg6', 'Mode': 'inline', 'Segments': ['fc00::1']}, 'inet')
    with refused(contract.INVALID_ARGS, NETWORK['inet6']):
        add(blue, link, {'Type': 'seg6local', 'Action': 'End.X'})
    assert kernel.routes('blue') == before


def test_denied(blue, link, user):
    before = kernel.routes('blue')
    assert by_nobody(user, blue, link, CASES[0][0]) == contract.ACCESS_DENIED
    assert kernel.routes('blue') == before


def test_types_that_the_kernel_lacks(blue, link):
    """The kernel says so, and the bus which property it is about."""
    before = kernel.routes('blue')
    for values, _words in CASES:
        if not has_encapsulation(values['Type']):
            with refused(contract.NOT_SUPPORTED, 'property Encapsulation'):
                add(blue, link, values)
    assert kernel.routes('blue') == before
