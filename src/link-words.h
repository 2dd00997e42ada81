/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of ip(8) for flags and types of links. */
#pragma once

#include "attr-types.h"

extern const NsdWord nsd_link_flag_words[]; /* IFF_*, in the order in which ip(8) prints them */
extern const NsdWord nsd_arphrd_words[];    /* ARPHRD_* */
