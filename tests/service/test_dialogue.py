"""Interactive authorisation: the person agrees, refuses, goes away, or takes too long.

The user "mail" may do everything after authentication; an agent in its process stands in for the
dialogue, and root for the helper that checked the password.
"""

import os
import signal

import pytest

from support import contract, kernel
from support.caller import Caller, Failure
from support.contract import GLib
from support.daemon import Process
from support.loop import wait_until
from support.questions import POLKIT, approve, dismiss, person_uid

CREATE = (contract.MANAGER_PATH, contract.MANAGER, 'CreateNamespace')


def create_arguments(name):
    return GLib.Variant('(sa{sv})', (name, {}))


@pytest.fixture
def person(daemon):
    """A caller of uid mail with a dialogue of its own."""
    caller = Caller('mail')
    caller.become_agent()
    yield caller
    if caller.process.poll() is None:
        caller.close()
    if 'prod' in kernel.netns_names():
        kernel.run('ip', 'netns', 'del', 'prod')


def test_approved(person, manager):
    number = person.start(*CREATE, create_arguments('prod'), interactive=True)
    prompt = person.wait_event('prompt')
    assert 'prod' not in kernel.netns_names()
    approve(person, prompt)
    path = person.finish(number).unpack()[0]
    assert manager.namespace('prod').path == path
    assert manager.namespace('prod').get('OwnerUid') == person_uid(person)


def test_dismissed(person):
    number = person.start(*CREATE, create_arguments('prod'), interactive=True)
    dismiss(person, person.wait_event('prompt'))
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name == contract.DISMISSED
    assert 'prod' not in kernel.netns_names()


def test_text_of_the_dialogue(person, blue):
    """The message names the namespace and the link, whose values come from the details.

    polkit keeps the details from the agent; test_authorisation looks at them through a rule.
    """
    number = person.start(*CREATE, create_arguments('prod'), interactive=True)
    prompt = person.wait_event('prompt')
    assert prompt['action'] == 'org.netnsd1.create-namespace'
    assert 'prod' in prompt['message'] and '$(' not in prompt['message']
    dismiss(person, prompt)
    with pytest.raises(Failure):
        person.finish(number)
    link = blue.create_link('v0', 'veth')
    number = person.start(link.path, contract.LINK, 'Delete', interactive=True)
    prompt = person.wait_event('prompt')
    assert prompt['action'] == 'org.netnsd1.delete-link'
    assert 'v0' in prompt['message'] and 'blue' in prompt['message']
    assert '$(' not in prompt['message']
    dismiss(person, prompt)
    with pytest.raises(Failure):
        person.finish(number)
    assert link.exists()


def test_others_do_not_wait(person, manager, client, user):
    """While a dialogue is open, everybody else is served, and so is this person."""
    number = person.start(*CREATE, create_arguments('prod'), interactive=True)
    prompt = person.wait_event('prompt')
    manager.create('other').call('Delete')
    assert user('nobody').call('/org/netnsd1', contract.MANAGER, 'ListNamespaces')
    assert person.call('/org/netnsd1', contract.MANAGER, 'ListNamespaces')
    dismiss(person, prompt)
    with pytest.raises(Failure):
        person.finish(number)


def test_caller_vanishes(person, manager, daemon):
    """The caller is gone before the answer: nothing is done, whatever polkit says later."""
    person.start(*CREATE, create_arguments('prod'), interactive=True)
    person.wait_event('prompt')
    person.kill()
    manager.create('other').call('Delete')
    assert 'prod' not in kernel.netns_names()
    assert daemon.process.alive()


