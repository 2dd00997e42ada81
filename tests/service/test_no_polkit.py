"""Without polkitd only root changes anything.  (The harness starts none for this module.)"""

import os

import pytest

from support import contract, kernel
from support.contract import GLib
from support.rows import Scene, is_here, privileged_rows, sample, snapshot

ROWS = privileged_rows()


@pytest.fixture(scope='module')
def scene(manager, settled):
    assert os.environ['HARNESS_POLKIT_PID'] == ''
    manager.create('spare')
    blue = manager.create('blue')
    kernel.make_quiet('blue')
    made = Scene.build(blue, 'blue')
    settled('blue')
    with kernel.process_in_namespace('spare') as pid:
        made.paths['pid'] = pid
        yield made
    for name in ('blue', 'spare'):
        manager.namespace(name).call('Delete')


@pytest.mark.parametrize('name', ['games', 'nobody', 'mail'])
def test_denied(scene, user, settled, name):
    """Every row, for every user, whether or not a dialogue would be allowed."""
    calls = [(row, sample(row, scene)) for row in filter(is_here, ROWS)]
    settled('blue')
    before = snapshot('blue', 'spare')
    for row, call in calls:
        for interactive in (False, True):
            failure = user(name).error_of(*call.words, files=call.files, interactive=interactive)
            if failure and scene.lacks(row):    # what cannot work for anybody
                assert failure.name in (contract.ACCESS_DENIED, contract.NOT_SUPPORTED), failure
            else:
                assert failure and failure.name == contract.ACCESS_DENIED, (row, failure)
    assert snapshot('blue', 'spare') == before


def test_root_works(new_namespace, same_as_kernel):
    namespace = new_namespace('green')
    link = namespace.create_link('v0', 'veth', Peer={'Name': 'v1'}, Up=True)
    link.add_address('192.0.2.1/24')
    same_as_kernel(namespace, 'green')


def test_reading_works(scene, user):
    reply = user('nobody').call(scene.namespace.path, contract.PROPERTIES, 'GetAll',
                                GLib.Variant('(s)', (contract.NAMESPACE,)))
    assert reply.unpack()[0]['Names'] == ['blue']
