"""The gate: every privileged member is denied first, and only then allowed.

The rows come from the daemon's own tables, so that a new member without a test fails here.
tests/harness/test-users.rules says what each user may do.
"""

import pwd
import subprocess

import pytest

from support import contract, kernel
from support.bus import Client
from support.caller import Failure
from support.contract import GLib
from support.questions import asked, details
from support.rows import (Scene, all_rows, has_sample, is_here, need_row, privileged_rows, sample,
                          snapshot)

AUTHORISATION_ERRORS = {contract.ACCESS_DENIED, contract.INTERACTION, contract.DISMISSED}
ROWS = privileged_rows()
IDS = [str(row) for row in ROWS]
METHODS = [row for row in ROWS if row.type == 'method']
WRITES = [row for row in ROWS if row.type == 'property']


@pytest.fixture
def scene(new_namespace, settled):
    """One object of each sort in namespace blue; "spare" is a namespace to attach."""
    new_namespace('spare')
    made = Scene.build(new_namespace('blue'), 'blue')
    made.paths['pid'] = 1
    settled('blue')
    with kernel.process_in_namespace('spare') as pid:
        made.paths['pid'] = pid
        yield made
    kernel.run('ip', 'netns', 'del', 'sample', check=False)


@pytest.fixture
def red_scene(scene, new_namespace, settled):
    """The same in namespace red."""
    made = Scene.build(new_namespace('red'), 'red')
    made.paths['pid'] = scene.paths['pid']
    settled('red')
    return made


@pytest.fixture(scope='module')
def quiet_scene(manager, settled):
    """One scene for all calls that must not change anything."""
    manager.create('calm-spare')
    calm = manager.create('calm')
    kernel.make_quiet('calm')
    made = Scene.build(calm, 'calm', spare='calm-spare')
    settled('calm')
    with kernel.process_in_namespace('calm-spare') as pid:
        made.paths['pid'] = pid
        yield made
    for name in ('calm', 'calm-spare'):
        manager.namespace(name).call('Delete')


@pytest.fixture(scope='module')
def quiet_calls(quiet_scene, settled):
    """The call of every row that the kernel has something for; their links are made now."""
    calls = {row: sample(row, quiet_scene) for row in ROWS if has_sample(row) and is_here(row)}
    settled('calm')
    return calls


class Round:
    """Those calls, made by one user, and what they did to the scene: nothing."""

    def __init__(self, calls, caller, interactive):
        self.before = snapshot('calm', 'calm-spare')
        self.failures = {
            row: caller.error_of(*call.words, files=call.files, interactive=interactive)
            for row, call in calls.items()}
        self.after = snapshot('calm', 'calm-spare')

    def check(self, scene, row, *names):
        """What cannot work for anybody may also be refused as such: that much is public."""
        need_row(row)
        failure = self.failures.get(row)
        assert failure, failure
        if failure.name == contract.NOT_SUPPORTED and scene.lacks(row):
            return
        assert failure.name in names, failure


@pytest.fixture(scope='module')
def rounds(quiet_calls, user):
    """rounds('nobody'): the round of that user; it is made once."""
    made = {}

    def get(name, interactive=False):
        if (name, interactive) not in made:
            made[name, interactive] = Round(quiet_calls, user(name), interactive)
        return made[name, interactive]
    return get


def test_every_row_has_a_sample():
    """A member that somebody adds must be added to support/rows.py too."""
    assert [str(row) for row in ROWS if not has_sample(row)] == []


def test_rows_are_the_members_of_the_xml():
    """Each method and each writable property of the XML is a row, and no other."""
    wanted = set()
    for interface, element in contract.INTERFACES.items():
        wanted |= {(interface, method.get('name'), 'method') for method in element.iter('method')}
        wanted |= {(interface, prop.get('name'), 'property') for prop in element.iter('property')
                   if prop.get('access') != 'read'}
    rows = {(row.interface, row.member, row.type) for row in all_rows()}
    assert {row for row in rows if row[2] == 'method' or row in wanted} == wanted