def test_check_is_cancelled_when_the_caller_vanishes(daemon, manager):
    """Two processes: the caller goes, and the agent of its session hears that it is over.

    polkit cancels the dialogue when the service cancels its check; here the agent lives in the
    caller, so the proof is that no check is pending: the same user may start as many again.
    """
    for _ in range(20):
        caller = Caller('mail')
        caller.become_agent()
        caller.start(*CREATE, create_arguments('prod'), interactive=True)
        caller.wait_event('prompt')
        caller.kill()
    caller = Caller('mail')
    caller.become_agent()
    number = caller.start(*CREATE, create_arguments('prod'), interactive=True)
    dismiss(caller, caller.wait_event('prompt'))
    with pytest.raises(Failure) as caught:
        caller.finish(number)
    assert caught.value.name == contract.DISMISSED
    caller.close()


def test_pending_checks_are_limited(person):
    """Four of one caller may wait for an answer; the fifth is refused at once."""
    numbers = [person.start(*CREATE, create_arguments('prod'), interactive=True)
               for _ in range(5)]
    with pytest.raises(Failure) as caught:
        person.finish(numbers[4])
    assert caught.value.name == 'org.freedesktop.DBus.Error.LimitsExceeded'
    for number in numbers[:4]:
        dismiss(person, person.wait_event('prompt'))
    for number in numbers[:4]:
        with pytest.raises(Failure) as caught:
            person.finish(number)
        assert caught.value.name == contract.DISMISSED


@pytest.mark.parametrize('victim', ['link', 'namespace', 'address', 'route', 'replaced link'])
def test_object_goes_while_the_dialogue_is_open(person, blue, victim):
    """What was asked about is gone when the answer comes: Gone, and nothing else is touched."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True)
    address = link.add_address('192.0.2.1/24')
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    path, interface, goes = {
        'link': (link.path, contract.LINK, link.delete),
        'replaced link': (link.path, contract.LINK, lambda: replace(blue, link)),
        'namespace': (blue.path, contract.NAMESPACE, lambda: blue.call('Delete')),
        'address': (address.path, contract.ADDRESS, address.delete),
        'route': (route.path, contract.ROUTE, route.delete)}[victim]
    number = person.start(path, interface, 'Delete', interactive=True)
    prompt = person.wait_event('prompt')
    goes()
    approve(person, prompt)
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name == contract.GONE
    if victim == 'replaced link':
        assert blue.link('br9').path == link.path


def replace(namespace, link):
    """Another link with the same index, so with the same path."""
    index = link.get('Index')
    link.delete()
    namespace.create_link('br9', 'bridge', Index=index)


def test_second_namespace_goes_while_the_dialogue_is_open(person, blue, red):
    link = blue.create_link('v0', 'veth')
    number = person.start(link.path, contract.LINK, 'MoveTo',
                          GLib.Variant('(oa{sv})', (red.path, {})), interactive=True)
    first = person.wait_event('prompt')
    red.call('Delete')
    approve(person, first)
    for event in list(person.events):
        if event['event'] == 'prompt':
            approve(person, event)
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name in (contract.GONE, contract.NOT_FOUND)
    assert link.get('Name') == 'v0'


MANAGER = (contract.MANAGER_PATH, contract.MANAGER)
LONG = 'n' * 128
# What cannot work whoever asks: the call, made from the paths of a link and its namespace; its
# error.
HOPELESS = {
    'bad name': (lambda link: (*CREATE, create_arguments('a/b')), contract.INVALID_ARGS),
    'taken name': (lambda link: (*CREATE, create_arguments('blue')), contract.EXISTS),
    'bad option': (lambda link: (*CREATE, GLib.Variant(
        '(sa{sv})', ('prod', {'Nonsense': GLib.Variant('b', True)}))), contract.INVALID_ARGS),
    'no process': (lambda link: (*MANAGER, 'AttachProcess', GLib.Variant(
        '(su)', ('prod', 4194303))), contract.NOT_FOUND),
    'process of the host': (lambda link: (*MANAGER, 'AttachProcess', GLib.Variant(
        '(su)', ('prod', os.getpid()))), contract.NOT_SUPPORTED),
    'attach by a taken name': (lambda link: (*MANAGER, 'AttachProcess', GLib.Variant(
        '(su)', ('blue', os.getpid()))), contract.EXISTS),
    'no descriptor': (lambda link: (*MANAGER, 'AttachNamespace', GLib.Variant(
        '(sh)', ('prod', 3))), contract.INVALID_ARGS),
    'bad target': (lambda link: move(link, contract.MANAGER_PATH), contract.INVALID_ARGS),
    'unknown target': (lambda link: move(link, '/org/netnsd1/netns/999999999999'),
                       contract.NOT_FOUND),
    'bad option of a move': (lambda link: move(
        link, parent_of(link), Nonsense=GLib.Variant('b', True)), contract.INVALID_ARGS),
    'bad name of a move': (lambda link: move(
        link, parent_of(link), Name=GLib.Variant('s', 'a/b')), contract.INVALID_ARGS),
    'bad alternative name': (lambda link: alternative(link, 'Add', 'a/b'), contract.INVALID_ARGS),
    'long alternative name': (lambda link: alternative(link, 'Add', LONG), contract.INVALID_ARGS),
    'taken alternative name': (lambda link: alternative(link, 'Add', 'v1'), contract.EXISTS),
    'unknown alternative name': (lambda link: alternative(link, 'Remove', 'other'),
                                 contract.NOT_FOUND),
    'unknown master': (lambda link: (link, contract.LINK, 'Set', GLib.Variant('(a{sv})', (
        {'Master': GLib.Variant('o', f'{parent_of(link)}/link/999')},))), contract.NOT_FOUND)}


def parent_of(link):
    return link.rpartition('/link/')[0]


def move(link, target, **options):
    return link, contract.LINK, 'MoveTo', GLib.Variant('(oa{sv})', (target, options))


def alternative(link, verb, name):
    return link, contract.LINK, f'{verb}AlternativeName', GLib.Variant('(s)', (name,))


@pytest.mark.parametrize('what', HOPELESS)
def test_arguments_are_checked_before_the_dialogue(person, blue, what):
    """Nobody is asked for a password for a call that cannot succeed."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'})
    make_call, error = HOPELESS[what]
    before = kernel.links('blue')
    number = person.start(*make_call(link.path), interactive=True)
    wait_until(lambda: number in person.answers or person.events, 'an answer or a dialogue')
    assert person.events == []
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name == error
    assert kernel.links('blue') == before and 'prod' not in kernel.netns_names()


