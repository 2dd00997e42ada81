"""Rules of policy routing: listed, added and removed by either side, and told of."""

import pytest

from support import contract, kernel
from support.bus import BusError, refused
from support.contract import GLib

TYPES = {
    'Family': 's', 'Priority': 'u', 'Invert': 'b', 'Source': 's', 'Destination': 's', 'Tos': 'y',
    'Dscp': 'y', 'DscpMask': 'y', 'FlowLabel': 'u', 'FlowLabelMask': 'u', 'Mark': 'u',
    'MarkMask': 'u', 'InputLink': 's', 'OutputLink': 's', 'L3Master': 'b', 'UidRangeStart': 'u',
    'UidRangeEnd': 'u', 'IpProtocol': 's', 'SourcePortRange': '(qq)', 'SourcePortMask': 'q',
    'DestinationPortRange': '(qq)', 'DestinationPortMask': 'q', 'TunnelId': 't', 'Action': 's',
    'Table': 'u', 'Goto': 'u', 'SuppressPrefixLength': 'i', 'SuppressInterfaceGroup': 'i',
    'RealmFrom': 'q', 'RealmTo': 'q', 'Protocol': 's', 'Flags': 'as'}
# What ip(8) of Debian 12 does not know; the masks are there without being asked for.
NEWER = {'Dscp', 'DscpMask', 'FlowLabel', 'FlowLabelMask', 'SourcePortMask', 'DestinationPortMask'}
ALWAYS = {'Family', 'Priority', 'Invert', 'L3Master', 'Action', 'Flags', 'Protocol'}


def pack(values):
    return {key: value if isinstance(value, GLib.Variant) else GLib.Variant(TYPES[key], value)
            for key, value in values.items()}


def list_rules(namespace, **match):
    return namespace.call('ListRules', '(a{sv})', pack(match))


def add(namespace, **rule):
    namespace.call('AddRule', '(a{sv})', pack(rule))


def remove(namespace, **rule):
    namespace.call('RemoveRule', '(a{sv})', pack(rule))


def prefix(shown, name, bits):
    return f'{shown[name]}/{shown.get(name + "len", bits)}'


def ports(shown, name):
    return ((shown[name],) * 2 if name in shown
            else (shown[f'{name}_start'], shown[f'{name}_end']))


def action_of(shown):
    if 'goto' in shown:
        return 'goto'
    return 'nop' if 'nop' in shown else shown.get('action', 'lookup')


def from_ip(shown, family):
    """A rule as ip(8) prints it, in the words of the bus."""
    bits = 32 if family == 'inet' else 128
    rule = {
        'Family': family, 'Priority': shown['priority'], 'Invert': 'not' in shown,
        'L3Master': 'l3mdev' in shown, 'Action': action_of(shown),
        'Protocol': shown['protocol'],
        'Flags': [flag for flag in ('unresolved', 'iif_detached', 'oif_detached')
                  if flag in shown]}
    plain = {'iif': 'InputLink', 'oif': 'OutputLink', 'uid_start': 'UidRangeStart',
             'uid_end': 'UidRangeEnd', 'tun_id': 'TunnelId', 'goto': 'Goto',
             'suppress_prefixlen': 'SuppressPrefixLength'}
    numbers = {'tos': 'Tos', 'fwmark': 'Mark', 'suppress_ifgroup': 'SuppressInterfaceGroup',
               'flow_from': 'RealmFrom', 'flow_to': 'RealmTo'}
    shown = {name: value for name, value in shown.items() if value != 'cosmos'}     # realm 0
    rule.update({key: shown[name] for name, key in plain.items() if name in shown})
    rule.update({key: int(shown[name], 0) for name, key in numbers.items() if name in shown})
    for name, key in (('src', 'Source'), ('dst', 'Destination')):
        if shown.get(name, 'all') != 'all':
            rule[key] = prefix(shown, name, bits)
    for name, key in (('sport', 'SourcePortRange'), ('dport', 'DestinationPortRange')):
        if name in shown or f'{name}_start' in shown:
            rule[key] = ports(shown, name)
    if 'ipproto' in shown:
        rule['IpProtocol'] = shown['ipproto'].removeprefix('ipproto-')
    if 'fwmark' in shown:
        rule['MarkMask'] = int(shown.get('fwmask', '0xffffffff'), 0)
    if 'table' in shown:
        rule['Table'] = kernel.ROUTE_TABLES.get(shown['table']) or int(shown['table'])
    return rule


