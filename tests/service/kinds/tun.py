"""tun and tap: made through /dev/net/tun, and then links like others."""

import pwd
import grp

from support.kinds import Kind, Row

NOBODY = 4294967295


def user_id(data, _world):
    name = data.get('user')
    if name is None:
        return NOBODY
    return pwd.getpwnam(name).pw_uid if isinstance(name, str) else name


def group_id(data, _world):
    name = data.get('group')
    if name is None:
        return NOBODY
    return grp.getgrnam(name).gr_gid if isinstance(name, str) else name


KIND = Kind(
    interface='Tun', kinds=('tun',),
    enum='IFLA_TUN_',
    rows=[
        Row('Mode', 'type', create=['tun', 'tap'], bad=['', 'tip', '1']),
        Row('Owner', user_id, create=[13, 0, NOBODY]),
        Row('GroupOwner', group_id, create=[13, 0, NOBODY]),
        Row('Pi', 'pi', create=[True, False]),
        Row('VnetHdr', 'vnet_hdr', create=[True, False]),
        Row('MultiQueue', 'multi_queue', create=[True, False]),
        Row('Persist', 'persist'),
        Row('NumQueues', lambda data, _world: data.get('numqueues', 0)),
        Row('NumDisabledQueues', lambda data, _world: data.get('numdisabled', 0)),
    ])
