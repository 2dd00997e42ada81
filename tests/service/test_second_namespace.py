"""What a call does besides in the namespace of its object: the action is needed there too.

The user "news" may do everything in blue and nothing elsewhere, "games" may do everything, and
"mail" after a dialogue.
"""

import contextlib
import os
import subprocess

import pytest

from support import contract, kernel
from support.bus import refused
from support.caller import Caller, Failure
from support.contract import GLib
from support.questions import approve, asked, details

VXLAN = contract.LINK + '.Vxlan'
MACVLAN = contract.LINK + '.Macvlan'
MAC = '02:00:00:00:00:77'


def pack(**values):
    """An a{sv}; the values are GLib.Variants or texts."""
    return {key: value if isinstance(value, GLib.Variant) else GLib.Variant('s', value)
            for key, value in values.items()}


def set_call(link, **values):
    return link.path, contract.LINK, 'Set', GLib.Variant('(a{sv})', (pack(**values),))


def write_call(link, interface, name, value):
    return link.path, contract.PROPERTIES, 'Set', GLib.Variant(
        '(ssv)', (interface, name, pack(v=value)['v']))


def path(link):
    return GLib.Variant('o', link if isinstance(link, str) else link.path)


def denied(caller, *call, **options):
    failure = caller.error_of(*call, **options)
    assert failure and failure.name == contract.ACCESS_DENIED, failure


@pytest.fixture
def person(daemon):
    caller = Caller('mail')
    caller.become_agent()
    yield caller
    if caller.process.poll() is None:
        caller.close()


@pytest.fixture
def forget():
    """Names that the test gives and that are gone after it."""
    names = []
    yield names.append
    for name in names:
        if name in kernel.netns_names():
            kernel.run('ip', 'netns', 'del', name)


# ---- names for what is there ----

def attach_calls(name, pid, file):
    """Each way to point at a namespace: the call, and the files of its descriptors."""
    manager = contract.MANAGER_PATH, contract.MANAGER
    descriptor = GLib.Variant('(sh)', (name, 0))
    return [((*manager, 'AttachProcess', GLib.Variant('(su)', (name, pid))), ()),
            ((*manager, 'AttachNamespace', descriptor), (file,)),
            ((*manager, 'AttachNamespace', descriptor), (f'pidfd:{pid}',))]


@pytest.mark.parametrize('way', range(3), ids=['process', 'descriptor', 'pidfd'])
def test_no_way_in_by_a_new_name(manager, user, red, forget, way):
    """Rights in whatever is called blue are none in red, and none to call it so."""
    forget('blue')
    link = red.create_link('r1', 'bridge')
    change = set_call(link, Alias='mine')
    denied(user('news'), *change)
    with kernel.process_in_namespace('red') as pid:
        call, files = attach_calls('blue', pid, '/run/netns/red')[way]
        denied(user('news'), *call, files=files)
        assert 'blue' not in kernel.netns_names()
        denied(user('news'), *change)
        assert red.get('Names') == ['red'] and link.get('Alias') == ''
        assert user('games').error_of(*call, files=files) is None
        assert manager.namespace('blue') == red


def test_a_name_for_what_has_none(user, forget):
    """There is nothing but the new name to ask about."""
    forget('blue')
    with kernel.nameless_namespace() as pid:
        call, _files = attach_calls('red', pid, '')[0]
        denied(user('news'), *call)
        assert 'red' not in kernel.netns_names()
        call, _files = attach_calls('blue', pid, '')[0]
        assert user('news').error_of(*call) is None


def test_own_namespace_gets_another_name(user, blue, forget):
    """Allowed in what it is about, and not for the name; and then for both."""
    forget('azure')
    with kernel.process_in_namespace('blue') as pid:
        call, _files = attach_calls('azure', pid, '')[0]
        denied(user('news'), *call)
        assert blue.get('Names') == ['blue']
        assert user('games').error_of(*call) is None
    assert blue.get('Names') == ['azure', 'blue']