def kernel_rules(name):
    return [from_ip(shown, family) for option, family in (('-4', 'inet'), ('-6', 'inet6'))
            for shown in kernel.ip_json(option, 'rule', ns=name)]


def assert_same(namespace, name):
    """The bus shows what ip(8) shows, in the same order."""
    shown = [{key: value for key, value in rule.items() if key not in NEWER}
             for rule in list_rules(namespace)]
    assert shown == kernel_rules(name)


# What AddRule takes in both families, and the words of ip(8) that make the same rule.
ACCEPTED = [
    ({}, ''),
    ({'Invert': True, 'Mark': 5}, 'not fwmark 5'),
    ({'Tos': 16}, 'tos 0x10'),
    ({'Mark': 5}, 'fwmark 5'),
    ({'Mark': 0}, 'fwmark 0/0xffffffff'),
    ({'Mark': 5, 'MarkMask': 255}, 'fwmark 5/0xff'),
    ({'MarkMask': 3}, 'fwmark 0/3'),
    ({'InputLink': 'lo'}, 'iif lo'),
    ({'OutputLink': 'lo'}, 'oif lo'),
    ({'InputLink': 'not-there'}, 'iif not-there'),
    ({'OutputLink': 'not-there'}, 'oif not-there'),
    ({'UidRangeStart': 5, 'UidRangeEnd': 7}, 'uidrange 5-7'),
    ({'UidRangeStart': 5}, 'uidrange 5-4294967294'),
    ({'UidRangeEnd': 7}, 'uidrange 0-7'),
    ({'IpProtocol': 'tcp'}, 'ipproto tcp'),
    ({'IpProtocol': '17'}, 'ipproto udp'),
    ({'IpProtocol': 'icmpv6'}, 'ipproto ipv6-icmp'),
    ({'IpProtocol': '200'}, 'ipproto 200'),
    ({'SourcePortRange': (5, 7)}, 'sport 5-7'),
    ({'DestinationPortRange': (80, 80)}, 'dport 80'),
    ({'SourcePortRange': (1, 65534)}, 'sport 1-65534'),
    ({'TunnelId': 9}, 'tun_id 9'),
    ({'Table': 1000}, 'table 1000'),
    ({'Table': 255}, 'table local'),
    ({'Action': 'lookup', 'Table': 5}, 'table 5'),
    ({'Goto': 200}, 'goto 200'),
    ({'Action': 'goto', 'Goto': 32766}, 'goto 32766'),
    ({'Action': 'nop'}, 'nop'),
    ({'Action': 'blackhole'}, 'blackhole'),
    ({'Action': 'unreachable'}, 'unreachable'),
    ({'Action': 'prohibit'}, 'prohibit'),
    ({'SuppressPrefixLength': 0}, 'suppress_prefixlength 0'),
    ({'SuppressPrefixLength': -1}, ''),
    ({'SuppressInterfaceGroup': 7}, 'suppress_ifgroup 7'),
    ({'L3Master': True}, 'l3mdev'),
    ({'Protocol': 'static'}, 'protocol static'),
    ({'Protocol': '200'}, 'protocol 200'),
]
OF_FAMILY = {
    'inet': [
        ({'Source': '10.0.0.0/8'}, 'from 10.0.0.0/8'),
        ({'Source': '192.0.2.7'}, 'from 192.0.2.7'),
        ({'Source': ''}, ''),
        ({'Source': '0.0.0.0/0'}, ''),
        ({'Destination': '192.0.2.0/24'}, 'to 192.0.2.0/24'),
        ({'Source': '192.0.2.7/32', 'Destination': '10.0.0.0/8'}, 'from 192.0.2.7 to 10.0.0.0/8'),
        ({'RealmFrom': 3, 'RealmTo': 4}, 'realms 3/4'),
        ({'RealmTo': 4}, 'realms 4'),
        ({'RealmFrom': 3}, 'realms 3/0'),
    ],
    'inet6': [
        ({'Source': '2001:db8::/32'}, 'from 2001:db8::/32'),
        ({'Source': '2001:DB8:0::7'}, 'from 2001:db8::7'),
        ({'Destination': '2001:db8::/33'}, 'to 2001:db8::/33'),
        ({'Source': '2001:db8::7/128', 'Destination': 'fd00::/8'},
         'from 2001:db8::7 to fd00::/8'),
    ],
}
CASES = [(family, *case) for family, own in OF_FAMILY.items() for case in ACCEPTED + own]


