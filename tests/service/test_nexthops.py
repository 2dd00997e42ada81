"""Next hop objects: listed, added, replaced and removed by either side, and used by routes."""

import pytest

from support import contract, expected, kernel
from support.bus import refused
from support.caller import Failure
from support.contract import GLib

TYPES = {
    'Id': 'u', 'Family': 's', 'Gateway': 's', 'Link': 'o', 'Blackhole': 'b', 'Fdb': 'b',
    'Group': 'aa{sv}', 'GroupType': 's', 'Buckets': 'q', 'IdleTimer': 'u',
    'UnbalancedTimer': 'u', 'UnbalancedTime': 't', 'Encapsulation': 'a{sv}', 'Protocol': 's',
    'Scope': 's', 'Flags': 'as', 'Mode': 's'}
HZ = 100    # of what the kernel says of time
LINK = '@v0'
NO_LINK = GLib.Variant('o', '/')


@pytest.fixture
def link(blue, settled):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    blue.link('lo').set(Up=True)
    settled('blue')
    return link


def members(*pairs):
    return [{'Id': GLib.Variant('u', number), 'Weight': GLib.Variant('u', weight)}
            for number, weight in pairs]


def encapsulation(**values):
    types = {'Type': 's', 'Id': 't', 'Destination': 's'}
    return {key: GLib.Variant(types[key], value) for key, value in values.items()}


def pack(values, link=None):
    return {key: value if isinstance(value, GLib.Variant)
            else GLib.Variant(TYPES[key], link.path if value is LINK else value)
            for key, value in values.items()}


def add(namespace, link=None, **values):
    return namespace.call('AddNextHop', '(a{sv})', pack(values, link))


def remove(namespace, number):
    namespace.call('RemoveNextHop', '(u)', number)


def list_all(namespace, link=None, **match):
    return namespace.call('ListNextHops', '(a{sv})', pack(match, link))


def from_ip(shown, world):
    """A next hop as ip(8) prints it, in the words of the bus; it does not print the family."""
    found = {
        'Id': shown['id'], 'Blackhole': 'blackhole' in shown, 'Fdb': 'fdb' in shown,
        'Protocol': shown['protocol'], 'Scope': shown['scope'], 'Flags': sorted(shown['flags'])}
    if 'gateway' in shown:
        found['Gateway'] = shown['gateway']
    if 'dev' in shown:
        found['Link'] = world.link_path(shown['dev'])
    if 'encap' in shown:
        found['Encapsulation'] = expected.encapsulation(shown, world)
    if 'group' in shown:
        found['Group'] = [{'Id': member['id'], 'Weight': member.get('weight', 1)}
                          for member in shown['group']]
        found['GroupType'] = shown.get('type', 'mpath')
    for name, key, unit in (('buckets', 'Buckets', 1), ('idle_timer', 'IdleTimer', HZ),
                            ('unbalanced_timer', 'UnbalancedTimer', HZ)):
        if name in shown.get('resilient_args', {}):
            found[key] = int(shown['resilient_args'][name] * unit)
    return found


def assert_same(namespace, name):
    """The bus shows what ip(8) shows, in the same order."""
    world = expected.World(namespace.path, kernel.links(name))
    shown = [{**{key: value for key, value in nexthop.items()
                 if key not in ('Family', 'UnbalancedTime')}, 'Flags': sorted(nexthop['Flags'])}
             for nexthop in list_all(namespace)]
    assert shown == [from_ip(nexthop, world) for nexthop in kernel.ip_json('nexthop', ns=name)]


def words_of(name, number):
    """What ip(8) prints of a next hop."""
    return kernel.ip_json('nexthop', 'show', 'id', number, ns=name)


