"""GTP tunnels."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='Gtp', kinds=('gtp',),
    enum='IFLA_GTP_',
    left_out={'IFLA_GTP_FD0': 'a socket; the kernel makes one instead',
              'IFLA_GTP_FD1': 'as IFLA_GTP_FD0',
              'IFLA_GTP_CREATE_SOCKETS': 'always set on creation',
              'IFLA_GTP_LOCAL': 'reported nowhere',
              'IFLA_GTP_LOCAL6': 'as IFLA_GTP_LOCAL'},
    create={'Role': 'ggsn'},
    rows=[
        Row('PdpHashsize', 'hsize', create=[1, 1024, 65536], bad=[0]),
        Row('Role', 'role', create=['ggsn', 'sgsn'], bad=['nonsense']),
        Row('RestartCount', 'restart_count', create=[0, 255]),
    ])