@pytest.mark.parametrize('family,values,words', CASES, ids=str)
def test_add_and_remove(client, blue, family, values, words):
    """The same rule as that of ip(8); one signal tells of each step."""
    before = kernel_rules('blue')
    ours = {'Family': family, 'Priority': 100, **values}
    since = len(client.events)
    add(blue, **ours)
    assert_same(blue, 'blue')
    made = [rule for rule in kernel_rules('blue') if rule not in before]
    assert len(made) == 1
    shown = list_rules(blue, Priority=100)
    assert changes(client, since) == [(shown, [])]
    since = len(client.events)
    remove(blue, **ours)
    assert kernel_rules('blue') == before
    assert changes(client, since) == [([], shown)]
    kernel.ip('-4' if family == 'inet' else '-6', 'rule', 'add', 'pref', '100', *words.split(),
              ns='blue')
    assert [rule for rule in kernel_rules('blue') if rule not in before] == made
    assert_same(blue, 'blue')
    remove(blue, **shown[0])    # all that was shown of the other one tells it too


def changes(client, since):
    """(added, removed) of each signal."""
    return [event.args for event in client.events[since:] if event.member == 'RulesChanged']


def test_keys_and_types(blue):
    """Every key, and nothing else; what a rule does not have is not there."""
    add(blue, Family='inet', Priority=7)
    reply, _fds = blue.client.call_raw(blue.path, contract.NAMESPACE, 'ListRules',
                                       GLib.Variant('(a{sv})', (pack({'Priority': 7}),)))
    (rule,) = [reply.get_child_value(0).get_child_value(n) for n in range(1)]
    types = {key: rule.lookup_value(key, None).get_type_string() for key in rule.keys()}
    assert types == {key: TYPES[key] for key in ALWAYS | {'Table'}}
    assert rule.unpack() == {
        'Family': 'inet', 'Priority': 7, 'Invert': False, 'L3Master': False, 'Action': 'lookup',
        'Table': 254, 'Protocol': 'unspec', 'Flags': []}


def test_default_rules(blue):
    assert [(rule['Family'], rule['Priority'], rule['Table'])
            for rule in list_rules(blue)] == [
        ('inet', 0, 255), ('inet', 32766, 254), ('inet', 32767, 253),
        ('inet6', 0, 255), ('inet6', 32766, 254)]


@pytest.mark.parametrize('values,wanted', [
    ({'Family': 'inet', 'Dscp': 10}, {'Dscp': 10}),
    ({'Family': 'inet6', 'Dscp': 0}, {'Dscp': 0}),
    ({'Family': 'inet6', 'Dscp': 8, 'DscpMask': 24}, {'Dscp': 8, 'DscpMask': 24}),
    ({'Family': 'inet6', 'FlowLabel': 5}, {'FlowLabel': 5, 'FlowLabelMask': 0xfffff}),
    ({'Family': 'inet6', 'FlowLabel': 5, 'FlowLabelMask': 15},
     {'FlowLabel': 5, 'FlowLabelMask': 15}),
    ({'Family': 'inet', 'SourcePortRange': (4, 4), 'SourcePortMask': 12},
     {'SourcePortRange': (4, 4), 'SourcePortMask': 12}),
    ({'Family': 'inet', 'DestinationPortRange': (4, 4), 'DestinationPortMask': 12},
     {'DestinationPortRange': (4, 4), 'DestinationPortMask': 12}),
], ids=str)
def test_newer_keys(blue, values, wanted):
    """A kernel that does not know them makes another rule without a word: it must not stay."""
    try:
        add(blue, Priority=100, **values)
    except BusError as error:
        assert error.name == contract.NOT_SUPPORTED, error
    else:
        (rule,) = list_rules(blue, Priority=100)
        assert {key: rule.get(key) for key in wanted} == wanted
        remove(blue, **rule)
    assert list_rules(blue, Priority=100) == []