# What AddNextHop takes, and the words of ip(8) that make the same next hop.  1 and 2 are there,
# and 3, which is for forwarding databases.
ACCEPTED = [
    ({'Gateway': '192.0.2.9', 'Link': LINK}, 'via 192.0.2.9 dev v0'),
    ({'Gateway': '192.0.2.9', 'Link': LINK, 'Family': 'inet'}, 'via 192.0.2.9 dev v0'),
    ({'Gateway': '2001:db8::9', 'Link': LINK}, 'via 2001:db8::9 dev v0'),
    ({'Gateway': '203.0.113.9', 'Link': LINK, 'Flags': ['onlink']},
     'via 203.0.113.9 dev v0 onlink'),
    ({'Link': LINK}, 'dev v0'),
    ({'Link': LINK, 'Family': 'inet6'}, '-6 dev v0'),
    ({'Link': LINK, 'Protocol': 'static'}, 'dev v0 protocol static'),
    ({'Link': LINK, 'Protocol': '200'}, 'dev v0 protocol 200'),
    ({'Blackhole': True}, 'blackhole'),
    ({'Blackhole': True, 'Family': 'inet6'}, '-6 blackhole'),
    ({'Fdb': True, 'Gateway': '192.0.2.9'}, 'via 192.0.2.9 fdb'),
    ({'Link': LINK, 'Encapsulation': encapsulation(Type='ip', Id=4, Destination='10.0.0.1')},
     'encap ip id 4 dst 10.0.0.1 dev v0'),
    ({'Group': members((1, 1), (2, 7))}, 'group 1/2,7'),
    ({'Group': members((1, 256), (2, 1)), 'GroupType': 'mpath'}, 'group 1,256/2 type mpath'),
    ({'Group': members((3, 1)), 'Fdb': True}, 'group 3 fdb'),
    ({'Group': members((1, 1), (2, 1)), 'GroupType': 'resilient', 'Buckets': 8},
     'group 1/2 type resilient buckets 8'),
    ({'UnbalancedTimer': 500, 'Group': members((1, 1), (2, 3)), 'IdleTimer': 6000,
      'GroupType': 'resilient', 'Buckets': 32},
     'group 1/2,3 type resilient buckets 32 idle_timer 60 unbalanced_timer 5'),
]


@pytest.fixture
def three(blue, link):
    for number, words in ((1, 'via 192.0.2.7 dev v0'), (2, 'via 192.0.2.8 dev v0'),
                          (3, 'via 192.0.2.7 fdb')):
        kernel.ip('nexthop', 'add', 'id', str(number), *words.split(), ns='blue')
    return link


@pytest.mark.parametrize('values,words', ACCEPTED, ids=lambda value: str(value)[:60])
def test_add_and_remove(blue, three, values, words):
    """As ip(8) makes it with the same words, and shown alike by both, whoever made it."""
    before = kernel.ip_json('nexthop', ns='blue')
    option = ['-6'] if words.startswith('-6 ') else []
    kernel.ip(*option, 'nexthop', 'add', 'id', '9', *words.removeprefix('-6 ').split(), ns='blue')
    by_ip, seen = words_of('blue', '9'), list_all(blue, Id=9)
    assert_same(blue, 'blue')
    remove(blue, 9)
    assert kernel.ip_json('nexthop', ns='blue') == before
    assert add(blue, three, Id=9, **values) == 9
    assert words_of('blue', '9') == by_ip
    assert [{**n, 'UnbalancedTime': 0} for n in list_all(blue, Id=9)] == [
        {**n, 'UnbalancedTime': 0} for n in seen]
    assert_same(blue, 'blue')
    assert len(list_all(blue, three, **values)) >= 1


def test_types(blue, three):
    """Each key has the type that AddNextHop takes."""
    add(blue, three, Group=members((1, 1)), GroupType='resilient', Buckets=8)
    add(blue, three, Link=LINK, Encapsulation=encapsulation(Type='ip', Id=4))
    reply, _fds = blue.client.call_raw(blue.path, contract.NAMESPACE, 'ListNextHops',
                                       GLib.Variant('(a{sv})', ({},)))
    seen = set()
    found = reply.get_child_value(0)
    for number in range(found.n_children()):
        entries = found.get_child_value(number)
        for index in range(entries.n_children()):
            entry = entries.get_child_value(index)
            key = entry.get_child_value(0).get_string()
            assert entry.get_child_value(1).get_variant().get_type_string() == TYPES[key]
            seen.add(key)
    assert seen == TYPES.keys() - {'Mode'}


def test_the_kernel_chooses_the_id(blue, three):
    first, second = add(blue, three, Link=LINK), add(blue, three, Id=0, Link=LINK)
    assert len({1, 2, 3, first, second}) == 5
    assert {first, second} <= {nexthop['id'] for nexthop in kernel.ip_json('nexthop', ns='blue')}


def test_modes(blue, three):
    with refused(contract.EXISTS, 'next hop 1 ', 'blue'):
        add(blue, three, Id=1, Blackhole=True)
    with refused(contract.EXISTS):
        add(blue, three, Id=1, Blackhole=True, Mode='create')
    with refused(contract.NOT_FOUND, 'next hop 9 '):
        add(blue, three, Id=9, Blackhole=True, Mode='change')
    for mode in ('replace', 'change'):
        with refused(contract.INVALID_ARGS, 'Id'):
            add(blue, three, Blackhole=True, Mode=mode)
        with refused(contract.INVALID_ARGS, 'Id'):
            add(blue, three, Id=0, Blackhole=True, Mode=mode)
    assert add(blue, three, Id=9, Link=LINK, Mode='replace') == 9
    assert add(blue, three, Id=9, Gateway='192.0.2.9', Link=LINK, Mode='replace') == 9
    assert words_of('blue', '9')[0]['gateway'] == '192.0.2.9'
    assert add(blue, three, Id=9, Gateway='192.0.2.10', Link=LINK, Mode='change') == 9
    assert words_of('blue', '9')[0]['gateway'] == '192.0.2.10'
    with refused(contract.INVALID_ARGS, 'Mode'):
        add(blue, three, Id=9, Blackhole=True, Mode='append')