def test_actions_are_declared():
    """Each action of a row is in the policy that polkitd has loaded."""
    known = {action[0] for action in enumerate_actions() if action[0].startswith('org.netnsd1.')}
    assert {row.action for row in ROWS} <= known


def enumerate_actions():
    client = Client(listen=False)
    actions = client.call('/org/freedesktop/PolicyKit1/Authority',
                          'org.freedesktop.PolicyKit1.Authority', 'EnumerateActions', '(s)', '',
                          destination='org.freedesktop.PolicyKit1')
    client.close()
    return actions


def test_declared_actions_are_safe():
    """Nothing is allowed to whoever is not an administrator; the risky ones are never kept."""
    never_kept = {'attach-namespace', 'open-namespace'}
    for action in enumerate_actions():
        if not action[0].startswith('org.netnsd1.'):
            continue
        for implicit in action[6:9]:    # 0 no, 1 auth, 2 admin, 3 auth keep, 4 admin keep, 5 yes
            assert implicit in (0, 2, 4), action
            if action[0].removeprefix('org.netnsd1.') in never_kept:
                assert implicit != 4, action


@pytest.mark.parametrize('row', ROWS, ids=IDS)
def test_denied(quiet_scene, rounds, row):
    """polkit says no: AccessDenied."""
    rounds('nobody').check(quiet_scene, row, contract.ACCESS_DENIED)


@pytest.mark.parametrize('row', ROWS, ids=IDS)
def test_denied_with_interaction(quiet_scene, rounds, row):
    """Allowing a dialogue does not help where the answer is no."""
    rounds('nobody', interactive=True).check(quiet_scene, row, contract.ACCESS_DENIED)


@pytest.mark.parametrize('row', ROWS, ids=IDS)
def test_needs_a_dialogue(quiet_scene, rounds, row):
    """It would need authentication, and the caller did not allow a dialogue."""
    rounds('mail').check(quiet_scene, row, contract.INTERACTION)


@pytest.mark.parametrize('row', ROWS, ids=IDS)
def test_default_of_the_policy_file(quiet_scene, rounds, row):
    """Without any rule a user outside of a session is not simply allowed."""
    rounds('man').check(quiet_scene, row, contract.ACCESS_DENIED, contract.INTERACTION)


@pytest.mark.parametrize('name,interactive', [
    ('nobody', False), ('nobody', True), ('mail', False), ('man', False)])
def test_nothing_happened(rounds, name, interactive):
    """The kernel has after the calls that were denied what it had before."""
    done = rounds(name, interactive)
    assert done.after == done.before


@pytest.mark.parametrize('row', METHODS, ids=str)
def test_allowed_method(scene, user, row):
    """The same call succeeds for a user whom polkit allows it."""
    need_row(row)
    call = sample(row, scene)
    failure = user('games').error_of(*call.words, files=call.files)
    if row.member != 'MoveTo' and not scene.lacks(row):
        assert failure is None, failure
    assert failure is None or failure.name not in AUTHORISATION_ERRORS, failure


def test_allowed_writes(scene, user):
    """Each property passes the gate; what the kernel does with it is not asked here."""
    for row in filter(is_here, WRITES):
        failure = user('games').error_of(*sample(row, scene).words)
        assert failure is None or failure.name not in AUTHORISATION_ERRORS, (row, failure)


def check_one_namespace(rows, scene, red_scene, caller, settled):
    """Denied in red, where nothing changes, and allowed in blue."""
    calls = {row: sample(row, red_scene) for row in rows}
    settled('red')
    before = snapshot('red')
    for row, call in calls.items():
        failure = caller.error_of(*call.words, files=call.files)
        assert failure and (failure.name == contract.ACCESS_DENIED or red_scene.lacks(row)), (
            row, failure)
    assert snapshot('red') == before
    for row in rows:
        call = sample(row, scene)
        failure = caller.error_of(*call.words, files=call.files)
        assert failure is None or failure.name not in AUTHORISATION_ERRORS, (row, failure)