def test_what_the_kernel_passes_over_is_taken_back(client, blue):
    """IPv6 has no realms, and takes a rule with one without a word (fib6_rule_configure)."""
    before = kernel_rules('blue')
    since = len(client.events)
    with refused(contract.NOT_SUPPORTED, 'add rule 100', 'blue', r'\(property RealmFrom\)'):
        add(blue, Family='inet6', Priority=100, RealmFrom=5)
    assert kernel_rules('blue') == before
    told = changes(client, since)
    assert sum((added for added, _removed in told), []) == sum(
        (removed for _added, removed in told), [])


def test_priority_of_the_kernel(client, blue):
    since = len(client.events)
    add(blue, Family='inet', Table=5)
    add(blue, Family='inet', Table=6)
    assert [rule['Priority'] for added, _ in changes(client, since) for rule in added] == [
        32765, 32764]
    assert_same(blue, 'blue')


def test_changes_by_ip(client, blue):
    """Many changes of somebody else: what was told makes of the old list the new one."""
    known = list_rules(blue)
    since = len(client.events)
    kernel.batch([f'rule add pref {100 + n} table {100 + n}' for n in range(50)]
                 + [f'rule del pref {100 + n}' for n in range(10)], ns='blue')
    kernel.ip('-6', 'rule', 'add', 'pref', '99', 'to', '2001:db8::/32', 'prohibit', ns='blue')
    client.settle(lambda: len(told := changes(client, since)) and any(
        rule['Priority'] == 99 for added, _removed in told for rule in added), 'RulesChanged')
    for added, removed in changes(client, since):
        assert added or removed
        for rule in removed:
            known.remove(rule)
        known += added
    assert sorted(known, key=str) == sorted(list_rules(blue), key=str)
    assert_same(blue, 'blue')


def test_rules_of_a_vrf(client, blue):
    """The kernel adds rules by itself with the first VRF (vrf_add_fib_rules)."""
    if not kernel.has_kind('vrf'):
        pytest.skip('the kernel has no links of kind vrf')
    since = len(client.events)
    kernel.ip('link', 'add', 'vrf0', 'type', 'vrf', 'table', '10', ns='blue')
    client.settle(lambda: {rule['Family'] for added, _removed in changes(client, since)
                           for rule in added} == {'inet', 'inet6'}, 'rules of the VRF')
    assert {rule['Priority'] for rule in list_rules(blue, L3Master=True)} == {1000}
    assert_same(blue, 'blue')


def test_links_that_come_and_go(blue):
    """The flags follow in the list, without a signal."""
    add(blue, Family='inet', Priority=100, InputLink='v0')
    assert list_rules(blue, Priority=100)[0]['Flags'] == ['iif_detached']
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'})
    assert list_rules(blue, Priority=100)[0]['Flags'] == []
    link.delete()
    assert list_rules(blue, Priority=100)[0]['Flags'] == ['iif_detached']
    remove(blue, Priority=100, InputLink='v0')


@pytest.fixture
def some(blue):
    """Rules that differ in some things."""
    add(blue, Priority=100, Source='192.0.2.7', Table=1)
    add(blue, Priority=100, Source='192.0.2.8', Table=1)
    add(blue, Priority=101, Source='2001:db8::/32', Mark=5)
    add(blue, Priority=102, Family='inet', Action='prohibit')
    return blue


