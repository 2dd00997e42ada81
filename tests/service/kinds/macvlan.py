"""Macvlans and macvtaps."""

from support.kinds import Kind, Row


def flags(data, world):
    return [word for word in ('nopromisc', 'nodst') if word in data]


def addresses(data, world):
    return sorted(data.get('macaddr_data', []))


FEW = ['02:00:00:00:00:03', '02:00:00:00:00:05']
MANY = [f'02:00:00:00:01:{last:02x}' for last in range(200)]
OTHERS = ['00:00:00:00:00:01', '02:00:00:00:00:05', 'fe:ff:ff:ff:ff:ff']

KIND = Kind(
    interface='Macvlan', kinds=('macvlan', 'macvtap'),
    enum='IFLA_MACVLAN_',
    left_out={'IFLA_MACVLAN_MACADDR_MODE': 'the action that MACADDR_DATA is sent with',
              'IFLA_MACVLAN_MACADDR': 'one address of MACADDR_DATA'},
    prepare=('link add p0 type veth peer name p1',),
    create={'Parent': '@p0'},
    rows=[
        Row('Mode', 'mode', create=['private', 'vepa', 'bridge', 'source', 'passthru'],
            change=['private', 'bridge', 'source', 'vepa'], bad=['nonsense', '3'],
            ip=['mode private']),
        Row('Flags', flags, create=[['nopromisc'], ['nodst'], ['nopromisc', 'nodst']],
            change=[['nodst'], ['nopromisc', 'nodst'], []], bad=[['nonsense']],
            needs={'Mode': 'source'}, ip=['mode source nodst']),
        Row('MacaddrData', addresses, create=[[], FEW, MANY], change=[MANY, FEW, OTHERS, []],
            bad=[['nonsense'], ['01:00:5e:00:00:01'], ['00:00:00:00:00:00'],
                 ['02:00:00:00:00:00:00:01'], FEW + ['']],
            needs={'Mode': 'source'}, ip=['macaddr set 02:00:00:00:00:07 02:00:00:00:00:06']),
        Row('MacaddrCount', lambda data, world: data.get('macaddr_count', 0)),
        Row('BcQueueLen', 'bcqueuelen', create=[0, 77, 4294967295], change=[2000, 0],
            ip=['bcqueuelen 99'], optional=True),
        Row('BcQueueLenUsed', 'usedbcqueuelen', optional=True),
        # Newer than ip 6.1; earlier kernels than 6.4 take any value without effect.
        Row('BcCutoff', None, create=[-1, 0, 7], change=[-2147483648, 2147483647, 0, 1]),
    ])