def test_details_of_a_target(user, red):
    """A rule sees the process, and by its id what it is in."""
    number = red.path.rpartition('/')[2]
    with kernel.process_in_namespace('red') as pid:
        for call, files in attach_calls('prod', pid, '/run/netns/red'):
            denied(user('list'), *call, files=files)
            shown = '' if files == ('/run/netns/red',) else str(pid)
            assert asked()[-1] == details(call[1], call[2], namespace='prod', namespaces='prod',
                                          pid=shown, **{'namespace-id': number})
    with kernel.nameless_namespace() as pid:
        call, _files = attach_calls('prod', pid, '')[0]
        denied(user('list'), *call)
        assert asked()[-1] == details(call[1], call[2], namespace='prod', namespaces='prod',
                                      pid=str(pid))


def test_details_have_all_names(user, blue, forget):
    """Whoever is called something early in the alphabet hides no other name."""
    forget('azure')
    with kernel.process_in_namespace('blue') as pid:
        assert user('games').error_of(*attach_calls('azure', pid, '')[0][0]) is None
    denied(user('list'), blue.path, contract.NAMESPACE, 'Delete')
    assert asked()[-1] == details(contract.NAMESPACE, 'Delete', namespace='azure',
                                  namespaces='azure,blue',
                                  **{'namespace-id': blue.path.rpartition('/')[2]})