@pytest.mark.parametrize('match,wanted', [
    ({'Priority': 100}, 2),
    ({'Priority': 100, 'Source': '192.0.2.7'}, 1),
    ({'Source': '192.0.2.7/32'}, 1),
    ({'Source': '2001:0DB8::/32'}, 1),
    ({'Source': '192.0.2.0/24'}, 0),
    ({'Family': 'inet', 'Source': ''}, 4),
    ({'Family': 'inet6'}, 3),
    ({'Family': 'inet', 'Action': 'lookup', 'Table': 1}, 2),
    ({'Mark': 5}, 1),
    ({'MarkMask': 0xffffffff}, 1),
    ({'Mark': 0}, 0),
    ({'Action': 'prohibit'}, 1),
    ({'Protocol': '2'}, 5),
    ({'Protocol': 'kernel'}, 5),
    ({'Invert': True}, 0),
    ({'Flags': []}, 9),
    ({'Priority': 4000000000}, 0),
    ({}, 9),
], ids=str)
def test_match(some, match, wanted):
    assert len(list_rules(some, **match)) == wanted


def test_remove_exactly_one(some):
    before = kernel_rules('blue')
    with refused(contract.NOT_FOUND, 'remove rule 100', 'blue', 'there are 2'):
        remove(some, Priority=100)
    with refused(contract.NOT_FOUND, 'remove rule 99', 'blue', 'no such rule'):
        remove(some, Priority=99)
    with refused(contract.NOT_FOUND, 'remove a rule', 'blue'):
        remove(some)
    assert kernel_rules('blue') == before
    remove(some, Priority=100, Source='192.0.2.8')
    assert kernel_rules('blue') == [rule for rule in before
                                    if rule.get('Source') != '192.0.2.8/32']


@pytest.mark.parametrize('more,words', [
    ({'Mark': 5}, 'fwmark 5'), ({'Source': '192.0.2.7'}, 'from 192.0.2.7'),
    ({'InputLink': 'lo'}, 'iif lo'), ({'IpProtocol': 'tcp'}, 'ipproto tcp'),
    ({'SuppressPrefixLength': 3}, 'suppress_prefixlength 3'), ({'Tos': 16}, 'tos 0x10'),
    ({'RealmTo': 3}, 'realms 3'), ({'SourcePortRange': (5, 7)}, 'sport 5-7')], ids=str)
def test_remove_no_other(blue, more, words):
    """The kernel would remove the first that has all of it, and perhaps more."""
    wide = {'Family': 'inet', 'Priority': 100, 'Table': 7}
    add(blue, **wide)
    add(blue, **wide, **more)
    assert len(list_rules(blue, Priority=100)) == 2
    remove(blue, **wide)
    assert [rule for rule in list_rules(blue, Priority=100)] == list_rules(blue, **more)
    kernel.run('python3', '-c', WITHOUT_EXCL, 'blue')
    assert len(list_rules(blue, Priority=100)) == 2
    with refused(contract.NOT_SUPPORTED, 'remove rule 100', 'blue', 'another rule'):
        remove(blue, **wide)
    assert len(list_rules(blue, Priority=100)) == 2
    remove(blue, **wide, **more)
    kernel.ip('rule', 'del', 'pref', '100', 'table', '7', ns='blue')
    assert list_rules(blue, Priority=100) == []
    kernel.ip('rule', 'add', 'pref', '100', 'table', '7', *words.split(), ns='blue')
    remove(blue, **wide)        # there is one


# RTM_NEWRULE without NLM_F_EXCL: priority 100, table 7, IPv4.
WITHOUT_EXCL = """
import ctypes, os, socket, struct, sys
fd = os.open('/run/netns/' + sys.argv[1], os.O_RDONLY)
assert ctypes.CDLL(None).setns(fd, 0) == 0
body = struct.pack('=BBBBBBBBI', socket.AF_INET, 0, 0, 0, 7, 0, 0, 1, 0)
body += struct.pack('=HHI', 8, 6, 100)
message = struct.pack('=IHHII', 16 + len(body), 32, 0x405, 1, 0) + body
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
link.send(message)
assert struct.unpack('=i', link.recv(4096)[16:20]) == (0,)
"""