@pytest.mark.parametrize('destination,gateway', [('198.51.100.0/24', '192.0.2.9'),
                                                 ('2001:db8:1::/48', '2001:db8::9')])
def test_used_by_a_route(client, blue, link, same_as_kernel, destination, gateway):
    """The route goes where its next hop goes, and with it."""
    number = add(blue, link, Gateway=gateway, Link=LINK)
    route = blue.add_route(Destination=destination, NextHopId=number)
    assert (route.get('NextHopId'), route.get('Gateway')) == (number, gateway)
    same_as_kernel(blue, 'blue')
    add(blue, link, Id=number, Gateway=f'{gateway[:-1]}7', Link=LINK, Mode='replace')
    assert route.get('Gateway') == f'{gateway[:-1]}7'
    same_as_kernel(blue, 'blue')
    since = len(client.events)
    remove(blue, number)
    assert [event.args[0] for event in client.events[since:]
            if event.member == 'InterfacesRemoved'] == [route.path]
    same_as_kernel(blue, 'blue')


def test_a_group_of_routes(blue, three, same_as_kernel):
    add(blue, three, Id=9, Group=members((1, 1), (2, 2)))
    route = blue.add_route(Destination='198.51.100.0/24', NextHopId=9)
    assert route.get('NextHopId') == 9
    assert [(hop['Gateway'], hop['Weight']) for hop in route.get('NextHops')] == [
        ('192.0.2.7', 1), ('192.0.2.8', 2)]
    same_as_kernel(blue, 'blue')
    remove(blue, 2)
    assert list_all(blue, Id=9)[0]['Group'] == [{'Id': 1, 'Weight': 1}]
    same_as_kernel(blue, 'blue')
    remove(blue, 1)
    assert not list_all(blue, Id=9) and not blue.routes(Destination='198.51.100.0/24')
    same_as_kernel(blue, 'blue')


def test_route_to_one_that_is_not_there(blue, link):
    with refused(contract.INVALID_ARGS, r'does not exist \(EINVAL\) \(property NextHopId\)'):
        blue.add_route(Destination='198.51.100.0/24', NextHopId=77)


MATCHES = [({}, {1, 2, 3, 4, 5}), ({'Id': 2}, {2}), ({'Family': 'inet6'}, {4}),
           ({'Family': 'inet'}, {1, 2, 3}), ({'Gateway': '192.0.2.7'}, {1, 3}),
           ({'Gateway': '192.0.2.7', 'Fdb': True}, {3}), ({'Link': LINK}, {1, 2, 4}),
           ({'Fdb': False, 'Blackhole': False}, {1, 2, 4, 5}), ({'GroupType': 'resilient'}, {5}),
           ({'Group': members((1, 1))}, {5}), ({'Group': members((1, 2))}, set()),
           ({'Buckets': 8}, {5}), ({'Buckets': 9}, set()), ({'Protocol': 'static'}, {4}),
           ({'Protocol': '4'}, {4}), ({'Scope': 'link'}, {1, 2, 3, 4}), ({'Scope': 'global'}, {5}),
           ({'Flags': []}, {1, 2, 3, 4, 5}), ({'Gateway': ''}, {5}), ({'Link': NO_LINK}, {3, 5}),
           ({'Link': NO_LINK, 'Family': 'inet'}, {3}),
           ({'Id': 99}, set())]


@pytest.mark.parametrize('match,found', MATCHES, ids=lambda value: str(value)[:60])
def test_match(blue, three, match, found):
    kernel.ip('-6', 'nexthop', 'add', 'id', '4', 'via', '2001:db8::9', 'dev', 'v0', 'protocol',
              'static', ns='blue')
    kernel.ip('nexthop', 'add', 'id', '5', 'group', '1', 'type', 'resilient', 'buckets', '8',
              ns='blue')
    assert {nexthop['Id'] for nexthop in list_all(blue, three, **match)} == found


