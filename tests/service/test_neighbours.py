"""Neighbours: listed, added, removed and flushed by either side, and told of to who asked."""

import signal

import pytest

from support import contract, kernel
from support.bus import Client, refused
from support.caller import Caller
from support.contract import GLib

TYPES = {'Link': 'o', 'Family': 's', 'Address': 's', 'Proxy': 'b', 'MacAddress': 's', 'State': 's',
         'Flags': 'as', 'Protocol': 's', 'Mode': 's', 'Master': 'o'}
ALWAYS = {'Link', 'Family', 'Address', 'Proxy', 'State', 'Flags'}
RTNLGRP_NEIGH = 3


def pack(values):
    return {key: value if isinstance(value, GLib.Variant) else GLib.Variant(TYPES[key], value)
            for key, value in values.items()}


def list_neighbours(namespace, **match):
    """Without those of multicast, which come and go as the kernel joins groups."""
    return [one for one in namespace.call('ListNeighbours', '(a{sv})', pack(match))
            if not one['Address'].startswith(('ff', '224.'))]


def add(namespace, **neighbour):
    namespace.call('AddNeighbour', '(a{sv})', pack(neighbour))


def remove(namespace, **neighbour):
    namespace.call('RemoveNeighbour', '(a{sv})', pack(neighbour))


def flush(namespace, **match):
    return namespace.call('FlushNeighbours', '(a{sv})', pack(match))


def from_ip(shown, namespace, paths):
    """A neighbour as ip(8) prints it, in the words of the bus."""
    neighbour = {
        'Link': paths[shown['dev']] if 'dev' in shown else '/', 'Address': shown['dst'],
        'Family': 'inet6' if ':' in shown['dst'] else 'inet', 'Proxy': 'proxy' in shown,
        'State': shown.get('state', ['none'])[0].lower(),
        'Flags': [flag for flag in ('router', 'extern_learn', 'offload', 'managed')
                  if flag in shown]}
    neighbour.update({key: shown[name] for name, key in (
        ('lladdr', 'MacAddress'), ('protocol', 'Protocol')) if name in shown})
    return neighbour


def kernel_neighbours(namespace, name):
    paths = {link['ifname']: f'{namespace.path}/link/{index}'
             for index, link in kernel.links(name).items()}
    return by_address(from_ip(shown, namespace, paths)
                      for words in (('nud', 'all'), ('proxy',))
                      for shown in kernel.ip_json('neigh', 'show', *words, ns=name)
                      if not shown['dst'].startswith(('ff', '224.')))


def by_address(neighbours):
    return sorted(neighbours, key=lambda one: (one['Address'], one['Link'], one['Proxy']))


def assert_same(namespace, name):
    assert by_address(list_neighbours(namespace)) == kernel_neighbours(namespace, name)


def told(client, since=0):
    return [event.args for event in client.events[since:] if event.member == 'NeighbourChanged']


def listens(name):
    """Is a socket in the namespace a member of RTNLGRP_NEIGH?  Nothing else there listens."""
    lines = kernel.run('ip', 'netns', 'exec', name, 'cat', '/proc/net/netlink').splitlines()[1:]
    groups = [int(line.split()[3], 16) for line in lines if line.split()[1] == '0']
    return any(mask & 1 << (RTNLGRP_NEIGH - 1) for mask in groups)


