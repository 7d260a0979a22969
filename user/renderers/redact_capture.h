/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture that may be made public: what tells who uses the machine for what is replaced as in
 * reports (redact.h), so that it gives the same findings and the same fingerprints. Dropped: the
 * qube's name and UUID. Damage becomes a loss.
 */
#ifndef GRANTWATCH_REDACT_CAPTURE_H
#define GRANTWATCH_REDACT_CAPTURE_H

#include "capture/stream.h"
#include "capture/writer.h"

/*
 * Copy what @stream reads to @writer. 0, -EINVAL when it is no capture (stream->reader.error), or
 * what a read or write said.
 */
int redact__capture(struct capture_stream *stream, struct capture_writer *writer);

#endif