@pytest.mark.parametrize('row', [row for row in METHODS if row.interface != contract.MANAGER],
                         ids=str)
def test_method_in_one_namespace(scene, red_scene, user, settled, row):
    """A rule sees which namespace it is about: blue is allowed to news, red is not."""
    need_row(row)
    check_one_namespace([row], scene, red_scene, user('news'), settled)


def test_writes_in_one_namespace(scene, red_scene, user, settled):
    check_one_namespace(list(filter(is_here, WRITES)), scene, red_scene, user('news'), settled)


def test_details(host, blue, red, user):
    """What a rule can look at, for each sort of call."""
    link = blue.create_link('v0', 'veth')
    address = link.add_address('192.0.2.1/24')
    where = {'namespace': 'blue', 'namespace-id': blue.path.rpartition('/')[2]}
    lo = {'namespace': 'host', 'namespace-id': host.path.rpartition('/')[2], 'host': 'true',
          'link': 'lo'}
    mtu = GLib.Variant('u', 1400)
    on_link = {**where, 'link': 'v0', 'kind': 'veth'}
    calls = [
        ('/org/netnsd1', contract.MANAGER, 'CreateNamespace',
         GLib.Variant('(sa{sv})', ('prod', {})), {'namespace': 'prod'}),
        (blue.path, contract.NAMESPACE, 'Delete', None, where),
        (blue.path, contract.NAMESPACE, 'CreateLink',
         GLib.Variant('(ssa{sv})', ('br0', 'bridge', {})),
         {**where, 'link': 'br0', 'kind': 'bridge'}),
        (link.path, contract.LINK, 'Delete', None, on_link),
        (link.path, contract.LINK, 'MoveTo', GLib.Variant('(oa{sv})', (red.path, {})), on_link),
        (link.path, contract.LINK, 'Set', GLib.Variant('(a{sv})', ({'Mtu': mtu},)), on_link),
        (link.path, contract.PROPERTIES, 'Set',
         GLib.Variant('(ssv)', (contract.LINK, 'Mtu', mtu)), on_link),
        (address.path, contract.ADDRESS, 'Delete', None, on_link),
        (host.link('lo').path, contract.LINK, 'Set', GLib.Variant('(a{sv})', ({'Mtu': mtu},)), lo)]
    for path, interface, member, arguments, wanted in calls:
        failure = user('list').error_of(path, interface, member, arguments)
        assert failure and failure.name == contract.ACCESS_DENIED
        assert asked()[-1] == details(interface, member, **wanted)


def test_owner_in_the_details(manager, user):
    """The owner is who made the namespace through the service."""
    user('games').call('/org/netnsd1', contract.MANAGER, 'CreateNamespace',
                       GLib.Variant('(sa{sv})', ('theirs', {})))
    theirs = manager.namespace('theirs')
    user('list').error_of(theirs.path, contract.NAMESPACE, 'Delete')
    assert asked()[-1] == details(contract.NAMESPACE, 'Delete', namespace='theirs', **{
        'namespace-id': theirs.path.rpartition('/')[2],
        'owner': str(pwd.getpwnam('games').pw_uid)})
    theirs.call('Delete')


def test_create_namespace_by_name(user):
    """The name of the namespace to be is in the details too."""
    arguments = ('/org/netnsd1', contract.MANAGER, 'CreateNamespace')
    failure = user('news').error_of(*arguments, GLib.Variant('(sa{sv})', ('red', {})))
    assert failure and failure.name == contract.ACCESS_DENIED
    assert 'red' not in kernel.netns_names()
    assert user('news').error_of(*arguments, GLib.Variant('(sa{sv})', ('blue', {}))) is None
    kernel.run('ip', 'netns', 'del', 'blue')


