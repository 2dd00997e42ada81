"""What a call does besides in the namespace of its object: the action is needed there too.

The user "news" may do everything in blue and nothing elsewhere, "games" may do everything, and
"mail" after a dialogue.
"""

import contextlib
import os
import subprocess

import pytest

from support import contract, kernel
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
