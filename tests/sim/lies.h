/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest that lies beside an honest pair: d5 and dom0 record what happened, d6's capture is whole
 * in form and false in anything else.
 */
#ifndef GRANTWATCH_SIM_LIES_H
#define GRANTWATCH_SIM_LIES_H

#include "sim.h"

/*
 * Plays the schedule of @seed, of two guests and dom0 with good clocks and nothing lost. Judges it
 * without d6's capture, with the true one, and with false ones, stored and live. Returns NULL if
 * what is found of d5 and dom0 is the same each time, otherwise what is wrong. With @verbose prints
 * both reports then.
 */
const char *lies__play(struct sim *sim, u64 seed, bool verbose);

#endif