@pytest.fixture
def link(blue, settled):
    """A link that is up, with addresses of both families."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True)
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    settled('blue')
    return link


@pytest.fixture
def listener(daemon):
    """A connection that has not subscribed yet."""
    connection = Client()
    yield connection
    if not connection.connection.is_closed():
        connection.close()


def subscribe(connection, namespace):
    connection.call(namespace.path, contract.NAMESPACE, 'SubscribeNeighbours')


def unsubscribe(connection, namespace):
    connection.call(namespace.path, contract.NAMESPACE, 'UnsubscribeNeighbours')


MAC = '02:00:00:00:00:09'
ACCEPTED = [
    ({'MacAddress': MAC}, {'State': 'permanent'}),
    ({'MacAddress': MAC.upper()}, {'MacAddress': MAC}),
    ({'MacAddress': MAC, 'State': 'permanent'}, {}),
    ({'MacAddress': MAC, 'State': 'reachable'}, {}),
    ({'MacAddress': MAC, 'State': 'stale'}, {}),
    ({'MacAddress': MAC, 'State': 'noarp'}, {}),
    ({'State': 'none'}, {}),
    ({'State': 'failed'}, {}),
    ({'MacAddress': MAC, 'Flags': ['router']}, {}),
    ({'MacAddress': MAC, 'State': 'stale', 'Flags': ['router', 'extern_learn']}, {}),
    ({'MacAddress': MAC, 'Protocol': 'static'}, {}),
    ({'MacAddress': MAC, 'Protocol': '200'}, {}),
    ({'Proxy': True}, {'State': 'none'}),
    ({'Proxy': True, 'Protocol': 'bird'}, {}),
    ({'Proxy': True, 'Flags': ['router']}, {}),
]
ADDRESSES = [('inet', '192.0.2.9'), ('inet6', '2001:db8::9')]


@pytest.mark.parametrize('family,address', ADDRESSES)
@pytest.mark.parametrize('values,more', ACCEPTED, ids=str)
def test_add_and_remove(blue, link, family, address, values, more):
    before = kernel_neighbours(blue, 'blue')
    add(blue, Link=link.path, Address=address, **values)
    (made,) = [one for one in kernel_neighbours(blue, 'blue') if one not in before]
    assert made == {'Link': link.path, 'Family': family, 'Address': address, 'Proxy': False,
                    'Flags': [], **made, **values, **more}
    assert_same(blue, 'blue')
    remove(blue, Link=link.path, Address=address, Proxy=values.get('Proxy', False))
    assert kernel_neighbours(blue, 'blue') == before


@pytest.mark.parametrize('family,address', ADDRESSES)
def test_managed(blue, link, family, address):
    """The kernel looks for it by itself, and never ceases to."""
    add(blue, Link=link.path, Address=address, Flags=['managed'])
    (shown,) = list_neighbours(blue, Address=address)
    assert shown['Flags'] == ['managed'] and shown['State'] in ('incomplete', 'probe', 'failed')
    assert kernel_neighbours(blue, 'blue')[0]['Flags'] in ([], ['managed'])
    remove(blue, Link=link.path, Address=address)


def test_keys_and_types(blue, link):
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    add(blue, Link=link.path, Address='192.0.2.9', Proxy=True, Protocol='zebra')
    reply, _fds = blue.client.call_raw(blue.path, contract.NAMESPACE, 'ListNeighbours',
                                       GLib.Variant('(a{sv})', (pack({'Family': 'inet'}),)))
    entries = [reply.get_child_value(0).get_child_value(n) for n in range(2)]
    types = [{key: entry.lookup_value(key, None).get_type_string() for key in entry.keys()}
             for entry in entries]
    assert types == [{key: TYPES[key] for key in ALWAYS | {'MacAddress'}},
                     {key: TYPES[key] for key in ALWAYS | {'Protocol'}}]
    assert entries[0].unpack() == {
        'Link': link.path, 'Family': 'inet', 'Address': '192.0.2.9', 'Proxy': False,
        'MacAddress': MAC, 'State': 'permanent', 'Flags': []}


def test_added_by_ip(blue, link):
    for words in ('192.0.2.9 lladdr 02:00:00:00:00:09', '192.0.2.10 lladdr 02::a nud stale',
                  '192.0.2.11 lladdr 02:00:00:00:00:0b nud reachable router',
                  '2001:db8::9 lladdr 02:00:00:00:00:09 extern_learn nud stale protocol bgp',
                  '2001:db8::a nud failed'):
        words = words.replace('02::a', '02:00:00:00:00:0a')
        kernel.ip('neigh', 'add', *words.split(), 'dev', 'v0', ns='blue')
    kernel.ip('neigh', 'add', 'proxy', '192.0.2.9', 'dev', 'v0', ns='blue')
    kernel.ip('neigh', 'add', 'proxy', '192.0.2.9', ns='blue')
    kernel.ip('neigh', 'add', 'proxy', '2001:db8::9', 'dev', 'v1', ns='blue')
    assert_same(blue, 'blue')
    assert len(list_neighbours(blue)) == 8
    # One for all links outlives its namespace, and shows up in another one (Linux 6.18).
    remove(blue, Address='192.0.2.9', Proxy=True)


def test_proxy_for_all_links(blue, link):
    """What others have made; the service makes none, since the kernel would not end it with the
    namespace."""
    for words in ({}, {'Link': '/'}):
        with refused(contract.INVALID_ARGS, 'add neighbour 192.0.2.20', 'blue', 'Property Link'):
            add(blue, Address='192.0.2.20', Proxy=True, **words)
    assert list_neighbours(blue, Proxy=True) == []
    kernel.ip('neigh', 'add', 'proxy', '192.0.2.20', ns='blue')
    assert [one['Link'] for one in list_neighbours(blue, Proxy=True)] == ['/']
    with refused(contract.NOT_FOUND, 'remove neighbour 192.0.2.20', 'blue'):
        remove(blue, Address='192.0.2.20', Proxy=True, Link=link.path)
    remove(blue, Address='192.0.2.20', Proxy=True)
    assert list_neighbours(blue, Proxy=True) == []


def test_tunnel(blue):
    """Where the addresses of the link are of IPv4, so are those of its neighbours."""
    if not kernel.has_kind('gre'):
        pytest.skip('the kernel has no links of kind gre')
    kernel.ip('link', 'add', 'gre1', 'type', 'gre', 'local', '192.0.2.1', 'key', '5', ns='blue')
    kernel.ip('link', 'set', 'gre1', 'up', ns='blue')
    kernel.ip('addr', 'add', '10.0.0.1/24', 'dev', 'gre1', ns='blue')
    tunnel = blue.link('gre1')
    add(blue, Link=tunnel.path, Address='10.0.0.2', MacAddress='192.0.2.2')
    assert list_neighbours(blue, Address='10.0.0.2')[0]['MacAddress'] == '192.0.2.2'
    assert_same(blue, 'blue')
    with refused(contract.INVALID_ARGS, 'MacAddress'):
        add(blue, Link=tunnel.path, Address='10.0.0.3', MacAddress=MAC)


@pytest.mark.parametrize('proxy', [False, True])
@pytest.mark.parametrize('family,address', ADDRESSES)
def test_modes(blue, link, family, address, proxy):
    key = {'Link': link.path, 'Address': address, 'Proxy': proxy}

    def values(number):
        mac = {} if proxy else {'MacAddress': f'02:00:00:00:00:0{number}'}
        return {**key, **mac, 'Protocol': str(200 + number)}

    with refused(contract.NOT_FOUND, f'add neighbour {address}', 'blue'):
        add(blue, **values(1), Mode='change')
    assert list_neighbours(blue, Address=address) == []
    add(blue, **values(1))
    for mode in ({}, {'Mode': 'create'}):
        with refused(contract.EXISTS, f'add neighbour {address}', 'blue'):
            add(blue, **values(2), **mode)
    assert list_neighbours(blue, **values(1))
    add(blue, **values(3), Mode='change')
    assert list_neighbours(blue, **values(3))
    add(blue, **values(4), Mode='replace')
    assert list_neighbours(blue, **values(4))
    remove(blue, **key)
    add(blue, **values(5), Mode='replace')
    assert list_neighbours(blue, **values(5))
    with refused(contract.INVALID_ARGS, 'Mode'):
        add(blue, **values(5), Mode='append')
    assert_same(blue, 'blue')


def test_change_the_state_alone(blue, link):
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    add(blue, Link=link.path, Address='192.0.2.9', State='stale', Mode='change')
    (shown,) = list_neighbours(blue, Address='192.0.2.9')
    assert (shown['State'], shown['MacAddress']) == ('stale', MAC)


@pytest.fixture
def some(blue, link):
    """Neighbours on two links, one of which is a port of a bridge."""
    bridge = blue.create_link('br0', 'bridge', Up=True)
    blue.link('v1').set(Master=bridge.path)
    for number, path in enumerate((link.path, blue.link('v1').path, bridge.path), 1):
        add(blue, Link=path, Address=f'192.0.2.{number + 1}', MacAddress=MAC, State='stale')
        add(blue, Link=path, Address=f'2001:db8::{number + 1}', MacAddress=MAC)
        add(blue, Link=path, Address=f'192.0.2.{number + 10}', Proxy=True)
    return blue


def paths(namespace):
    return {name: namespace.link(name).path for name in ('v0', 'v1', 'br0')}


@pytest.mark.parametrize('match,wanted', [
    ({'State': 'stale'}, 3), ({'State': 'permanent'}, 3), ({'Proxy': True}, 3),
    ({'Proxy': False, 'MacAddress': MAC.upper()}, 6), ({'MacAddress': MAC}, 6),
    ({'Family': 'inet', 'Proxy': True}, 3), ({'Family': 'inet6', 'Proxy': True}, 0),
    ({'Family': 'inet'}, 6), ({'Address': '192.0.2.2'}, 1), ({'Address': '2001:DB8:0::2'}, 1),
    ({'Link': 'v0', 'Family': 'inet'}, 2), ({'Link': 'v1', 'State': 'stale'}, 1),
    ({'Master': 'br0', 'Family': 'inet'}, 2), ({'Master': '/', 'Family': 'inet'}, 4),
    ({'Master': 'v0'}, 0), ({'Link': '/', 'Family': 'inet'}, 0), ({'Flags': [], 'Proxy': True}, 3),
    ({'Protocol': 'static'}, 0)], ids=str)
def test_match(some, match, wanted):
    values = {key: paths(some).get(value, value) if key in ('Link', 'Master') else value
              for key, value in match.items()}
    assert len(list_neighbours(some, **values)) == wanted


@pytest.mark.parametrize('match,gone', [
    ({}, {'192.0.2.2', '192.0.2.3', '192.0.2.4'}),
    ({'Link': 'v0'}, {'192.0.2.2'}),
    ({'Master': 'br0'}, {'192.0.2.3'}),
    ({'Family': 'inet6'}, set()),
    ({'State': 'permanent'}, {'2001:db8::2', '2001:db8::3', '2001:db8::4'}),
    ({'State': 'permanent', 'Link': 'v0'}, {'2001:db8::2'}),
    ({'Proxy': True}, {'192.0.2.11', '192.0.2.12', '192.0.2.13'}),
    ({'Proxy': True, 'Link': 'br0'}, {'192.0.2.13'}),
    ({'Address': '192.0.2.3'}, {'192.0.2.3'}),
    ({'Address': '192.0.2.99'}, set())], ids=str)
def test_flush(some, match, gone):
    before = list_neighbours(some)
    values = {key: paths(some).get(value, value) if key in ('Link', 'Master') else value
              for key, value in match.items()}
    assert flush(some, **values) == len(gone)
    assert by_address(list_neighbours(some)) == by_address(
        [one for one in before if one['Address'] not in gone])
    assert_same(some, 'blue')


def test_flush_many(blue, link, listener):
    """A subscriber is told of each, and nothing is lost."""
    number = 600
    kernel.batch([f'neigh add 192.0.{2 + n // 250}.{n % 250 + 2} dev v0 lladdr {MAC}'
                  for n in range(number)], ns='blue')
    subscribe(listener, blue)
    assert flush(blue, State='permanent') == number
    listener.sync()
    deleted = [one['Address'] for change, one in told(listener) if change == 'deleted']
    assert len(deleted) == len(set(deleted)) == number
    assert 'lost' not in {change for change, _one in told(listener)}


# ---- who is told ----


def test_told(blue, link, listener):
    """What this service does, before the reply, and what others do."""
    subscribe(listener, blue)
    listener.call(blue.path, contract.NAMESPACE, 'AddNeighbour', '(a{sv})', pack(
        {'Link': link.path, 'Address': '192.0.2.9', 'MacAddress': MAC}))
    (shown,) = list_neighbours(blue, Address='192.0.2.9')
    assert [args for args in told(listener) if args[1]['Address'] == '192.0.2.9'] == [
        ('new', shown)]
    kernel.ip('neigh', 'change', '192.0.2.9', 'dev', 'v0', 'lladdr', MAC, 'nud', 'stale',
              ns='blue')
    listener.wait_signal(lambda event: event.member == 'NeighbourChanged'
                         and event.args == ('new', {**shown, 'State': 'stale'}))
    since = len(listener.events)
    kernel.ip('neigh', 'del', '192.0.2.9', 'dev', 'v0', ns='blue')
    listener.wait_signal(lambda event: event.member == 'NeighbourChanged'
                         and event.args[0] == 'deleted'
                         and event.args[1]['Address'] == '192.0.2.9', since=since)
    kernel.ip('neigh', 'add', '2001:db8::9', 'dev', 'v0', 'lladdr', MAC, ns='blue')
    listener.wait_signal(lambda event: event.member == 'NeighbourChanged'
                         and event.args[1].get('Address') == '2001:db8::9')


def test_told_of_a_link_that_goes(blue, link, listener):
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    subscribe(listener, blue)
    link.delete()
    listener.sync()
    assert ('deleted', '192.0.2.9') in {(change, one['Address'])
                                        for change, one in told(listener)}


def test_nobody_is_told_without_asking(client, blue, red, link, listener):
    """Neither others, nor of another namespace; and the daemon does not even listen."""
    assert not listens('blue')
    since = len(client.events)
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    subscribe(listener, red)
    assert not listens('blue') and listens('red')
    add(blue, Link=link.path, Address='192.0.2.10', MacAddress=MAC)
    subscribe(listener, blue)
    assert listens('blue')
    add(blue, Link=link.path, Address='192.0.2.11', MacAddress=MAC)
    client.sync()
    listener.sync()
    assert told(client, since) == []
    assert {one['Address'] for _change, one in told(listener)
            if one['Family'] == 'inet'} == {'192.0.2.11'}
    assert {event.path for event in listener.events
            if event.member == 'NeighbourChanged'} == {blue.path}


def test_a_subscriber_counts_once(blue, link, listener):
    for _ in range(5):
        subscribe(listener, blue)
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    listener.sync()
    assert len([args for args in told(listener) if args[1]['Address'] == '192.0.2.9']) == 1
    unsubscribe(listener, blue)
    assert not listens('blue')
    since = len(listener.events)
    add(blue, Link=link.path, Address='192.0.2.10', MacAddress=MAC)
    listener.sync()
    assert told(listener, since) == []
    unsubscribe(listener, blue)     # and once more is nothing


def test_two_subscribers(client, blue, link, listener):
    subscribe(listener, blue)
    subscribe(client, blue)
    since = len(client.events)
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    listener.sync()
    assert told(client, since) and told(client, since)[-1] == told(listener)[-1]
    unsubscribe(client, blue)
    assert listens('blue')
    since, theirs = len(client.events), len(listener.events)
    add(blue, Link=link.path, Address='192.0.2.10', MacAddress=MAC)
    listener.sync()
    assert told(client, since) == [] and told(listener, theirs)
    unsubscribe(listener, blue)
    assert not listens('blue')


def test_subscribers_of_one_user(client, blue, red, user):
    """Each costs a message for each event: a user has some in a namespace."""
    call = (blue.path, contract.NAMESPACE, 'SubscribeNeighbours')
    callers = [Caller('nobody') for _ in range(5)]
    for caller in callers[:4] + callers[:1]:
        caller.call(*call)
    failure = callers[4].error_of(*call)
    assert failure and failure.name == 'org.freedesktop.DBus.Error.LimitsExceeded'
    callers[4].call(red.path, contract.NAMESPACE, 'SubscribeNeighbours')
    user('games').call(*call)
    client.call(*call)
    callers[0].call(blue.path, contract.NAMESPACE, 'UnsubscribeNeighbours')
    callers[4].call(*call)
    assert callers[0].error_of(*call)
    callers[1].close()
    client.settle(lambda: callers[0].error_of(*call) is None, 'the end of a subscription')
    for caller in callers[:1] + callers[2:]:
        caller.close()
    client.call(blue.path, contract.NAMESPACE, 'UnsubscribeNeighbours')
    user('games').call(blue.path, contract.NAMESPACE, 'UnsubscribeNeighbours')
    for name in ('blue', 'red'):
        client.settle(lambda: not listens(name), 'the end of subscriptions')


def test_more_than_is_told_one_by_one(daemon, blue, link, listener):
    """Very many changes at once are one event, and the next is told again."""
    subscribe(listener, blue)
    daemon.process.kill(signal.SIGSTOP)
    kernel.batch([f'neigh add 198.18.{n // 250}.{n % 250} dev v0 lladdr {MAC}'
                  for n in range(3000)], 'blue')
    daemon.process.kill(signal.SIGCONT)
    assert len(list_neighbours(blue, Link=link.path)) >= 3000
    listener.sync()
    assert told(listener) == [('lost', {})]
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    listener.sync()
    assert told(listener)[1][1]['Address'] == '192.0.2.9'


def test_subscription_ends_with_the_connection(client, blue, red, listener):
    subscribe(listener, blue)
    subscribe(listener, red)
    assert listens('blue') and listens('red')
    listener.close()
    client.settle(lambda: not listens('blue') and not listens('red'), 'the end of subscriptions')


def test_subscription_of_one_who_is_gone(client, blue):
    """Whoever leaves before the answer comes is not subscribed for ever."""
    for _ in range(20):
        connection = Client(listen=False)
        connection.start_call(blue.path, contract.NAMESPACE, 'SubscribeNeighbours')
        connection.connection.flush_sync()
        connection.close()
    client.sync()
    client.settle(lambda: not listens('blue'), 'the end of subscriptions')


def test_subscription_of_a_user(client, blue, link, user):
    """Everybody may ask; it ends with the process."""
    user('nobody').call(blue.path, contract.NAMESPACE, 'SubscribeNeighbours')
    assert listens('blue')
    user('nobody').kill()
    client.settle(lambda: not listens('blue'), 'the end of the subscription')


def test_namespace_that_goes(client, new_namespace, listener):
    gone = new_namespace('gone')
    subscribe(listener, gone)
    gone.call('Delete')
    again = new_namespace('gone')
    assert not listens('gone')
    subscribe(listener, again)
    assert listens('gone')


# ---- what is refused ----


LINK = object()     # stands for the path of v0
BAD = [
    ({}, 'Address'),
    ({'Link': LINK}, 'Address'),
    ({'Address': '192.0.2.9', 'MacAddress': MAC}, 'Link'),
    ({'Link': '/', 'Address': '192.0.2.9', 'MacAddress': MAC}, 'Link'),
    ({'Link': '/nonsense', 'Address': '192.0.2.9', 'MacAddress': MAC}, 'Link'),
    ({'Link': LINK, 'Address': '', 'MacAddress': MAC}, 'Address'),
    ({'Link': LINK, 'Address': 'nonsense', 'MacAddress': MAC}, 'Address'),
    ({'Link': LINK, 'Address': '192.0.2.9/24', 'MacAddress': MAC}, 'Address'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Family': 'inet6', 'MacAddress': MAC}, 'Address'),
    ({'Link': LINK, 'Address': '2001:db8::9', 'Family': 'inet', 'MacAddress': MAC}, 'Address'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Family': 'nonsense'}, 'Family'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': 'nonsense'}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': ''}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': '02:00:00:00:00'}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': '02:00:00:00:00:00:09'}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': '192.0.2.2'}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9'}, 'address'),
    ({'Link': LINK, 'Address': '2001:db8::9', 'State': 'reachable'}, 'address'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'State': 'nonsense'}, 'State'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'State': '128'}, 'State'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'Flags': ['nonsense']}, 'Flags'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'Flags': ['offload']}, 'Flags'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'Flags': ['proxy']}, 'Flags'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'Protocol': 'x'}, 'Protocol'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'Protocol': '256'}, 'Protocol'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': MAC, 'Mode': 'x'}, 'Mode'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Proxy': True, 'MacAddress': MAC}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Proxy': True, 'State': 'permanent'}, 'State'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Proxy': True, 'Flags': ['managed']}, 'NTF_'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Master': LINK}, 'Master'),
    ({'Link': GLib.Variant('s', 'v0'), 'Address': '192.0.2.9'}, 'Link'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'MacAddress': GLib.Variant('ay', [2])}, 'MacAddress'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Proxy': GLib.Variant('u', 1)}, 'Proxy'),
]


def fill(values, link):
    return {key: link.path if value is LINK else value for key, value in values.items()}


@pytest.mark.parametrize('values,word', BAD, ids=[str(v)[:90] for v, _w in BAD])
def test_bad_input(blue, link, values, word):
    """Refused, the key is named, nothing has changed: not even an empty entry stays."""
    before = kernel_neighbours(blue, 'blue')
    with refused(contract.INVALID_ARGS, 'add (a )?neighbour', 'blue', word):
        add(blue, **fill(values, link))
    assert kernel_neighbours(blue, 'blue') == before


def test_refused_change_leaves_what_was_there(blue, link):
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    before = kernel_neighbours(blue, 'blue')
    with refused(contract.INVALID_ARGS):
        add(blue, Link=link.path, Address='192.0.2.9', MacAddress='02:00', Mode='replace')
    with refused(contract.EXISTS):
        add(blue, Link=link.path, Address='192.0.2.9', State='reachable')
    assert kernel_neighbours(blue, 'blue') == before


@pytest.mark.parametrize('values,word', [
    ({'Link': LINK}, 'Address'), ({'Address': '192.0.2.9'}, 'Link'),
    ({'Link': LINK, 'Address': 'x'}, 'Address'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'State': 'stale'}, 'State'),
    ({'Link': LINK, 'Address': '192.0.2.9', 'Family': 'inet6'}, 'Address')], ids=str)
def test_bad_removal(blue, link, values, word):
    add(blue, Link=link.path, Address='192.0.2.9', MacAddress=MAC)
    before = kernel_neighbours(blue, 'blue')
    with refused(contract.INVALID_ARGS, 'remove (a )?neighbour', 'blue', word):
        remove(blue, **fill(values, link))
    assert kernel_neighbours(blue, 'blue') == before


@pytest.mark.parametrize('method,what', [('ListNeighbours', 'list neighbours'),
                                         ('FlushNeighbours', 'flush neighbours')])
@pytest.mark.parametrize('values,word', [
    ({'Nonsense': GLib.Variant('s', 'x')}, 'Nonsense'), ({'Family': 'x'}, 'Family'),
    ({'Address': 'x'}, 'Address'), ({'State': 'x'}, 'State'), ({'Flags': ['x']}, 'Flags'),
    ({'State': GLib.Variant('u', 128)}, 'State'), ({'Master': '/x'}, 'Master'),
    ({'Mode': 'create'}, 'Mode'),
    ({'Address': '192.0.2.9', 'Family': 'inet6'}, 'Address')], ids=str)
def test_bad_match(some, method, what, values, word):
    before = kernel_neighbours(some, 'blue')
    with refused(contract.INVALID_ARGS, what, 'blue', word):
        some.call(method, '(a{sv})', pack(values))
    assert kernel_neighbours(some, 'blue') == before


def test_link_of_another_namespace(blue, red, link):
    other = red.create_link('v0', 'veth', Up=True)
    key = {'Link': other.path, 'Address': '192.0.2.9'}
    for method, values in (('AddNeighbour', {**key, 'MacAddress': MAC}), ('RemoveNeighbour', key),
                           ('ListNeighbours', key), ('FlushNeighbours', key),
                           ('FlushNeighbours', {'Master': other.path})):
        with refused(contract.INVALID_ARGS, '(Link|Master)', 'another namespace'):
            blue.call(method, '(a{sv})', pack(values))
    assert kernel.ip_json('neigh', 'show', '192.0.2.9', ns='red') == []


def test_what_is_not_there(blue, link):
    gone = f'{blue.path}/link/999'
    with refused(contract.NOT_FOUND, 'add neighbour 192.0.2.9', 'blue'):
        add(blue, Link=gone, Address='192.0.2.9', MacAddress=MAC)
    with refused(contract.NOT_FOUND, 'remove neighbour 192.0.2.9', 'blue'):
        remove(blue, Link=gone, Address='192.0.2.9')
    with refused(contract.NOT_FOUND, 'remove neighbour 192.0.2.9', 'blue'):
        remove(blue, Link=link.path, Address='192.0.2.9')
    with refused(contract.NOT_FOUND, 'remove neighbour 192.0.2.9', 'blue'):
        remove(blue, Link=link.path, Address='192.0.2.9', Proxy=True)
    assert list_neighbours(blue, Link=gone) == []
    assert flush(blue, Link=gone) == 0


def test_who_may(blue, link, user):
    """Everybody reads; what changes is refused first, and typing errors before that."""
    add(blue, Link=link.path, Address='192.0.2.8', MacAddress=MAC)
    key = {'Link': link.path, 'Address': '192.0.2.9'}
    calls = [('AddNeighbour', {**key, 'MacAddress': MAC}), ('RemoveNeighbour', key),
             ('FlushNeighbours', {'State': 'permanent'})]
    before = kernel_neighbours(blue, 'blue')

    def failure(name, method, values):
        return user(name).error_of(blue.path, contract.NAMESPACE, method,
                                   GLib.Variant('(a{sv})', (pack(values),)))
    for method, values in calls:
        for name, error in (('nobody', contract.ACCESS_DENIED), ('mail', contract.INTERACTION)):
            assert failure(name, method, values).name == error
            typo = {**values, 'Nonsense': GLib.Variant('s', 'x')}
            assert failure(name, method, typo).name == contract.INVALID_ARGS
    assert kernel_neighbours(blue, 'blue') == before
    listed = user('nobody').call(blue.path, contract.NAMESPACE, 'ListNeighbours',
                                 GLib.Variant('(a{sv})', ({},))).unpack()[0]
    assert [one for one in listed if one['Address'] == '192.0.2.8'] == before
    for method, values in calls:
        assert failure('games', method, values) is None