@pytest.mark.parametrize('allowed,refused_in', [('blue', 'red'), ('red', 'blue')])
def test_move_needs_both_namespaces(scene, red_scene, user, allowed, refused_in):
    """From where one may to where one may not, and the other way round."""
    scenes = {'blue': scene, 'red': red_scene}
    source, target = scenes[allowed], scenes[refused_in]
    before = snapshot('blue', 'red')
    failure = user('news').error_of(
        source.path(contract.LINK), contract.LINK, 'MoveTo',
        GLib.Variant('(oa{sv})', (target.namespace.path, {'Name': GLib.Variant('s', 'm0')})))
    assert failure and failure.name == contract.ACCESS_DENIED
    assert snapshot('blue', 'red') == before


@pytest.mark.parametrize('near,far', [('blue', 'red'), ('red', 'blue')])
def test_veth_needs_both_namespaces(manager, user, blue, red, near, far):
    """PeerNamespace is a second namespace that the call changes."""
    before = snapshot('blue', 'red')
    failure = user('news').error_of(
        manager.namespace(near).path, contract.NAMESPACE, 'CreateLink',
        GLib.Variant('(ssa{sv})', ('v0', 'veth', {
            'PeerNamespace': GLib.Variant('o', manager.namespace(far).path)})))
    assert failure and failure.name == contract.ACCESS_DENIED
    assert snapshot('blue', 'red') == before


def test_veth_in_two_allowed_namespaces(user, blue, red):
    assert user('games').error_of(
        blue.path, contract.NAMESPACE, 'CreateLink', GLib.Variant('(ssa{sv})', (
            'v0', 'veth', {'PeerNamespace': GLib.Variant('o', red.path)}))) is None
    assert len(red.find_links(Kind='veth')) == 1


def test_everybody_reads(quiet_scene, user):
    """State is public: managed objects, properties, introspection, lists."""
    nobody = user('nobody')
    path = quiet_scene.namespace.path
    assert nobody.call(path, contract.OBJECT_MANAGER, 'GetManagedObjects')
    assert nobody.call('/org/netnsd1', contract.OBJECT_MANAGER, 'GetManagedObjects')
    assert nobody.call('/org/netnsd1', contract.MANAGER, 'ListNamespaces')
    assert nobody.call(path, contract.INTROSPECTABLE, 'Introspect')
    assert nobody.call(quiet_scene.path(contract.LINK), contract.PROPERTIES, 'GetAll',
                       GLib.Variant('(s)', (contract.LINK,)))
    assert nobody.call(path, contract.NAMESPACE, 'GetLink', GLib.Variant('(s)', ('v0',)))


def test_bad_input_is_no_way_around(quiet_scene, user):
    """Neither a wrong type nor an unknown key nor a missing object tells nobody more."""
    nobody = user('nobody')
    link = quiet_scene.path(contract.LINK)
    with pytest.raises(Failure) as caught:
        nobody.call(link, contract.LINK, 'Set',
                    GLib.Variant('(a{sv})', ({'Nonsense': GLib.Variant('s', 'x')},)))
    assert caught.value.name in (contract.ACCESS_DENIED, contract.INVALID_ARGS)
    for name in ('Index', 'Kind'):
        failure = nobody.error_of(link, contract.PROPERTIES, 'Set', GLib.Variant(
            '(ssv)', (contract.LINK, name, GLib.Variant('i', 3))))
        assert failure and failure.name in (contract.ACCESS_DENIED, contract.READ_ONLY)


def test_nobody_owns_the_name(daemon):
    """The bus policy: only root is the service."""
    done = subprocess.run(
        ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'gdbus', 'call',
         '--system', '-d', 'org.freedesktop.DBus', '-o', '/org/freedesktop/DBus', '-m',
         'org.freedesktop.DBus.RequestName', 'org.netnsd1', '0'], capture_output=True, text=True)
    assert done.returncode != 0
    assert 'AccessDenied' in done.stderr