def test_the_same_twice(blue):
    """Two rules that are the same in everything: one of them goes."""
    add(blue, Family='inet', Priority=100, Table=7)
    kernel.run('python3', '-c', WITHOUT_EXCL, 'blue')
    assert len(list_rules(blue, Priority=100)) == 2
    remove(blue, Priority=100)
    assert len(list_rules(blue, Priority=100)) == 1
    remove(blue, Priority=100)
    assert list_rules(blue, Priority=100) == []


def test_remove_a_default_rule(blue):
    """Priority 0 is a priority; and back."""
    (rule,) = list_rules(blue, Priority=0, Family='inet')
    remove(blue, Priority=0, Family='inet')
    assert list_rules(blue, Priority=0, Family='inet') == []
    del rule['Flags']
    add(blue, **rule)
    assert list_rules(blue)[0]['Table'] == 255
    assert_same(blue, 'blue')


def test_exists(blue):
    add(blue, Family='inet', Priority=100, Mark=5)
    with refused(contract.EXISTS, 'add rule 100', 'blue'):
        add(blue, Family='inet', Priority=100, Mark=5)
    add(blue, Family='inet6', Priority=100, Mark=5)
    add(blue, Family='inet', Priority=101, Mark=5)
    assert len(list_rules(blue, Mark=5)) == 3