@contextlib.contextmanager
def wanderer():
    """A process in a namespace without a name; told so, it enters red."""
    process = subprocess.Popen(
        ['unshare', '--net', 'sh', '-c',
         'echo in; read line; exec nsenter --net=/run/netns/red sh -c "echo there; read line"'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'in\n'

    def go():
        process.stdin.write('\n')
        process.stdin.flush()
        assert process.stdout.readline() == 'there\n'
    try:
        yield process.pid, go
    finally:
        process.communicate('\n')


@pytest.mark.parametrize('way', [0, 2], ids=['process', 'pidfd'])
def test_process_goes_elsewhere_while_the_dialogue_is_open(person, manager, red, forget, way):
    """The name is given to what was asked about."""
    forget('prod')
    with wanderer() as (pid, go):
        inode = os.stat(f'/proc/{pid}/ns/net').st_ino
        call, files = attach_calls('prod', pid, '')[way]
        number = person.start(*call, files=files, interactive=True)
        prompt = person.wait_event('prompt')
        go()
        approve(person, prompt)
        person.finish(number)
    assert manager.namespace('prod').get('Inode') == inode
    assert red.get('Names') == ['red']


def test_process_ends_while_the_dialogue_is_open(person, manager, forget):
    """What it was in is held, whatever its number means by then."""
    forget('prod')
    with kernel.nameless_namespace() as pid:
        inode = os.stat(f'/proc/{pid}/ns/net').st_ino
        number = person.start(*attach_calls('prod', pid, '')[0][0], interactive=True)
        prompt = person.wait_event('prompt')
    approve(person, prompt)
    person.finish(number)
    assert manager.namespace('prod').get('Inode') == inode


def test_target_gets_a_name_while_the_dialogue_is_open(client, person, manager, forget):
    """It was asked about as something without a name."""
    forget('prod')
    forget('other')
    with kernel.nameless_namespace() as pid:
        number = person.start(*attach_calls('prod', pid, '')[0][0], interactive=True)
        prompt = person.wait_event('prompt')
        other = manager.attach_process('other', pid)
        approve(person, prompt)
        with pytest.raises(Failure) as caught:
            person.finish(number)
    assert caught.value.name == contract.GONE
    assert other.get('Names') == ['other']


# ---- links above a device elsewhere ----

class Stack:
    """In blue a vxlan and two macvlans, above bridges in red."""

    def __init__(self, blue, red):
        for name in ('r1', 'r2', 'r3'):
            kernel.ip('link', 'add', name, 'type', 'bridge', ns='red')
        for name, *words in (('vx', 'type', 'vxlan', 'id', '5', 'dev', 'r1', 'dstport', '4789',
                              'remote', '192.0.2.9', 'ttl', '3'),
                             ('mv', 'link', 'r2', 'type', 'macvlan', 'mode', 'bridge'),
                             ('pt', 'link', 'r3', 'type', 'macvlan', 'mode', 'passthru')):
            kernel.ip('link', 'add', name, *words, ns='red')
            kernel.ip('link', 'set', name, 'netns', 'blue', ns='red')
        blue.client.settle(lambda: len(blue.find_links(LinkNamespace=red.path)) == 3, 'all in blue')
        self.blue, self.red = blue, red
        self.vxlan, self.macvlan, self.passthru = (blue.link(name) for name in ('vx', 'mv', 'pt'))

    def look(self):
        return kernel.links('blue'), kernel.links('red')


@pytest.fixture
def stack(blue, red):
    return Stack(blue, red)


def reaching(stack):
    """Calls that change what is in red."""
    r2, bridge = stack.red.link('r2'), stack.blue.link('b0')
    vxlan, macvlan, passthru = stack.vxlan, stack.macvlan, stack.passthru
    byte = GLib.Variant('y', 7)
    return {
        'link': set_call(vxlan, Link=path(r2)),
        'local': set_call(vxlan, Local='192.0.2.1'),
        'ttl': set_call(vxlan, Ttl=byte),
        'with another': set_call(vxlan, Alias='x', **{'Vxlan.Ttl': byte}),
        'write': write_call(vxlan, VXLAN, 'Ttl', byte),
        'mode': set_call(macvlan, Mode='private'),
        'mac address': set_call(passthru, MacAddress=MAC),
        'write of the mac address': write_call(passthru, contract.LINK, 'MacAddress', MAC),
        'master': set_call(passthru, Master=path(bridge)),
        'fdb': (vxlan.path, VXLAN, 'AddFdbEntry', GLib.Variant(
            '(sa{sv})', (MAC, pack(Destination='192.0.2.7'))))}


@pytest.mark.parametrize('what', ['link', 'local', 'ttl', 'with another', 'write', 'mode',
                                  'mac address', 'write of the mac address', 'master', 'fdb'])
def test_settings_that_reach_below(stack, user, what):
    """Not with the right in blue alone."""
    stack.blue.create_link('b0', 'bridge')
    call = reaching(stack)[what]
    before = stack.look()
    denied(user('news'), *call)
    assert stack.look() == before
    assert user('games').error_of(*call) is None


def test_settings_of_the_link_itself(stack, user):
    """What red sees nothing of needs nothing there."""
    for link in (stack.vxlan, stack.macvlan, stack.passthru):
        denied(user('nobody'), *set_call(link, Alias='mine'))
        for call in (set_call(link, Alias='mine', Mtu=GLib.Variant('u', 1400)),
                     write_call(link, contract.LINK, 'Up', GLib.Variant('b', True))):
            assert user('news').error_of(*call) is None
    assert user('news').error_of(*set_call(stack.macvlan, MacAddress=MAC)) is None
    assert stack.macvlan.get('MacAddress') == MAC


def test_settings_where_all_is_in_one_namespace(blue, user):
    bridge = blue.create_link('b0', 'bridge')
    link = blue.create_link('m0', 'macvlan', Parent=bridge.path)
    denied(user('nobody'), *set_call(link, Mode='private'))
    assert user('news').error_of(*set_call(link, Mode='private')) is None


def test_fdb_of_a_port(stack, user):
    """The bridge in blue is asked to change the table of the tunnel, or its own."""
    bridge = stack.blue.create_link('b0', 'bridge')
    stack.vxlan.set(Master=bridge.path)

    def call(member, **settings):
        return (bridge.path, contract.BRIDGE, member, GLib.Variant(
            '(sa{sv})', (MAC, pack(Link=path(stack.vxlan), **settings))))
    own = {'Flags': GLib.Variant('as', ['self']), 'Destination': GLib.Variant('s', '192.0.2.7')}
    denied(user('news'), *call('AddFdbEntry', **own))
    assert user('games').error_of(*call('AddFdbEntry', **own)) is None
    denied(user('news'), *call('RemoveFdbEntry', **own))
    assert user('news').error_of(*call('AddFdbEntry')) is None


def test_lower_device_moves_while_the_dialogue_is_open(client, person, stack, new_namespace):
    """A yes for red is none for green."""
    green = new_namespace('green')
    parent = stack.red.create_link('p0', 'veth')
    link = stack.blue.create_link('m0', 'macvlan', Parent=parent.path)
    number = person.start(*set_call(link, Mode='private'), interactive=True)
    approve(person, person.wait_event('prompt'))
    second = person.wait_event('prompt')
    assert 'red' in second['message']
    parent.move(green)
    client.settle(lambda: link.get('LinkNamespace') == green.path, 'the parent in green')
    approve(person, second)
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name == contract.GONE
    assert link.get('Mode', MACVLAN) == 'vepa'


# ---- paths of the wrong namespace ----

def test_link_of_the_wrong_namespace(stack):
    """A number means something in both: only the one that is meant is taken."""
    wrong = stack.blue.create_link('b0', 'bridge')
    with refused(contract.INVALID_ARGS, 'Link', 'another namespace'):
        stack.vxlan.set(Link=path(wrong))
    with refused(contract.INVALID_ARGS, 'Via', 'another namespace'):
        stack.vxlan.client.call(stack.vxlan.path, VXLAN, 'AddFdbEntry', '(sa{sv})', MAC,
                                pack(Destination='192.0.2.7', Via=path(wrong)))


def test_via_is_where_the_tunnel_was_made(stack):
    via = stack.red.create_link('far', 'bridge', Index=999)
    with refused(contract.INVALID_ARGS, 'Device not found'):
        stack.vxlan.client.call(stack.vxlan.path, VXLAN, 'AddFdbEntry', '(sa{sv})', MAC,
                                pack(Destination='192.0.2.7', Via=path(via)))
    via = stack.red.link('r1')
    if via.get('Index') not in kernel.links('blue'):    # the kernel looks there
        stack.blue.create_link('b0', 'bridge', Index=via.get('Index'))
    stack.vxlan.client.call(stack.vxlan.path, VXLAN, 'AddFdbEntry', '(sa{sv})', MAC,
                            pack(Destination='192.0.2.7', Via=path(via)))
    entries = stack.vxlan.client.call(stack.vxlan.path, VXLAN, 'ListFdb', '(a{sv})',
                                      pack(MacAddress=MAC))
    assert [entry['Via'] for entry in entries] == [via.path]


@pytest.fixture
def hidden(client, blue):
    """A vxlan in blue whose packets go by a namespace that is not on the bus."""
    with kernel.nameless_namespace() as pid:
        inside = ['nsenter', '-t', pid, '-n', 'ip', 'link']
        kernel.run(*inside, 'add', 'x1', 'type', 'bridge')
        kernel.run(*inside, 'add', 'vx', 'type', 'vxlan', 'id', '5', 'dev', 'x1', 'dstport', '4789')
        blue.create_link('b0', 'bridge')
        kernel.run(*inside, 'set', 'vx', 'netns', 'blue')
        client.settle(lambda: blue.find_links(Name='vx'), 'vx in blue')
        yield blue.link('vx')
        blue.link('vx').delete()


def test_lower_device_that_is_not_on_the_bus(hidden, blue, user):
    """Nobody can be asked about it, and no path says what is there."""
    before = kernel.links('blue')
    byte = GLib.Variant('y', 7)
    for name in ('news', 'games'):
        denied(user(name), *set_call(hidden, Ttl=byte))
        denied(user(name), *write_call(hidden, VXLAN, 'Ttl', byte))
        denied(user(name), *set_call(hidden, Link=path(blue.link('b0'))))
    for value in (blue.link('b0').path, '/', f'/org/netnsd1/netns/{2 ** 64 - 1}/link/2'):
        with refused(contract.NOT_SUPPORTED, 'Link', 'not on the bus'):
            hidden.set(Link=path(value))
        with refused(contract.NOT_SUPPORTED, 'Via', 'not on the bus'):
            hidden.client.call(hidden.path, VXLAN, 'AddFdbEntry', '(sa{sv})', MAC,
                               pack(Destination='192.0.2.7', Via=path(value)))
    assert kernel.links('blue') == before
    assert user('news').error_of(*set_call(hidden, Alias='mine')) is None
    hidden.set(Ttl=7)
    assert hidden.get('Ttl', VXLAN) == 7