def test_descriptor_of_something_else_before_the_dialogue(person):
    """A pipe, or a file, is no namespace, which is known at once."""
    number = person.start(*MANAGER, 'AttachNamespace', GLib.Variant('(sh)', ('prod', 0)),
                          files=['/etc/passwd'], interactive=True)
    wait_until(lambda: number in person.answers or person.events, 'an answer or a dialogue')
    assert person.events == []
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name == contract.INVALID_ARGS


def test_daemon_stops_while_the_dialogue_is_open(person, daemon):
    """The caller gets an answer, and the daemon ends well."""
    number = person.start(*CREATE, create_arguments('prod'), interactive=True)
    person.wait_event('prompt')
    assert daemon.stop() == 0
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name in (contract.ERROR + 'Aborted', contract.NO_REPLY)
    daemon.start()
    assert 'prod' not in kernel.netns_names()


def test_polkit_dies_during_the_check(person, tmp_path):
    """An answer that does not come is a no.  Last: it brings a new polkitd."""
    number = person.start(*CREATE, create_arguments('prod'), interactive=True)
    person.wait_event('prompt')
    os.kill(int(os.environ['HARNESS_POLKIT_PID']), signal.SIGKILL)
    with pytest.raises(Failure) as caught:
        person.finish(number)
    assert caught.value.name == contract.ACCESS_DENIED
    assert 'prod' not in kernel.netns_names()
    polkitd = Process(['/usr/lib/polkit-1/polkitd'], tmp_path / 'polkitd.log')
    kernel.run('gdbus', 'wait', '--system', '--timeout', '20', POLKIT)
    caller = Caller('games')
    assert caller.error_of(*CREATE, create_arguments('prod')) is None
    caller.close()
    polkitd.stop()