BAD = [
    ({'Family': 'inet', 'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'),
    ({}, 'Family'),
    ({'Mark': 5}, 'Family'),
    ({'Source': ''}, 'Family'),
    ({'Family': 'inet', 'Mark': GLib.Variant('s', '5')}, 'Mark'),
    ({'Family': 'inet', 'Tos': GLib.Variant('u', 5)}, 'Tos'),
    ({'Family': 'inet', 'InputLink': GLib.Variant('o', '/org/netnsd1/netns/1/link/1')},
     'InputLink'),
    ({'Family': 'inet', 'SourcePortRange': GLib.Variant('q', 5)}, 'SourcePortRange'),
    ({'Family': 'nonsense'}, 'Family'),
    ({'Source': 'nonsense'}, 'Source'),
    ({'Source': '10.0.0.1/8'}, 'Source'),
    ({'Source': '10.0.0.0/33'}, 'Source'),
    ({'Destination': '2001:db8::1/32'}, 'Destination'),
    ({'Family': 'inet6', 'Source': '10.0.0.0/8'}, 'Source'),
    ({'Family': 'inet', 'Destination': '2001:db8::/32'}, 'Destination'),
    ({'Source': '10.0.0.0/8', 'Destination': '2001:db8::/32'}, 'Destination'),
    ({'Family': 'inet', 'InputLink': '/org/netnsd1/netns/1/link/1'}, 'InputLink'),
    ({'Family': 'inet', 'IpProtocol': 'nonsense'}, 'IpProtocol'),
    ({'Family': 'inet', 'IpProtocol': '256'}, 'IpProtocol'),
    ({'Family': 'inet', 'Protocol': 'nonsense'}, 'Protocol'),
    ({'Family': 'inet', 'Action': 'nonsense'}, 'Action'),
    ({'Family': 'inet', 'Action': '1'}, 'Action'),
    ({'Family': 'inet', 'Action': 'goto'}, 'Action|Goto'),
    ({'Family': 'inet', 'Goto': 50}, 'Goto'),
    ({'Family': 'inet', 'Goto': 100}, 'Goto'),
    ({'Family': 'inet', 'Goto': 200, 'Action': 'nop'}, 'Goto'),
    ({'Family': 'inet', 'Table': 0}, 'Table'),
    ({'Family': 'inet', 'L3Master': True, 'Table': 5}, 'Table'),
    ({'Family': 'inet', 'Tos': 1}, 'Tos'),
    ({'Family': 'inet', 'Dscp': 64}, 'Dscp'),
    ({'Family': 'inet6', 'FlowLabel': 0x100000}, 'FlowLabel'),
    ({'Family': 'inet', 'MarkMask': 0, 'Mark': 5}, 'MarkMask'),
    ({'Family': 'inet', 'TunnelId': 0}, 'TunnelId'),
    ({'Family': 'inet', 'UidRangeStart': 0xffffffff}, 'UidRangeStart'),
    ({'Family': 'inet', 'UidRangeStart': 7, 'UidRangeEnd': 5}, 'uid range'),
    ({'Family': 'inet', 'SourcePortRange': (7, 5)}, 'SourcePortRange'),
    ({'Family': 'inet', 'SourcePortRange': (0, 5)}, 'SourcePortRange'),
    ({'Family': 'inet', 'DestinationPortRange': (5, 65535)}, 'DestinationPortRange'),
    ({'Family': 'inet', 'SuppressPrefixLength': 129}, 'SuppressPrefixLength'),
    ({'Family': 'inet', 'SuppressPrefixLength': -2}, 'SuppressPrefixLength'),
    ({'Family': 'inet', 'SuppressInterfaceGroup': -2}, 'SuppressInterfaceGroup'),
    ({'Family': 'inet', 'Flags': ['unresolved']}, 'Flags'),
]


@pytest.mark.parametrize('values,word', BAD, ids=str)
def test_bad_input(client, blue, values, word):
    """Refused, the key is named, nothing has changed and nothing is told."""
    before = kernel_rules('blue')
    since = len(client.events)
    with refused(contract.INVALID_ARGS, 'add rule 100 in namespace blue', word):
        add(blue, Priority=100, **values)
    assert kernel_rules('blue') == before
    assert changes(client, since) == []


@pytest.mark.parametrize('method,what', [('ListRules', 'list rules'), ('RemoveRule', 'remove')])
@pytest.mark.parametrize('values,word', [
    ({'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'),
    ({'Priority': GLib.Variant('s', '5')}, 'Priority'),
    ({'Family': 'nonsense'}, 'Family'),
    ({'Source': 'nonsense'}, 'Source'),
    ({'Source': '10.0.0.1/8'}, 'Source'),
    ({'Source': '10.0.0.0/8', 'Destination': '2001:db8::/32'}, 'Destination'),
    ({'Flags': ['nonsense']}, 'Flags')], ids=str)
def test_bad_match(blue, method, what, values, word):
    before = kernel_rules('blue')
    with refused(contract.INVALID_ARGS, what, 'blue', word):
        blue.call(method, '(a{sv})', pack(values))
    assert kernel_rules('blue') == before


def test_who_may(blue, user):
    """Everybody reads; what changes is refused first, and typing errors before that."""
    rule = GLib.Variant('(a{sv})', (pack({'Family': 'inet', 'Priority': 100}),))
    typo = GLib.Variant('(a{sv})', (pack({'Family': 'inet', 'Nonsense': GLib.Variant('s', '')}),))
    before = kernel_rules('blue')
    for method in ('AddRule', 'RemoveRule'):
        for name, error in (('nobody', contract.ACCESS_DENIED), ('mail', contract.INTERACTION)):
            failure = user(name).error_of(blue.path, contract.NAMESPACE, method, rule)
            assert failure and failure.name == error
            failure = user(name).error_of(blue.path, contract.NAMESPACE, method, typo)
            assert failure and failure.name == contract.INVALID_ARGS
    assert kernel_rules('blue') == before
    everything = GLib.Variant('(a{sv})', ({},))
    assert len(user('nobody').call(blue.path, contract.NAMESPACE, 'ListRules',
                                   everything).unpack()[0]) == len(before)
    assert user('games').error_of(blue.path, contract.NAMESPACE, 'AddRule', rule) is None
    assert len(kernel_rules('blue')) == len(before) + 1
    assert user('games').error_of(blue.path, contract.NAMESPACE, 'RemoveRule', rule) is None
    assert kernel_rules('blue') == before


def test_no_other_namespace(client, blue, red):
    """Rules and signals are those of the namespace."""
    since = len(client.events)
    add(blue, Family='inet', Priority=100)
    assert list_rules(red, Priority=100) == []
    assert {event.path for event in client.events[since:]
            if event.member == 'RulesChanged'} == {blue.path}