BAD = [
    ({'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'), ({'Id': GLib.Variant('i', 1)}, 'Id'),
    ({'Family': 'nonsense'}, 'Family'),
    ({'Gateway': '192.0.2.0/24'}, 'Gateway'), ({'Gateway': 'x'}, 'Gateway'),
    ({'Gateway': '192.0.2.9', 'Family': 'inet6', 'Link': LINK}, 'Gateway'),
    ({'Link': GLib.Variant('s', 'v0')}, 'Link'),
    ({'Link': GLib.Variant('o', '/nonsense')}, 'Link'),
    ({'Group': []}, 'Group'), ({'Group': members((0, 1))}, 'Group.*Id'),
    ({'Group': members((1, 0))}, 'Group.*Weight'),
    ({'Group': members((1, 65536))}, 'Group.*Weight'),
    ({'Group': [{'Weight': GLib.Variant('u', 1)}]}, 'Group.*Id'),
    ({'Group': [{'Nonsense': GLib.Variant('u', 1)}]}, 'Group.*Nonsense'),
    ({'GroupType': 'nonsense', 'Group': members((1, 1))}, 'GroupType'),
    ({'GroupType': 'mpath', 'Link': LINK}, 'GroupType'), ({'Link': LINK, 'Buckets': 8}, 'Buckets'),
    ({'Group': members((1, 1)), 'IdleTimer': 8}, 'IdleTimer'),
    ({'Link': LINK, 'Encapsulation': encapsulation(Type='x')}, 'Encapsulation.*Type'),
    ({'Link': LINK, 'Protocol': 'nonsense'}, 'Protocol'),
    ({'Link': LINK, 'Flags': ['nonsense']}, 'Flags'), ({'Link': LINK, 'Scope': 'link'}, 'Scope'),
    ({'Link': LINK, 'Mode': 'nonsense'}, 'Mode'),
    ({'Link': LINK, 'Mode': GLib.Variant('u', 1)}, 'Mode'),
]
# What only the kernel knows.
BAD_FOR_THE_KERNEL = [
    {}, {'Gateway': '192.0.2.9'}, {'Gateway': '', 'Link': NO_LINK},
    {'Blackhole': True, 'Link': LINK},
    {'Link': LINK, 'Flags': ['onlink']}, {'Link': LINK, 'Flags': ['dead']},
    {'Fdb': True, 'Link': LINK, 'Gateway': '192.0.2.9'},
    {'Group': members((77, 1))}, {'Group': members((1, 1), (1, 1))},
    {'Group': members((1, 1)), 'Gateway': '192.0.2.9'}, {'Group': members((1, 1), (3, 1))},
    {'Group': members((1, 1)), 'GroupType': 'resilient'},
]


@pytest.mark.parametrize('values,word', BAD, ids=lambda value: str(value)[:60])
def test_bad_input(blue, three, user, values, word):
    """Refused before anybody is asked; the key is named, nothing has changed."""
    before = kernel.ip_json('nexthop', ns='blue')
    with refused(contract.INVALID_ARGS, 'Cannot add a next hop in namespace blue', word):
        add(blue, three, **values)
    with pytest.raises(Failure) as failure:
        user('nobody').call(blue.path, contract.NAMESPACE, 'AddNextHop',
                            GLib.Variant('(a{sv})', (pack(values, three),)))
    assert failure.value.name == contract.INVALID_ARGS
    assert kernel.ip_json('nexthop', ns='blue') == before


@pytest.mark.parametrize('values', BAD_FOR_THE_KERNEL, ids=lambda value: str(value)[:60])
def test_refused_by_the_kernel(blue, three, values):
    before = kernel.ip_json('nexthop', ns='blue')
    with refused(contract.INVALID_ARGS, 'Cannot add next hop 9 in namespace blue: '):
        add(blue, three, Id=9, **values)
    assert kernel.ip_json('nexthop', ns='blue') == before


def test_link_that_is_down(blue, link):
    link.set(Up=False)
    with refused(contract.UNREACHABLE, 'not up'):
        add(blue, link, Link=LINK)


def test_remove_what_is_not_there(blue, link):
    with refused(contract.NOT_FOUND, 'Cannot remove next hop 9 in namespace blue'):
        remove(blue, 9)
    with refused(contract.INVALID_ARGS, 'Cannot remove next hop 0 in namespace blue'):
        remove(blue, 0)


def test_bad_match(blue, link):
    for match, word in (({'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'),
                        ({'Family': 'x'}, 'Family'), ({'Group': []}, 'Group')):
        with refused(contract.INVALID_ARGS, word):
            list_all(blue, link, **match)


def test_denied(blue, three, user):
    before = kernel.ip_json('nexthop', ns='blue')
    for member, parameters in (
            ('AddNextHop', GLib.Variant('(a{sv})', (pack({'Link': LINK}, three),))),
            ('RemoveNextHop', GLib.Variant('(u)', (1,)))):
        with pytest.raises(Failure) as failure:
            user('nobody').call(blue.path, contract.NAMESPACE, member, parameters)
        assert failure.value.name == contract.ACCESS_DENIED
    assert kernel.ip_json('nexthop', ns='blue') == before


def test_anybody_may_list(blue, three, user):
    reply = user('nobody').call(blue.path, contract.NAMESPACE, 'ListNextHops',
                                GLib.Variant('(a{sv})', ({},)))
    assert [nexthop['Id'] for nexthop in reply.unpack()[0]] == [1, 2, 3]
