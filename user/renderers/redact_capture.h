/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture for publication: names that may tell who uses the machine for what are replaced as in
 * reports (redact.h). It gives the same findings and fingerprints. Facts that this version does not
 * know, names and UUIDs are left out. Damage becomes a loss.
 */
#ifndef GRANTWATCH_REDACT_CAPTURE_H
#define GRANTWATCH_REDACT_CAPTURE_H

#include "capture/stream.h"
#include "capture/writer.h"

/*
 * Copies @stream to @writer. Returns 0, -EINVAL if it is no capture (stream->reader.error), or
 * -errno of a read or write.
 */
int redact__capture(struct capture_stream *stream, struct capture_writer *writer);

#endif
